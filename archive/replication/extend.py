"""One log is carried on to the state of another, which it must be a beginning of.

The mirror in a further store, a backup, a restored archive, and an archive that adopts a
longer log are all made here. Nothing is taken on trust: the tiles are made anew from the
entries, and the checkpoint is written only when they give the root that it was signed over.

Order, so that a crash leaves the old log whole: bundles and tiles, what entries name (notes,
seals, tokens and the checkpoints they are over), the checkpoint; then the partial files that no
checkpoint needs any more go. A note or seal that the target has is never replaced; to a kept
checkpoint only the lines of further witnesses are added.
"""

from collections.abc import Callable, Iterator
from typing import Final

from archive.log.kept import CHECKPOINTS
from archive.log.reader import TIMESTAMPS, kept_checkpoint_path, timestamp_path
from archive.replication.heads import LOG, Head, StoredLog
from archive.stores.interface import Document, Documents
from hashing.checkpoint import Checkpoint
from hashing.cosignature import with_lines
from hashing.edge import Tile, TileEdge
from hashing.entry import Act, Entry, parse
from hashing.errors import IntegrityError, LogInconsistent
from hashing.merkle import leaf_hash
from hashing.note import SignedNote
from hashing.tiles import (
    TILE_WIDTH,
    encode_bundle,
    entries_path,
    new_tiles,
    tile_path,
)

BATCH_BYTES: Final = 8 << 20
BATCH_DOCUMENTS: Final = 64
_NAMING: Final = (b'"act":"note"', b'"sealed_sha256"', b'"act":"stamp"', b'"act":"witness"')
"""Only entries with one of these can name a document; looking is cheaper than decoding."""

Progress = Callable[[int, int], None]
"""Told the number of entries carried over and the number there are."""


class NotABeginning(LogInconsistent):
    """A log is not the beginning of the one that should carry it on, or its tiles are damaged."""

    code = "NOT_A_BEGINNING"


class Extension:
    """Carries one log on; used once.

    Args:
        source: Documents with the longer log.
        head: Its head.
        target: Documents with the shorter log, or without one.
        old: The shorter log's checkpoint; None to write everything anew.
        progress: Told after each bundle.
    """

    def __init__(
        self,
        source: Documents,
        head: Head,
        target: Documents,
        old: Checkpoint | None,
        progress: Progress = lambda _done, _all: None,
    ) -> None:
        self._source = source
        self._head = head
        self._target = target
        self._old_size = old.size if old is not None else 0
        self._old_root = old.root if old is not None else None
        self._progress = progress
        self._edge = TileEdge()
        self._partial: dict[int, Tile] = {}
        self._naming: list[bytes] = []
        self._batch: list[Document] = []
        self._batch_bytes = 0

    def run(self) -> None:
        """Carry it on; the target's log is the source's afterwards.

        Raises:
            NotABeginning: The target's log is another one, or its tiles are damaged.
            LogInconsistent: The source's entries do not give its root.
            NotAnArchive: A bundle or tile is missing.
            StorageError: Either side does not do what it is asked; the target's log is as it
                was.
        """
        size = self._head.checkpoint.size
        first = self._old_size // TILE_WIDTH
        self._edge = self._load(first * TILE_WIDTH)
        self._compare_at_old_size()
        for index in range(first, -(-size // TILE_WIDTH)):
            self._carry_bundle(index, self._bundle(index))
            self._progress(self._edge.size, size)
        if self._edge.root() != self._head.checkpoint.root:
            raise LogInconsistent(f"the entries do not give the root of the checkpoint of {size}")
        for tile in self._partial.values():
            self._add(f"{LOG}/{tile_path(tile.level, tile.index, tile.width)}", tile.data)
        self._carry_named()
        self._flush()
        self._target.write_documents([Document(f"{LOG}/checkpoint", self._head.note)])
        self._target.remove_documents(list(outgrown(self._old_size, size)))

    def _load(self, size: int) -> TileEdge:
        log = StoredLog(self._target)

        def read(level: int, index: int, width: int) -> bytes:
            data = log.tile(level, index, width)
            if data is None:
                raise NotABeginning(f"{tile_path(level, index, width)} is missing")
            return data

        return TileEdge.load(size, read)

    def _bundle(self, index: int) -> list[bytes]:
        size = self._head.checkpoint.size
        if (index + 1) * TILE_WIDTH > size:
            return list(self._head.edge)
        return StoredLog(self._source).raw_bundle(index, size)

    def _carry_bundle(self, index: int, entries: list[bytes]) -> None:
        for raw in entries:
            if self._edge.size >= self._old_size and any(mark in raw for mark in _NAMING):
                self._naming.append(raw)
            self._edge.append(leaf_hash(raw))
            self._compare_at_old_size()
        if len(entries) > max(self._old_size - index * TILE_WIDTH, 0):
            self._add(f"{LOG}/{entries_path(index, len(entries))}", encode_bundle(entries))
        for tile in self._edge.take_tiles():
            self._partial.pop(tile.level, None)
            if tile.width == TILE_WIDTH:
                self._add(f"{LOG}/{tile_path(tile.level, tile.index, tile.width)}", tile.data)
            else:
                self._partial[tile.level] = tile

    def _compare_at_old_size(self) -> None:
        """Where the old log ends, both must have the same root."""
        if self._edge.size == self._old_size and self._old_root not in {None, self._edge.root()}:
            raise NotABeginning(f"its first {self._old_size} entries are others")

    def _carry_named(self) -> None:
        """Copy what new entries name; by now their root has shown that they are the log's."""
        names = {name: None for raw in self._naming for name in named_documents(parse(raw))}
        for name in names:
            data, there = self._source.read_document(name), self._target.read_document(name)
            if data is not None and there != data:  # an erased note is gone, and stays gone
                self._carry(name, data, there)

    def _carry(self, name: str, data: bytes, there: bytes | None) -> None:
        """Copy what the target lacks; a token that no entry named gives way to the one named."""
        if there is None or name.startswith(f"{LOG}/{TIMESTAMPS}/"):
            self._add(name, data)
        elif name.startswith(f"{LOG}/{CHECKPOINTS}/"):
            self._add(name, _gathered(data, there))

    def _add(self, name: str, data: bytes) -> None:
        self._batch.append(Document(name, data))
        self._batch_bytes += len(data)
        if self._batch_bytes >= BATCH_BYTES or len(self._batch) >= BATCH_DOCUMENTS:
            self._flush()

    def _flush(self) -> None:
        self._target.write_documents(self._batch)
        self._batch, self._batch_bytes = [], 0


def _gathered(data: bytes, there: bytes) -> bytes:
    """A kept checkpoint with the signature lines of both copies; else the source's."""
    try:
        ours, theirs = SignedNote.parse(data), SignedNote.parse(there)
    except IntegrityError:
        return data
    return with_lines(theirs, ours.signatures).encode() if ours.text == theirs.text else data


def named_documents(entry: Entry) -> Iterator[str]:
    """The documents that an entry names: a note's text, a sealed header, what others signed."""
    body = entry.fields
    stored = body.get("object")
    if entry.act == Act.NOTE:
        yield f"notes/{body['sha256'][:2]}/{body['sha256']}"
    elif entry.act == Act.STAMP:
        yield f"{LOG}/{kept_checkpoint_path(body['size'])}"
        yield f"{LOG}/{timestamp_path(body['size'], body['authority'])}"
    elif entry.act == Act.WITNESS:
        yield f"{LOG}/{kept_checkpoint_path(body['size'])}"
    elif isinstance(stored, dict) and "sealed_sha256" in stored:
        yield f"seals/{stored['sha256'][:2]}/{stored['sha256']}"


def outgrown(old_size: int, size: int) -> Iterator[str]:
    """The partial files that a log of ``old_size`` needs and one of ``size`` does not."""
    for coordinate in new_tiles(size, old_size):
        yield f"{LOG}/{coordinate.path}"
        if coordinate.level == 0:
            yield f"{LOG}/{entries_path(coordinate.index, coordinate.width)}"
