"""The Merkle tree over the log's entries: RFC 6962 §2.1, RFC 9162 §2.1.

A leaf is hashed as SHA-256(00 ‖ entry), an inner node as SHA-256(01 ‖ left ‖ right), the
empty tree as SHA-256 of nothing. The two prefixes keep an inner node from passing as a leaf.

* :class:`Frontier` grows a tree leaf by leaf and keeps only the roots of its complete
  subtrees, at most one per level.
* A node is addressed by (level, index): level 0 holds the leaves, and node (l, i) is the
  root of leaves [i·2^l, (i+1)·2^l). Proofs are made with a callable that reads such nodes;
  :func:`hashing.tiles.node_reader` gives one over stored tiles.
* Proofs are lists of hashes in the order of the RFCs.
"""

import hashlib
from collections.abc import Callable, Sequence
from typing import Self

from hashing.errors import EvidenceError, LogInconsistent

HASH_BYTES = 32
EMPTY_ROOT = hashlib.sha256(b"").digest()

ReadNode = Callable[[int, int], bytes]
"""``read(level, index)``: the hash of a complete subtree. May raise an EvidenceError."""


class ProofInvalid(LogInconsistent):
    """A proof does not lead from what it should prove to the root it names."""

    code = "PROOF_INVALID"


class NoSuchProof(EvidenceError):  # noqa: N818 - named for the defect
    """A proof was asked for an entry or a size that the tree does not have."""

    code = "NO_SUCH_PROOF"


def leaf_hash(data: bytes) -> bytes:
    """The hash of an entry as a leaf."""
    return hashlib.sha256(b"\x00" + data).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    """The hash of an inner node."""
    return hashlib.sha256(b"\x01" + left + right).digest()


class Frontier:
    """A tree's right edge: the roots of its complete subtrees, from large to small.

    Not for use by several threads at once.
    """

    def __init__(self, size: int = 0, roots: Sequence[bytes] = ()) -> None:
        self._size = size
        self._roots = list(roots)

    @classmethod
    def read(cls, size: int, read: ReadNode) -> Self:
        """The frontier of a stored tree of ``size`` leaves."""
        return cls(size, [read(level, index) for level, index in _peaks(0, size)])

    @property
    def size(self) -> int:
        """How many leaves the tree has."""
        return self._size

    def append(self, leaf: bytes) -> None:
        """Add a leaf, given by its leaf hash."""
        self._push(leaf, 0)

    def append_subtree(self, root: bytes, level: int) -> None:
        """Add 2^``level`` leaves at once, given by the root of their subtree.

        Raises:
            NoSuchProof: The tree's size is not a multiple of that many leaves.
        """
        if self._size % (1 << level):
            raise NoSuchProof(f"a subtree of level {level} cannot start at leaf {self._size}")
        self._push(root, level)

    def _push(self, root: bytes, level: int) -> None:
        position = self._size >> level
        while position & 1:
            root = node_hash(self._roots.pop(), root)
            position >>= 1
        self._roots.append(root)
        self._size += 1 << level

    def root(self) -> bytes:
        """The root of the tree."""
        return _fold(self._roots)

    def copy(self) -> Self:
        """A frontier that grows on its own from here."""
        return type(self)(self._size, self._roots)


def inclusion_proof(index: int, size: int, read: ReadNode) -> list[bytes]:
    """The proof that leaf ``index`` is in the tree of ``size`` leaves (RFC 9162 §2.1.3.1).

    Raises:
        NoSuchProof: The tree has no such leaf.
    """
    if not 0 <= index < size:
        raise NoSuchProof(f"no entry {index} in a log of {size}")
    proof: list[bytes] = []
    start, end = 0, size
    while end - start > 1:
        middle = start + _split(end - start)
        if index < middle:
            proof.append(_range_root(middle, end, read))
            end = middle
        else:
            proof.append(_range_root(start, middle, read))
            start = middle
    return proof[::-1]


def consistency_proof(old_size: int, size: int, read: ReadNode) -> list[bytes]:
    """The proof that the tree of ``old_size`` is a prefix (RFC 9162 §2.1.4.1).

    The proof is empty where the sizes are equal. The empty tree has none: it is a prefix of
    every tree, which says nothing.

    Raises:
        NoSuchProof: The old size is zero or larger.
    """
    if not 0 < old_size <= size:
        raise NoSuchProof(f"no proof from a log of {old_size} entries to one of {size}")
    if old_size == size:
        return []
    proof: list[bytes] = []
    start, end = 0, size
    while old_size != end:
        middle = start + _split(end - start)
        if old_size <= middle:
            proof.append(_range_root(middle, end, read))
            end = middle
        else:
            proof.append(_range_root(start, middle, read))
            start = middle
    if start != 0:
        proof.append(_range_root(start, end, read))
    return proof[::-1]


def verify_inclusion(
    leaf: bytes, index: int, size: int, root: bytes, proof: Sequence[bytes]
) -> None:
    """Check an inclusion proof (RFC 9162 §2.1.3.2). ``leaf`` is a leaf hash.

    Raises:
        ProofInvalid: It does not lead from the leaf to the root.
    """
    if not 0 <= index < size:
        raise ProofInvalid(f"no entry {index} in a log of {size}")
    _check_hashes(leaf, root, *proof)
    node, last, made = index, size - 1, leaf
    for sibling in proof:
        if last == 0:
            raise ProofInvalid("inclusion proof is too long")
        if node & 1 or node == last:
            made = node_hash(sibling, made)
            while not node & 1 and node:
                node, last = node >> 1, last >> 1
        else:
            made = node_hash(made, sibling)
        node, last = node >> 1, last >> 1
    if last != 0 or made != root:
        raise ProofInvalid(f"inclusion proof of entry {index} does not lead to the root")


def verify_consistency(
    old_size: int, size: int, old_root: bytes, root: bytes, proof: Sequence[bytes]
) -> None:
    """Check a consistency proof (RFC 9162 §2.1.4.2).

    Raises:
        ProofInvalid: It does not show that the old tree is a prefix of the new one.
    """
    if not 0 < old_size <= size:
        raise ProofInvalid(f"nothing proves a log of {old_size} entries within one of {size}")
    _check_hashes(old_root, root, *proof)
    if old_size == size:
        if proof or old_root != root:
            raise ProofInvalid(f"two logs of {size} entries have different roots")
        return
    is_whole_subtree = old_size & (old_size - 1) == 0
    hashes = [old_root, *proof] if is_whole_subtree else list(proof)
    if _replay(old_size, size, hashes) != (old_root, root):
        raise ProofInvalid(f"the log of {old_size} is not a prefix of the log of {size}")


def _replay(old_size: int, size: int, hashes: list[bytes]) -> tuple[bytes, bytes] | None:
    """The old and the new root that a consistency proof leads to; None for a wrong length."""
    if not hashes:
        return None
    node, last = old_size - 1, size - 1
    while node & 1:
        node, last = node >> 1, last >> 1
    old = new = hashes[0]
    for sibling in hashes[1:]:
        if last == 0:
            return None
        if node & 1 or node == last:
            old, new = node_hash(sibling, old), node_hash(sibling, new)
            while not node & 1 and node:
                node, last = node >> 1, last >> 1
        else:
            new = node_hash(new, sibling)
        node, last = node >> 1, last >> 1
    return (old, new) if last == 0 else None


def _check_hashes(*hashes: bytes) -> None:
    if any(len(item) != HASH_BYTES for item in hashes):
        raise ProofInvalid("a proof holds something that is not a hash")


def _split(width: int) -> int:
    """The largest power of two below ``width``, which is at least 2."""
    return 1 << ((width - 1).bit_length() - 1)


def _peaks(start: int, end: int) -> list[tuple[int, int]]:
    """The complete subtrees that make up leaves [start, end), from large to small.

    ``start`` is a multiple of a power of two no smaller than the range, as every split of
    the RFCs gives it.
    """
    peaks: list[tuple[int, int]] = []
    while start < end:
        level = (end - start).bit_length() - 1
        peaks.append((level, start >> level))
        start += 1 << level
    return peaks


def _range_root(start: int, end: int, read: ReadNode) -> bytes:
    return _fold([read(level, index) for level, index in _peaks(start, end)])


def _fold(roots: Sequence[bytes]) -> bytes:
    """The root over subtree roots that stand from large to small."""
    if not roots:
        return EMPTY_ROOT
    made = roots[-1]
    for root in reversed(roots[:-1]):
        made = node_hash(root, made)
    return made
