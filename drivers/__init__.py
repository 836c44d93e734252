"""Docked recorders: what they are, what lies on them, and how to read it.

A driver knows one family of recorders and offers it through the protocol of
:mod:`drivers.recorder`. Nothing here knows of an archive or a database.
"""
