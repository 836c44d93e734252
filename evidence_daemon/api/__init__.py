"""The one door: every read and write of the archive passes this API.

* ``app`` makes the FastAPI application over a service; ``peer`` says who asks and refuses
  whoever cannot be told; ``errors`` turns typed errors into answers; ``lines`` streams.
* ``server`` listens on a Unix socket; ``client`` speaks to it, or, where no daemon runs, to
  the same application within the process (``in_process``).

The network door of other machines is another listener, with its own way to tell who asks.
"""
