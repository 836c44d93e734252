"""Verifying an archive offline: no daemon, no lock, no key of the station, nothing written.

The log is judged by :mod:`hashing.verifier` (checks 1 to 10); here its files are read, and the
objects, the store and the catalog are held against it (checks 11 to 14).
"""
