"""Verifying an archive offline: no daemon, no lock, no key of the station, nothing written.

The log is judged by :mod:`hashing.verifier` (checks 1 to 10); here its files are read, and the
objects, the store, the catalog, timestamps and witnesses are held against it (checks 11 to 16).
Packages have two checks of their own (17, 18).
"""
