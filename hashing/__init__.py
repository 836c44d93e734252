"""Digests, entries, the Merkle tree, signed checkpoints and the verifier.

Bytes in, verdicts out: nothing here opens a file, a socket or a database, so that every
rule by which evidence is judged can be read, tested and rewritten in another language
without the rest of the program.
"""
