"""A group of entries becomes durable: bundles and tiles first, then the checkpoint.

The checkpoint is what makes entries part of the log, so it is replaced only when everything it
covers is on disk. Every file appears whole, for readers look for a wider partial file where
the one they want has just gone. A crash before the checkpoint leaves files that nothing refers
to; they are removed when the log is opened again, so that no reader takes them for wider ones.
A partial tile or bundle goes once a wider one stands under a checkpoint.
"""

import contextlib
import os
from collections.abc import Callable
from functools import partial
from pathlib import Path

from archive.durable import remove, replace_atomically, replace_group
from archive.errors import NotAnArchive, StorageError
from archive.log.reader import CHECKPOINT, LogFiles
from hashing.checkpoint import Checkpoint, open_checkpoint
from hashing.edge import TileEdge
from hashing.entry import ZERO_PREV, parse
from hashing.errors import IntegrityError
from hashing.merkle import leaf_hash
from hashing.note import SigningKey, sign
from hashing.tiles import TILE_HEIGHT, TILE_WIDTH, encode_bundle, entries_path, tile_path


class LogHeadMismatch(IntegrityError):  # noqa: N818 - named for the defect
    """The newest checkpoint and the tiles under it disagree, so nothing may be appended."""

    code = "LOG_HEAD_MISMATCH"


class LogStore:
    """The writing end of a log's folder. One thread, one process.

    Args:
        directory: The ``log`` folder.
        key: The key that signs checkpoints.
    """

    def __init__(self, directory: Path, key: SigningKey) -> None:
        self.directory = directory
        self._key = key
        self._edge = TileEdge()
        self._bundle: list[bytes] = []
        self.prev = ZERO_PREV
        self.last_time_us = 0

    @classmethod
    def open(cls, directory: Path, key: SigningKey) -> "LogStore":
        """Continue a log from its newest checkpoint.

        Raises:
            NotAnArchive: There is no checkpoint, or a tile or bundle under it is missing.
            LogHeadMismatch: The tiles do not give the checkpoint's root, or the last entries
                are others.
            IntegrityError: The checkpoint is not signed by ``key``.
        """
        store = cls(directory, key)
        store.reload()
        store._drop_uncommitted()
        return store

    @property
    def size(self) -> int:
        """Entries in the log, those appended but not committed included."""
        return self._edge.size

    @property
    def origin(self) -> str:
        """The log's origin, which is the name of its key."""
        return self._key.name

    @property
    def root(self) -> bytes:
        """The root over all entries so far."""
        return self._edge.root()

    def reload(self) -> None:
        """Forget what is not committed and read the right edge from disk again."""
        files = LogFiles(self.directory)
        head = open_checkpoint(files.checkpoint(), self._key.verifier)
        self._edge = TileEdge.load(head.size, lambda *tile: self._tile(files, *tile))
        if self._edge.root() != head.root:
            raise LogHeadMismatch(f"tiles do not give the root of the checkpoint of {head.size}")
        entries = self._last_bundle(files, head.size)
        self.prev = leaf_hash(entries[-1]).hex()
        self.last_time_us = parse(entries[-1]).time_us
        self._bundle = [] if head.size % TILE_WIDTH == 0 else entries

    def _last_bundle(self, files: LogFiles, size: int) -> list[bytes]:
        """The entries at the right edge, which are those that the tiles speak of."""
        index = (size - 1) // TILE_WIDTH
        entries = files.raw_bundle(index, size)
        leaves = b"".join(map(leaf_hash, entries))
        if leaves != self._tile(files, 0, index, size - index * TILE_WIDTH):
            raise LogHeadMismatch(f"the last entries are not those of the checkpoint of {size}")
        return entries

    @staticmethod
    def _tile(files: LogFiles, level: int, index: int, width: int) -> bytes:
        data = files.tile(level, index, width)
        if data is None:
            raise NotAnArchive(f"{tile_path(level, index, width)} is missing")
        return data

    def append(self, entries: list[bytes]) -> bytes:
        """Append canonical entries and commit them.

        Returns:
            The new checkpoint's signed note, durable.

        Raises:
            StorageError: The disk refused. :meth:`reload` must be called before anything else;
                it tells whether the log on disk is as it was or has the new checkpoint already.
        """
        start = self.size
        files: list[tuple[Path, bytes]] = []
        for raw in entries:
            leaf = leaf_hash(raw)
            self._edge.append(leaf)
            self.prev = leaf.hex()
            self._bundle.append(raw)
            if len(self._bundle) == TILE_WIDTH:
                files.append(self._bundle_file(self.size // TILE_WIDTH - 1))
                self._bundle = []
        if self._bundle:
            files.append(self._bundle_file(self.size // TILE_WIDTH))
        for tile in self._edge.take_tiles():
            name = tile_path(tile.level, tile.index, tile.width)
            files.append((self.directory / name, tile.data))
        replace_group(files)
        note = self._sign()
        replace_atomically(self.directory / CHECKPOINT, note)
        self._drop_narrower(start)
        return note

    def _bundle_file(self, index: int) -> tuple[Path, bytes]:
        path = self.directory / entries_path(index, len(self._bundle))
        return path, encode_bundle(self._bundle)

    def _sign(self) -> bytes:
        body = Checkpoint(self.origin, self.size, self.root).body()
        return sign(body, [self._key])

    def _drop_narrower(self, old_size: int) -> None:
        """Remove the partial files that only the tree before this commit needed."""
        if width := old_size % TILE_WIDTH:
            self._drop(entries_path(old_size // TILE_WIDTH, width))
        level = 0
        while count := old_size >> (TILE_HEIGHT * level):
            width = count % TILE_WIDTH
            if width and count != self.size >> (TILE_HEIGHT * level):
                self._drop(tile_path(level, count // TILE_WIDTH, width))
            level += 1

    def _drop_uncommitted(self) -> None:
        """Remove what an interrupted commit left at the right edge of the tree."""
        self._drop_all_but(entries_path, self.size)
        level = 0
        while count := self.size >> (TILE_HEIGHT * level):
            self._drop_all_but(partial(tile_path, level), count)
            level += 1
        self._drop_all_but(partial(tile_path, level), 0)

    def _drop_all_but(self, path_of: Callable[[int, int], str], count: int) -> None:
        """Remove the files at the place where the next hash or entry comes, but for the newest."""
        index, width = divmod(count, TILE_WIDTH)
        whole = path_of(index, TILE_WIDTH)
        beside = self.directory / f"{whole}.p"
        names = os.listdir(beside) if beside.is_dir() else []
        for name in (whole, *(f"{whole}.p/{each}" for each in names)):
            if name != path_of(index, width or TILE_WIDTH) or not width:
                self._drop(name)

    def _drop(self, name: str) -> None:
        """Remove a file that nothing needs; one that stays does no harm."""
        path = self.directory / name
        with contextlib.suppress(StorageError):
            remove(path)
        with contextlib.suppress(OSError):  # the folder still holds a wider partial file
            path.parent.rmdir()
