"""The ingest engine: from a recorder's file to an object the log vouches for.

The order of steps is a contract (``docs/architecture.md``, the life of a recording): staged
bytes, read-back, intent, object, log, catalog, and only then the intent goes. Whatever dies in
between, recovery finds either the intent or nothing.
"""
