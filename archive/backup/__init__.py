"""Backup and restore, and what is left to do when a history is truly lost.

A backup is a folder laid out like a station's own: ``archive/`` with log, notes and seals,
``state.sqlite``, ``config.toml``; on request ``archive/objects/``; never a key.
"""
