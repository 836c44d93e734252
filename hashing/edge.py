"""The right edge of a growing tree, as tiles (C2SP tlog-tiles, height 8).

A writer that appends needs neither the whole tree nor its past: the hashes in the one
incomplete tile of each level, and the tree's frontier, say everything about the tree so far.
"""

from dataclasses import dataclass
from typing import Self

from hashing.merkle import Frontier
from hashing.tiles import (
    TILE_HEIGHT,
    TILE_WIDTH,
    ReadTile,
    node_reader,
    partial_width,
    split_hashes,
    tile_root,
)


@dataclass(frozen=True, slots=True)
class Tile:
    """One hash tile to be stored.

    Attributes:
        level: 0 holds leaf hashes, 1 the roots of full level-0 tiles, and so on.
        index: Position within the level.
        width: Hashes in it, 1 to 256.
        data: The hashes one after another.
    """

    level: int
    index: int
    width: int
    data: bytes


class TileEdge:
    """The incomplete tile of every level, and what has changed since the last write.

    Not shared between threads: it belongs to the one writer of a log.
    """

    def __init__(self) -> None:
        self._frontier = Frontier()
        self._levels: list[list[bytes]] = []
        self._full: list[Tile] = []
        self._changed: set[int] = set()

    @classmethod
    def load(cls, size: int, read_tile: ReadTile) -> Self:
        """The edge of a stored tree of ``size`` leaves.

        Raises:
            LogInconsistent: A tile is not of its length.
        """
        edge = cls()
        edge._frontier = Frontier.read(size, node_reader(size, read_tile))
        level = 0
        while size >> (TILE_HEIGHT * level):
            width = partial_width(level, size)
            index = size >> (TILE_HEIGHT * (level + 1))
            edge._levels.append(split_hashes(read_tile(level, index, width)) if width else [])
            level += 1
        return edge

    @property
    def size(self) -> int:
        """How many leaves the tree has."""
        return self._frontier.size

    def append(self, leaf: bytes) -> None:
        """Add the hash of the next leaf."""
        self._frontier.append(leaf)
        carry, level = leaf, 0
        while True:
            if level == len(self._levels):
                self._levels.append([])
            hashes = self._levels[level]
            hashes.append(carry)
            self._changed.add(level)
            if len(hashes) < TILE_WIDTH:
                return
            data = b"".join(hashes)
            index = (self.size >> (TILE_HEIGHT * (level + 1))) - 1
            self._full.append(Tile(level, index, TILE_WIDTH, data))
            self._levels[level] = []
            carry, level = tile_root(data), level + 1

    def take_tiles(self) -> list[Tile]:
        """The tiles that the tree needs and that were not taken before."""
        tiles, self._full = self._full, []
        for level in sorted(self._changed):
            if hashes := self._levels[level]:
                index = self.size >> (TILE_HEIGHT * (level + 1))
                tiles.append(Tile(level, index, len(hashes), b"".join(hashes)))
        self._changed.clear()
        return tiles

    def root(self) -> bytes:
        """The root of the tree."""
        return self._frontier.root()
