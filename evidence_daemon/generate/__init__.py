"""Files that are written by the program from its own parts, so that they cannot be wrong.

``python -m evidence_daemon.generate`` writes them, ``--check`` says which are stale:

* ``config.example.toml`` and ``docs/configuration.md`` from the schema of the settings,
* ``docs/errors.md`` from the classes of the error tree,
* ``docs/commands.md`` from the tree of commands,
* the tables of ``docs/formats.md`` from the schemas of the log's acts,
* the browser's verifier, ``archive/export/verifiers/verify.html``, from its sources beside it.

Each page is a function from the file's present text to the text it should have.
"""
