"""The log's files, read for the verifier, the catalog and the page.

What is read is what the newest checkpoint covers; files beyond it are the remains of an
interrupted commit and count for nothing. Reading needs no key, no lock and no catalog.
"""

from collections.abc import Callable, Iterable, Iterator
from itertools import groupby
from pathlib import Path

from archive.durable import storage_errors
from archive.errors import NotAnArchive
from hashing.checkpoint import Checkpoint
from hashing.entry import Entry, parse
from hashing.merkle import HASH_BYTES, Frontier
from hashing.note import SignedNote
from hashing.tiles import (
    TILE_HEIGHT,
    TILE_WIDTH,
    decode_bundle,
    entries_path,
    node_reader,
    tile_path,
)

CHECKPOINT = "checkpoint"
TIMESTAMPS = "timestamps"


def kept_checkpoint_path(size: int) -> str:
    """Where, in the log's folder, the checkpoint of a size is kept that others vouch for."""
    return f"checkpoints/{size}"


def timestamp_path(size: int, authority: str) -> str:
    """Where, in the log's folder, the token of an authority over a checkpoint lies."""
    return f"{TIMESTAMPS}/{size}/{authority}.tsr"


class LogFiles:
    """A log's folder as a :class:`hashing.verifier.LogSource`.

    Args:
        directory: The ``log`` folder of an archive, a store or a package.
    """

    def __init__(self, directory: Path) -> None:
        self.directory = directory

    def _read(self, name: str) -> bytes | None:
        with storage_errors(f"cannot read {self.directory / name}"):
            try:
                return (self.directory / name).read_bytes()
            except (FileNotFoundError, NotADirectoryError, IsADirectoryError):
                return None

    def checkpoint(self) -> bytes:
        """The newest checkpoint's signed note.

        Raises:
            NotAnArchive: There is none.
        """
        data = self._read(CHECKPOINT)
        if data is None:
            raise NotAnArchive(f"no checkpoint in {self.directory}")
        return data

    def bundle(self, index: int, width: int) -> bytes | None:
        """An entry bundle of exactly that width, or None where it is missing."""
        return self._read(entries_path(index, width))

    def tile(self, level: int, index: int, width: int) -> bytes | None:
        """A hash tile, or None where it is missing."""
        return self._read(tile_path(level, index, width))

    def kept_checkpoint(self, size: int) -> bytes | None:
        """The signed note of a size that others vouch for, or None where none is kept."""
        return self._read(kept_checkpoint_path(size))

    def timestamp(self, size: int, authority: str) -> bytes | None:
        """The token of an authority over the checkpoint of a size, or None."""
        return self._read(timestamp_path(size, authority))

    def head(self) -> Checkpoint:
        """The newest checkpoint, its signature not checked."""
        return Checkpoint.parse(SignedNote.parse(self.checkpoint()).text)

    def root_at(self, size: int) -> bytes:
        """The root over the first ``size`` entries, from the hash tiles.

        Raises:
            NotAnArchive: A tile is missing.
            IntegrityError: A tile is not of its length.
        """
        return Frontier.read(size, node_reader(size, self.stored_tile)).root()

    def stored_tile(self, level: int, index: int, width: int) -> bytes:
        """The first ``width`` hashes of a tile, from it or from the wider one that replaced it.

        Raises:
            NotAnArchive: The tile is missing.
        """
        data = self._as_wide_as_stored(
            width,
            lambda wide: self.tile(level, index, wide),
            lambda size: (size >> (TILE_HEIGHT * level)) - index * TILE_WIDTH,
        )
        if data is None:
            raise NotAnArchive(f"{tile_path(level, index, width)} is missing")
        return data[: width * HASH_BYTES]

    def _as_wide_as_stored(
        self, width: int, read: Callable[[int], bytes | None], width_at: Callable[[int], int]
    ) -> bytes | None:
        """A partial file of at least ``width``, in a log that may grow while it is looked for.

        A commit replaces the last partial files by wider ones, so the newest checkpoint tells
        which width there is; where it has moved on meanwhile, the next one does.
        """
        data = read(width)
        while data is None:
            wider = min(TILE_WIDTH, width_at(self.head().size))
            if wider <= width:
                return None
            width, data = wider, read(wider)
        return data

    def entries(self, start: int = 0, stop: int | None = None) -> Iterator[Entry]:
        """Entries ``start`` to ``stop`` (exclusive; None: all that the checkpoint covers).

        Raises:
            IntegrityError: A bundle is missing or malformed.
        """
        size = self.head().size
        stop = size if stop is None else min(stop, size)
        for index in range(start // TILE_WIDTH, -(-stop // TILE_WIDTH)):
            first = index * TILE_WIDTH
            for offset, raw in enumerate(self.raw_bundle(index, size)):
                if start <= first + offset < stop:
                    yield parse(raw)

    def entries_at(self, seqs: Iterable[int]) -> Iterator[Entry]:
        """Single entries, by numbers in rising order; every bundle is read once.

        Raises:
            NotAnArchive: A bundle is missing, or the checkpoint does not cover an entry.
            IntegrityError: A bundle is malformed.
        """
        size = self.head().size
        for index, of_bundle in groupby(seqs, lambda seq: seq // TILE_WIDTH):
            raw = self.raw_bundle(index, size)
            for seq in of_bundle:
                if not 0 <= seq < size:
                    raise NotAnArchive(f"there is no entry {seq} in a log of {size}")
                yield parse(raw[seq % TILE_WIDTH])

    def raw_bundle(self, index: int, size: int) -> list[bytes]:
        """The raw entries of bundle ``index`` in a log of ``size`` entries.

        Raises:
            NotAnArchive: The bundle is missing.
            IntegrityError: It is malformed.
        """
        width = min(TILE_WIDTH, size - index * TILE_WIDTH)
        data = self._as_wide_as_stored(
            width,
            lambda wide: self.bundle(index, wide),
            lambda size: size - index * TILE_WIDTH,
        )
        if data is None:
            raise NotAnArchive(f"entry bundle {entries_path(index, width)} is missing")
        return decode_bundle(data)[:width]
