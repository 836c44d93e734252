"""Merkle proofs by the recursions of RFC 9162 §2.1.3.1 and §2.1.4.1, over leaf hashes.

Slow, short, and without the code under test: the oracle for whoever makes or checks proofs.
"""

from collections.abc import Sequence

from tests.logbook import naive_root


def inclusion(index: int, leaves: Sequence[bytes]) -> list[bytes]:
    """PATH(index, leaves)."""
    if len(leaves) == 1:
        return []
    split = _split(len(leaves))
    if index < split:
        return [*inclusion(index, leaves[:split]), naive_root(leaves[split:])]
    return [*inclusion(index - split, leaves[split:]), naive_root(leaves[:split])]


def consistency(old: int, leaves: Sequence[bytes]) -> list[bytes]:
    """PROOF(old, leaves)."""
    return _subproof(old, leaves, whole=True)


def _subproof(old: int, leaves: Sequence[bytes], *, whole: bool) -> list[bytes]:
    if old == len(leaves):
        return [] if whole else [naive_root(leaves)]
    split = _split(len(leaves))
    if old <= split:
        return [*_subproof(old, leaves[:split], whole=whole), naive_root(leaves[split:])]
    return [
        *_subproof(old - split, leaves[split:], whole=False),
        naive_root(leaves[:split]),
    ]


def _split(size: int) -> int:
    return 1 << (size - 1).bit_length() - 1
