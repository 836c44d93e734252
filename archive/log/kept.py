"""Checkpoints that are kept because others vouch for them: ``log/checkpoints/<size>``.

Each is the signed note of that size with the cosignatures gathered so far. A line that is there
stays there: :meth:`KeptCheckpoints.keep` only adds. Writing is for the archive's one writer, whose
threads take turns.
"""

import os
import threading
from pathlib import Path

from archive.durable import make_directory, replace_atomically, storage_errors
from hashing.checkpoint import Checkpoint
from hashing.cosignature import with_lines
from hashing.errors import LogInconsistent
from hashing.note import SignedNote

CHECKPOINTS = "checkpoints"
_MAX_DIGITS = 19
_KEEPING = threading.Lock()
"""Held while a kept checkpoint is read and replaced, whoever of the writer's threads does it."""


class KeptCheckpoints:
    """The kept checkpoints of one log.

    Args:
        log: The ``log`` folder of an archive, a store or a package.
    """

    def __init__(self, log: Path) -> None:
        self._directory = log / CHECKPOINTS

    def names(self) -> list[str]:
        """The names of the files, by their size; those that are no number come last."""
        with storage_errors(f"cannot list {self._directory}"):
            try:
                names = os.listdir(self._directory)
            except (FileNotFoundError, NotADirectoryError):
                return []
        shown = [name for name in names if not name.startswith(".")]
        return sorted(shown, key=lambda name: (size_of(name) is None, size_of(name) or 0, name))

    def read(self, name: str) -> bytes | None:
        """The bytes of one; None where it is not there."""
        with storage_errors(f"cannot read {self._directory / name}"):
            try:
                return (self._directory / name).read_bytes()
            except (FileNotFoundError, NotADirectoryError, IsADirectoryError):
                return None

    def keep(self, note: SignedNote) -> SignedNote:
        """Keep a checkpoint, with what was gathered over it before; durable on return.

        Returns:
            The note with every signature line.

        Raises:
            LogInconsistent: Another checkpoint of that size is kept.
            IntegrityError: The note is no checkpoint, or what is kept is none.
            StorageError: The disk refuses.
        """
        with _KEEPING:
            return self._keep(note)

    def _keep(self, note: SignedNote) -> SignedNote:
        size = Checkpoint.parse(note.text).size
        before = self.read(str(size))
        if before is not None:
            kept = SignedNote.parse(before)
            if kept.text != note.text:
                raise LogInconsistent(f"another checkpoint of {size} entries is kept")
            note = with_lines(kept, note.signatures)
        data = note.encode()
        if data != before:
            make_directory(self._directory)
            replace_atomically(self._directory / str(size), data)
        return note


def size_of(name: str) -> int | None:
    """The size that a file's name says, or None where it is no number of entries."""
    is_number = name.isascii() and name.isdecimal() and len(name) <= _MAX_DIGITS
    return int(name) if is_number and str(int(name)) == name else None
