"""Fixity: stored objects are read again on a schedule, and the log says so.

A store is read in passes, object after object in the order of digests, at a bounded rate. Each
stretch of a pass ends in a ``fixity`` entry that names the range of digests it covers, so where
a pass goes on after a stop, and when every object was last read, are read off the log.
"""
