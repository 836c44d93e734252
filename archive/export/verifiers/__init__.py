"""Verifiers that travel with every package. They are data here: copied, never imported.

A verifier knows nothing of this program. It is written from ``docs/formats.md`` and runs where
nothing of ours is installed.
"""
