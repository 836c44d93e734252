"""Stores: where the bytes of objects lie.

The landing store is on the archive's own disk; further stores hold copies. Callers know only
the interface, which has no path, no rename and no sync in it, so that an object store on the
network can stand behind it as well as a folder.
"""
