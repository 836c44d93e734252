"""A group of entries becomes durable: bundles and tiles first, then the checkpoint.

The checkpoint is what makes entries part of the log, so it is replaced only when everything it
covers is on disk. A crash before that leaves files that nothing refers to; the next commit
writes over them. A partial tile or bundle goes once a wider one stands under a checkpoint.
"""

import contextlib
from pathlib import Path

from archive.durable import remove, replace_atomically, write_group
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
            LogHeadMismatch: The tiles do not give the checkpoint's root.
            IntegrityError: The checkpoint is not signed by ``key``.
        """
        store = cls(directory, key)
        store.reload()
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

    def use_key(self, key: SigningKey) -> None:
        """Sign checkpoints with another key from the next commit on."""
        self._key = key

    def reload(self) -> None:
        """Forget what is not committed and read the right edge from disk again."""
        files = LogFiles(self.directory)
        head = open_checkpoint(files.checkpoint(), self._key.verifier)
        self._edge = TileEdge.load(head.size, lambda *tile: self._tile(files, *tile))
        if self._edge.root() != head.root:
            raise LogHeadMismatch(f"tiles do not give the root of the checkpoint of {head.size}")
        last = (head.size - 1) // TILE_WIDTH
        entries = files.raw_bundle(last, head.size)
        self.prev = leaf_hash(entries[-1]).hex()
        self.last_time_us = parse(entries[-1]).time_us
        self._bundle = [] if head.size % TILE_WIDTH == 0 else entries

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
        write_group(files)
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

    def _drop(self, name: str) -> None:
        """Remove a file that nothing needs; one that stays does no harm."""
        path = self.directory / name
        with contextlib.suppress(StorageError):
            remove(path)
        with contextlib.suppress(OSError):  # the folder still holds a wider partial file
            path.parent.rmdir()
