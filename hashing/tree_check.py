"""Re-hashes every level of the tree from the entries and compares the stored tiles (5, 6).

Two trees grow side by side: *made* from the entries, *recorded* from the stored tiles of
level 0. They are the same until something disagrees. In the end the signed root says which
of them is the log's, and so whether the entries or the tiles were changed; a changed tile of
level 0 is invisible to whoever trusts the levels above it.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field

from hashing.checkpoint import Checkpoint
from hashing.errors import LogInconsistent
from hashing.findings import MAX_FINDINGS_PER_CHECK, Check, FindingList
from hashing.merkle import HASH_BYTES, Frontier
from hashing.ranges import SeqRanges, numbered
from hashing.tiles import TILE_HEIGHT, TILE_WIDTH, split_hashes, tile_path, tile_root

ReadTile = Callable[[int, int, int], bytes | None]


@dataclass(slots=True)
class _Tree:
    """One of the two trees: its right edge, and which stored tiles differ from it."""

    frontier: Frontier = field(default_factory=Frontier)
    differing: list[tuple[str, str]] = field(default_factory=list)
    differing_count: int = 0

    def note(self, path: str, detail: str) -> None:
        self.differing_count += 1
        if len(self.differing) < MAX_FINDINGS_PER_CHECK:
            self.differing.append((path, detail))


@dataclass(slots=True)
class _Row:
    """The growing tile of one level above 0, in both trees."""

    index: int = 0
    made: list[bytes] = field(default_factory=list)
    recorded: list[bytes] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class KnownRoots:
    """The roots of the two trees at one size."""

    made: bytes
    recorded: bytes


class TreeCheck:
    """Grows both trees bundle by bundle and compares tiles as they fill.

    Args:
        read_tile: Gives the stored tile of a level, index and width, or None after having
            reported why there is none.
        known_sizes: Sizes at which the roots are wanted (:attr:`known`).

    Attributes:
        known: The roots at those sizes, as far as the log reaches.
        whole: Whether all leaves came from entries; else tiles stood in for some.
        hollow: Whether for some there was neither entry nor tile, so that there is no root.
    """

    def __init__(self, read_tile: ReadTile, known_sizes: Iterable[int]) -> None:
        self.known: dict[int, KnownRoots] = {}
        self.whole = True
        self.hollow = False
        self._read_tile = read_tile
        self._known_sizes = sorted(set(known_sizes), reverse=True)
        self._made = _Tree()
        self._recorded = _Tree()
        self._rows: list[_Row] = []
        self._keep_known(0, b"", b"")

    def take(
        self, index: int, width: int, leaves: Sequence[bytes] | None, stored: bytes | None
    ) -> list[int]:
        """Add the leaves of one bundle.

        Args:
            index: The bundle's index.
            width: How many entries it should hold.
            leaves: Their leaf hashes; None where the bundle could not be read whole, and the
                stored tile has to stand in for it.
            stored: The tile of level 0, None where there is none.

        Returns:
            The entries whose leaf hash is not the one in the tile.
        """
        made = b"".join(leaves) if leaves is not None else stored
        recorded = stored if stored is not None else made
        self.whole = self.whole and leaves is not None
        if made is None or recorded is None:
            self.hollow = True
            made = recorded = bytes(width * HASH_BYTES)
        self._keep_known(index * TILE_WIDTH + width, made, recorded)
        if width == TILE_WIDTH:
            made_root = tile_root(made)
            recorded_root = made_root if made == recorded else tile_root(recorded)
            self._made.frontier.append_subtree(made_root, TILE_HEIGHT)
            self._recorded.frontier.append_subtree(recorded_root, TILE_HEIGHT)
            self._push(1, made_root, recorded_root)
        else:
            _append(self._made.frontier, made)
            _append(self._recorded.frontier, recorded)
        if made == recorded:
            return []
        differing = _differing(made, recorded)
        place, first = tile_path(0, index, width), index * TILE_WIDTH
        self._made.note(place, f"hash {differing[0]} is not that of entry {first + differing[0]}")
        return [first + at for at in differing]

    def finish(self) -> None:
        """Compare the partial tiles above level 0."""
        for level, row in enumerate(self._rows, 1):
            if row.made:
                self._compare(level, row)

    def report(self, checkpoint: Checkpoint, doubtful: SeqRanges, findings: FindingList) -> None:
        """Let the signed root decide what was changed.

        Args:
            checkpoint: The head that both trees are held against.
            doubtful: Entries that differ from their tile and that no finding names yet.
            findings: Where findings go.
        """
        made, recorded = self._made.frontier.root(), self._recorded.frontier.root()
        if made == checkpoint.root:
            _report_tiles(self._made, "the entries lead to the signed root", findings)
            return
        what = "the entries hash" if self.whole else "entries, and tiles in place of some, hash"
        detail = f"{what} to {made.hex()}, the checkpoint says {checkpoint.root.hex()}"
        if made == recorded and self.whole:
            detail += "; entries and tiles agree with each other, so both were written anew"
        if doubtful.total:
            detail += f"; entries that differ from their tile: {doubtful.total}"
        if not self.hollow:
            findings.add(LogInconsistent, Check.ROOT, "checkpoint", detail)
        if recorded == checkpoint.root:
            reason = "changed: the tiles, which lead to the signed root, hold another hash"
            _report_tiles(self._recorded, "the tiles below lead to the signed root", findings)
        else:
            reason = "changed, or its tile: they differ, and neither leads to the signed root"
            _report_count(self._made, findings)
        for first, last in doubtful.ranges:
            findings.add(LogInconsistent, Check.ROOT, numbered(first, last), reason)

    def roots_at(self, size: int, checkpoint: Checkpoint) -> set[bytes]:
        """The root at a known size: of the tree that leads to the signed root, else of both."""
        roots = self.known[size]
        if self._made.frontier.root() == checkpoint.root:
            return {roots.made}
        if self._recorded.frontier.root() == checkpoint.root:
            return {roots.recorded}
        return {roots.made, roots.recorded}

    def _push(self, level: int, made: bytes, recorded: bytes) -> None:
        while True:
            if len(self._rows) < level:
                self._rows.append(_Row())
            row = self._rows[level - 1]
            row.made.append(made)
            row.recorded.append(recorded)
            if len(row.made) < TILE_WIDTH:
                return
            made, recorded = self._compare(level, row)
            row.index, row.made, row.recorded = row.index + 1, [], []
            level += 1

    def _compare(self, level: int, row: _Row) -> tuple[bytes, bytes]:
        """Compare a stored tile above level 0; the two roots over its hashes."""
        made, recorded = b"".join(row.made), b"".join(row.recorded)
        width = len(row.made)
        stored = self._read_tile(level, row.index, width)
        for tree, tile in ((self._made, made), (self._recorded, recorded)):
            if stored is not None and stored != tile:
                place = _differing(stored, tile)[0]
                tree.note(tile_path(level, row.index, width), f"hash {place} is another")
        if width < TILE_WIDTH:
            return b"", b""
        return tile_root(made), tile_root(recorded)

    def _keep_known(self, reach: int, made: bytes, recorded: bytes) -> None:
        """Keep the roots at known sizes up to ``reach``, given the leaves that lead there."""
        while self._known_sizes and self._known_sizes[-1] <= reach:
            size = self._known_sizes.pop()
            self.known[size] = KnownRoots(
                _root_at(size, self._made.frontier, made),
                _root_at(size, self._recorded.frontier, recorded),
            )


def _append(frontier: Frontier, hashes: bytes) -> None:
    for leaf in split_hashes(hashes):
        frontier.append(leaf)


def _root_at(size: int, before: Frontier, hashes: bytes) -> bytes:
    frontier = before.copy()
    _append(frontier, hashes[: (size - before.size) * HASH_BYTES])
    return frontier.root()


def _differing(one: bytes, other: bytes) -> list[int]:
    """Which hashes of two tiles of one width differ."""
    pairs = zip(split_hashes(one), split_hashes(other), strict=True)
    return [place for place, (a, b) in enumerate(pairs) if a != b]


def _report_tiles(tree: _Tree, reason: str, findings: FindingList) -> None:
    for path, detail in tree.differing:
        findings.add(LogInconsistent, Check.TILES, path, f"changed: {detail}, and {reason}")


def _report_count(tree: _Tree, findings: FindingList) -> None:
    if tree.differing:
        path, detail = tree.differing[0]
        text = f"{tree.differing_count} stored tiles differ from the entries; here {detail}"
        findings.add(LogInconsistent, Check.TILES, path, text)
