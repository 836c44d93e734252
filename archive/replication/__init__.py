"""Copies elsewhere: objects in further stores, and the log with what belongs to it.

A copy of the log only ever goes forward. Whoever meets a copy that is ahead of the original
learns that the original was rolled back (:mod:`archive.replication.reconcile`).
"""
