"""Checkpoints: the log's head as signed text (C2SP tlog-checkpoint).

The text is the origin, the number of entries, the root in base64, each on a line, and
extension lines, of which this program writes none. A checkpoint is signed as a note
(:mod:`hashing.note`); what it says counts for nothing until a signature was verified.
"""

import base64
import re
from dataclasses import dataclass
from typing import Self

from hashing.errors import IntegrityError
from hashing.merkle import HASH_BYTES
from hashing.note import SignedNote, VerifierKey, strict_base64

MAX_SIZE = (1 << 63) - 1
_SIZE = re.compile(r"0|[1-9][0-9]{0,18}", re.ASCII).fullmatch
_FIXED_LINES = 3


class MalformedCheckpoint(IntegrityError):  # noqa: N818 - named for the defect
    """A note's text is not a checkpoint."""

    code = "MALFORMED_CHECKPOINT"


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """The head of a log.

    Attributes:
        origin: The log's name.
        size: How many entries it has.
        root: The root of their tree.
        extensions: Further lines, carried along and not interpreted.
    """

    origin: str
    size: int
    root: bytes
    extensions: tuple[str, ...] = ()

    def body(self) -> str:
        """The text that is signed."""
        root = base64.b64encode(self.root).decode("ascii")
        lines = (self.origin, str(self.size), root, *self.extensions)
        return "".join(f"{line}\n" for line in lines)

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read the text of a checkpoint.

        Raises:
            MalformedCheckpoint: It is not one.
        """
        lines = text.split("\n")
        if lines.pop() != "" or len(lines) < _FIXED_LINES or not all(lines):
            raise MalformedCheckpoint("a checkpoint is three or more lines, none of them empty")
        origin, size, root_text, *extensions = lines
        root = strict_base64(root_text)
        if not _SIZE(size) or int(size) > MAX_SIZE:
            raise MalformedCheckpoint(f"not a number of entries: {size[:40]!r}")
        if root is None or len(root) != HASH_BYTES:
            raise MalformedCheckpoint("the root is not 32 bytes in base64")
        return cls(origin, int(size), root, tuple(extensions))


def open_checkpoint(note: bytes, key: VerifierKey) -> Checkpoint:
    """Read a signed checkpoint and verify its signature.

    The origin must be the key's name; the caller checks that the log agrees with it.

    Raises:
        MalformedNote: The bytes are not a signed note.
        SignatureInvalid: The key did not sign it.
        MalformedCheckpoint: The text is not a checkpoint of that origin.
    """
    signed = SignedNote.parse(note)
    signed.verify(key)
    checkpoint = Checkpoint.parse(signed.text)
    if checkpoint.origin != key.name:
        raise MalformedCheckpoint(f"checkpoint of {checkpoint.origin!r}, signed by {key.name!r}")
    return checkpoint
