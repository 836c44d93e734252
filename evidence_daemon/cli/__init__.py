"""The command line: a client like any other of the program's one door.

* ``main`` is the process; ``boundary`` turns whatever goes wrong into a message for people
  (or a JSON line) and an exit code; ``registry`` names the commands.
* A command is a module of ``commands``, imported only when it is called or its own help is
  asked for: ``evd --help`` reads nothing but click and the registry.
* Data goes to standard output, everything else to standard error.
"""
