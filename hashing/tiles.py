"""Tiles and bundles: how the tree and the entries lie in files (C2SP tlog-tiles, height 8).

A tile is up to 256 consecutive hashes of one tile level: level 0 holds leaf hashes, and
every hash of level l + 1 is the root of one full tile of level l. A bundle is up to 256
entries, each behind its length as a big-endian 16-bit number. The last tile of a level is
partial: it says its width in its name and is not hashed into the level above.

Nothing here reads a file; callers map the names to bytes.
"""

import hashlib
import struct
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from hashing.errors import IntegrityError, LogInconsistent
from hashing.merkle import HASH_BYTES, ReadNode

TILE_HEIGHT = 8
TILE_WIDTH = 1 << TILE_HEIGHT
_MAX_ENTRY_BYTES = 0xFFFF
_INDEX_DIGITS = 3
_INDEX_BASE = 1000


class MalformedBundle(IntegrityError):  # noqa: N818 - named for the defect
    """An entry bundle breaks off inside an entry.

    Args:
        detail: Where it breaks off.
        entries: The whole entries before that place.
    """

    code = "MALFORMED_BUNDLE"

    def __init__(self, detail: str, entries: Sequence[bytes] = ()) -> None:
        super().__init__(detail)
        self.entries = tuple(entries)


@dataclass(frozen=True, slots=True, order=True)
class Coordinate:
    """Where a tile stands: its level, its index within the level, and its width."""

    level: int
    index: int
    width: int

    @property
    def path(self) -> str:
        """Its name below the log's folder."""
        return tile_path(self.level, self.index, self.width)


def tile_path(level: int, index: int, width: int) -> str:
    """The name of a hash tile, such as ``tile/0/x001/067.p/12``."""
    return f"tile/{level}/{_index_path(index, width)}"


def entries_path(index: int, width: int) -> str:
    """The name of an entry bundle, such as ``tile/entries/x001/067.p/12``."""
    return f"tile/entries/{_index_path(index, width)}"


def _index_path(index: int, width: int) -> str:
    parts = [f"{index % _INDEX_BASE:03d}"]
    while index >= _INDEX_BASE:
        index //= _INDEX_BASE
        parts.append(f"x{index % _INDEX_BASE:03d}")
    name = "/".join(reversed(parts))
    return name if width == TILE_WIDTH else f"{name}.p/{width}"


def encode_bundle(entries: Sequence[bytes]) -> bytes:
    """The bytes of a bundle.

    Raises:
        MalformedBundle: An entry is longer than 65,535 bytes.
    """
    parts: list[bytes] = []
    for entry in entries:
        if len(entry) > _MAX_ENTRY_BYTES:
            raise MalformedBundle(f"an entry of {len(entry)} bytes does not fit a bundle")
        parts.append(struct.pack(">H", len(entry)))
        parts.append(entry)
    return b"".join(parts)


def decode_bundle(data: bytes) -> list[bytes]:
    """The entries of a bundle. How many there should be, the caller knows.

    Raises:
        MalformedBundle: It breaks off inside an entry.
    """
    entries: list[bytes] = []
    position, end = 0, len(data)
    while position + 2 <= end:
        start = position + 2
        position = start + (data[position] << 8 | data[position + 1])
        entries.append(data[start:position])
    if position != end:
        whole = entries if position < end else entries[:-1]
        raise MalformedBundle(f"bundle breaks off inside its entry {len(whole)}", whole)
    return entries


def tiles_of(size: int) -> Iterator[Coordinate]:
    """All tiles of a tree of ``size`` leaves, level by level."""
    return new_tiles(0, size)


def new_tiles(old_size: int, size: int) -> Iterator[Coordinate]:
    """The tiles that a tree of ``size`` has and its prefix of ``old_size`` does not."""
    level = 0
    while size >> (TILE_HEIGHT * level):
        old_width, width = old_size >> (TILE_HEIGHT * level), size >> (TILE_HEIGHT * level)
        for index in range(old_width // TILE_WIDTH, width // TILE_WIDTH):
            yield Coordinate(level, index, TILE_WIDTH)
        if width % TILE_WIDTH and width != old_width:
            yield Coordinate(level, width // TILE_WIDTH, width % TILE_WIDTH)
        level += 1


def partial_width(level: int, size: int) -> int:
    """The width of the partial tile of a level; 0 where the level ends in a full tile."""
    return (size >> (TILE_HEIGHT * level)) % TILE_WIDTH


def split_hashes(tile: bytes) -> list[bytes]:
    """The hashes of a tile's bytes."""
    return [tile[at : at + HASH_BYTES] for at in range(0, len(tile), HASH_BYTES)]


def tile_root(hashes: bytes) -> bytes:
    """The root of a full tile: the one hash that stands for it a level above."""
    sha256, pair = hashlib.sha256, 2 * HASH_BYTES
    layer = hashes
    while len(layer) > HASH_BYTES:
        # node_hash, spelled out: this is half of what a verifier hashes.
        layer = b"".join(
            [sha256(b"\x01" + layer[at : at + pair]).digest() for at in range(0, len(layer), pair)]
        )
    return layer


ReadTile = Callable[[int, int, int], bytes]
"""``read(level, index, width)``: the bytes of a stored tile."""


def node_reader(size: int, read_tile: ReadTile) -> ReadNode:
    """A reader of the nodes of a tree of ``size`` leaves from its stored tiles.

    The reader remembers the tiles it has read, which for a proof is a handful. It raises
    LogInconsistent for a tile of the wrong length or a node the tree does not have.
    """
    seen: dict[tuple[int, int], bytes] = {}

    def tile(level: int, index: int) -> bytes:
        if (level, index) not in seen:
            hashes_in_level = size >> (TILE_HEIGHT * level)
            width = min(TILE_WIDTH, hashes_in_level - index * TILE_WIDTH)
            if width <= 0:
                raise LogInconsistent(f"a log of {size} has no tile {index} of level {level}")
            data = read_tile(level, index, width)
            if len(data) != width * HASH_BYTES:
                raise LogInconsistent(f"{tile_path(level, index, width)} has a wrong length")
            seen[level, index] = data
        return seen[level, index]

    def read(level: int, index: int) -> bytes:
        tile_level, height = divmod(level, TILE_HEIGHT)
        first = index << height
        data = tile(tile_level, first // TILE_WIDTH)
        start = first % TILE_WIDTH * HASH_BYTES
        hashes = data[start : start + (HASH_BYTES << height)]
        if len(hashes) != HASH_BYTES << height:
            raise LogInconsistent(f"a log of {size} has no node {index} of level {level}")
        return tile_root(hashes)

    return read
