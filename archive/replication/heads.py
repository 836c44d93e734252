"""The head of a log among documents: read whole, and believed only with its signature."""

import contextlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final, TypeVar

from archive.errors import NotAnArchive
from archive.log.reader import LogFiles
from archive.stores.interface import Documents
from hashing.checkpoint import Checkpoint, open_checkpoint
from hashing.errors import SignatureInvalid
from hashing.note import VerifierKey
from hashing.tiles import TILE_WIDTH

LOG: Final = "log"
_ATTEMPTS: Final = 20
_T = TypeVar("_T")

OpenNote = Callable[[bytes], Checkpoint]
"""Reads a signed checkpoint; raises an IntegrityError unless the log's key signed it."""


def signed_by(keys: Sequence[VerifierKey]) -> OpenNote:
    """Believe checkpoints that one of these keys signed."""

    def open_note(note: bytes) -> Checkpoint:
        refused = SignatureInvalid("there is no key to verify the checkpoint with")
        for key in keys:
            try:
                return open_checkpoint(note, key)
            except SignatureInvalid as error:
                refused = error
        raise refused

    return open_note


class StoredLog(LogFiles):
    """The log among documents, for whatever reads a log.

    Args:
        documents: An archive's own, a further store's, or a backup's.
    """

    def __init__(self, documents: Documents) -> None:
        super().__init__(Path(LOG))
        self._documents = documents

    def _read(self, name: str) -> bytes | None:
        return self._documents.read_document(f"{LOG}/{name}")


@dataclass(frozen=True, slots=True)
class Head:
    """A log's newest checkpoint and the entries that the next one will store elsewhere.

    Attributes:
        note: The signed note.
        checkpoint: What it says.
        edge: The entries of the last bundle if it is partial, else none.
    """

    note: bytes
    checkpoint: Checkpoint
    edge: tuple[bytes, ...]


def read_head(log: LogFiles, open_note: OpenNote) -> Head:
    """Read the head of a log that may be growing meanwhile.

    Raises:
        NotAnArchive: There is no log, or its last bundle is missing.
        IntegrityError: The checkpoint is malformed or not validly signed.
    """

    def attempt() -> Head:
        note = log.checkpoint()
        checkpoint = open_note(note)
        index, width = divmod(checkpoint.size, TILE_WIDTH)
        edge = log.raw_bundle(index, checkpoint.size) if width else []
        return Head(note, checkpoint, tuple(edge))

    return _while_growing(attempt)


def root_at(log: LogFiles, size: int) -> bytes:
    """The root over the first entries of a log that may be growing meanwhile.

    Raises:
        NotAnArchive: A tile is missing.
        IntegrityError: A tile is not of its length.
    """
    return _while_growing(lambda: log.root_at(size))


def _while_growing(attempt: Callable[[], _T]) -> _T:
    """Try again where a newer checkpoint has just replaced a partial file."""
    for _ in range(_ATTEMPTS - 1):
        with contextlib.suppress(NotAnArchive):
            return attempt()
    return attempt()


def known_head(documents: Documents, open_note: OpenNote) -> Checkpoint | None:
    """The checkpoint that documents hold, or None where they hold none.

    Raises:
        IntegrityError: It cannot be believed.
        StorageError: They cannot be read.
    """
    note = documents.read_document(f"{LOG}/checkpoint")
    return None if note is None else open_note(note)
