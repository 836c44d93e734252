"""Proofs as files: an entry's inclusion with its checkpoint (C2SP tlog-proof), and hash lines.

A ``.tlog-proof`` is text: the line ``c2sp.org/tlog-proof@v1``, an optional ``extra`` line with
opaque bytes that nothing authenticates, ``index`` and the entry's number, the inclusion proof
as one hash a line, an empty line, and the signed checkpoint as it stands.

A consistency proof as a file is its hash lines alone (:func:`hash_lines`).

* Numbers have no leading zeros, base64 its one canonical spelling, and every line ends in a
  newline: a proof has one accepted spelling.
* Parsing verifies nothing. :meth:`TlogProof.verify_inclusion` binds an entry to the checkpoint;
  who signed that is asked of the note (:mod:`hashing.note`, :mod:`hashing.policy`).
"""

import base64
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Self

from hashing.checkpoint import MAX_SIZE, Checkpoint
from hashing.errors import IntegrityError
from hashing.merkle import HASH_BYTES, verify_inclusion
from hashing.note import MAX_NOTE_BYTES, SignedNote, strict_base64

HEADER = "c2sp.org/tlog-proof@v1"
MAX_HASHES = 63
"""A tree of fewer than 2^63 entries has no longer proof."""
MAX_PROOF_BYTES = 2 * MAX_NOTE_BYTES

_NUMBER = re.compile(r"0|[1-9][0-9]{0,18}", re.ASCII).fullmatch


class MalformedProof(IntegrityError):  # noqa: N818 - named for the defect
    """Bytes that should be a proof are not one."""

    code = "MALFORMED_PROOF"


@dataclass(frozen=True, slots=True)
class TlogProof:
    """That an entry is in a log, as far as the checkpoint is believed.

    Attributes:
        index: The entry's number.
        hashes: The inclusion proof (RFC 6962 §2.1.1).
        note: The signed checkpoint.
        extra: Opaque bytes beside it, not authenticated; None where there are none.
    """

    index: int
    hashes: tuple[bytes, ...]
    note: SignedNote
    extra: bytes | None = None

    @classmethod
    def parse(cls, data: bytes) -> Self:
        """Read a ``.tlog-proof``.

        Raises:
            MalformedProof: The bytes are not one.
            MalformedNote: What follows the proof is not a signed note.
            MalformedCheckpoint: The note is not a checkpoint.
        """
        head, separator, note = data.partition(b"\n\n")
        lines = _ascii_lines(head)
        if not separator or len(data) > MAX_PROOF_BYTES or lines.pop(0) != HEADER:
            raise MalformedProof(f"a proof begins with {HEADER} and holds a checkpoint")
        extra = _extra(lines.pop(0)) if lines and lines[0].startswith("extra ") else None
        index = parse_number(lines.pop(0) if lines else "", "index")
        hashes = parse_hashes(lines)
        signed = SignedNote.parse(note)
        Checkpoint.parse(signed.text)
        return cls(index, tuple(hashes), signed, extra)

    def encode(self) -> bytes:
        """The bytes of the proof."""
        lines = [HEADER, f"index {self.index}", *map(_base64, self.hashes), "", ""]
        if self.extra is not None:
            lines.insert(1, f"extra {_base64(self.extra)}")
        return "\n".join(lines).encode("ascii") + self.note.encode()

    @property
    def checkpoint(self) -> Checkpoint:
        """What the note says."""
        return Checkpoint.parse(self.note.text)

    def verify_inclusion(self, leaf: bytes) -> Checkpoint:
        """Check that the proof leads from a leaf hash to the checkpoint's root.

        Returns:
            The checkpoint. Who signed it is not checked.

        Raises:
            ProofInvalid: It does not.
        """
        checkpoint = self.checkpoint
        verify_inclusion(leaf, self.index, checkpoint.size, checkpoint.root, self.hashes)
        return checkpoint


def hash_lines(hashes: Iterable[bytes]) -> str:
    """Hashes in base64, a line each: a consistency proof as a file."""
    return "".join(f"{_base64(each)}\n" for each in hashes)


def parse_hash_lines(data: bytes) -> tuple[bytes, ...]:
    """Read what :func:`hash_lines` makes.

    Raises:
        MalformedProof: It is something else.
    """
    if not data:
        return ()
    if not data.endswith(b"\n"):
        raise MalformedProof("every hash stands on a line of its own")
    return tuple(parse_hashes(_ascii_lines(data[:-1])))


def parse_hashes(lines: Sequence[str]) -> list[bytes]:
    """Read lines that hold a hash each.

    Raises:
        MalformedProof: One does not, or there are too many.
    """
    if len(lines) > MAX_HASHES:
        raise MalformedProof(f"a proof has at most {MAX_HASHES} hashes")
    hashes = [strict_base64(line) for line in lines]
    if any(each is None or len(each) != HASH_BYTES for each in hashes):
        raise MalformedProof("a proof holds a line that is not a hash in base64")
    return [each for each in hashes if each is not None]


def parse_number(line: str, word: str) -> int:
    """Read a line of a word, a space, and a decimal number without leading zeros.

    Raises:
        MalformedProof: The line is something else.
    """
    name, _, digits = line.partition(" ")
    if name != word or not _NUMBER(digits) or int(digits) > MAX_SIZE:
        raise MalformedProof(f"no line with {word} and a number: {line[:40]!r}")
    return int(digits)


def _ascii_lines(data: bytes) -> list[str]:
    try:
        return data.decode("ascii").split("\n")
    except UnicodeDecodeError as error:
        raise MalformedProof("a proof is ASCII up to its checkpoint") from error


def _extra(line: str) -> bytes:
    data = strict_base64(line.removeprefix("extra "))
    if not data:
        raise MalformedProof("the extra line is not base64")
    return data


def _base64(data: bytes) -> str:
    return base64.b64encode(data).decode("ascii")
