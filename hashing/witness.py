"""The decision of a witness (C2SP tlog-witness): is this checkpoint of the history it has seen.

A log hands in a request: ``old <size>``, a consistency proof as one hash a line, an empty line,
and its signed checkpoint. The witness knows, for each log it trusts, its keys and the head that
it cosigned last, and answers with a status of HTTP:

====  =====================================================================================
400   the request is malformed, or the old size is larger than the checkpoint's
403   no trusted key signed the checkpoint, or a line of one is wrong
404   the log is not a trusted one
409   the old size is not the one cosigned last; the body says which that is
422   the proof does not lead from the head cosigned last to this one, or an empty tree has a
      root, or the same size has another root
200   cosign it, and remember it **before** answering
====  =====================================================================================

:func:`decide` is a function of the request and of what is remembered. That nothing happens
between reading what is remembered and remembering the new head is the caller's to ensure
(:mod:`archive.state.witnessed`).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from http import HTTPStatus
from typing import Final, Self

from hashing.checkpoint import Checkpoint
from hashing.errors import IntegrityError, SignatureInvalid
from hashing.merkle import EMPTY_ROOT, ProofInvalid, verify_consistency
from hashing.note import MAX_NOTE_BYTES, SignedNote, VerifierKey
from hashing.tlog_proof import MalformedProof, hash_lines, parse_hashes, parse_number

MAX_REQUEST_BYTES: Final = MAX_NOTE_BYTES
SIZE_TYPE: Final = "text/x.tlog.size"
TEXT_TYPE: Final = "text/plain; charset=utf-8"

TrustedLogs = Mapping[str, Sequence[VerifierKey]]
"""The keys of each trusted log, by its origin."""


class MalformedRequest(IntegrityError):  # noqa: N818 - named for the defect
    """Bytes that should ask a witness for a cosignature do not."""

    code = "MALFORMED_REQUEST"


@dataclass(frozen=True, slots=True)
class SeenHead:
    """The head of a log that a witness cosigned last.

    Attributes:
        size: Its number of entries.
        root: Its root.
    """

    size: int
    root: bytes


NOTHING_SEEN: Final = SeenHead(0, EMPTY_ROOT)
"""Of a log of which nothing was cosigned yet; the empty log is a prefix of every log."""


@dataclass(frozen=True, slots=True)
class AddCheckpoint:
    """A request for a cosignature.

    Attributes:
        old_size: What the log holds to be the size that the witness cosigned last.
        proof: The consistency proof from there (RFC 6962 §2.1.2).
        note: The signed checkpoint.
    """

    old_size: int
    proof: tuple[bytes, ...]
    note: SignedNote

    @classmethod
    def parse(cls, data: bytes) -> Self:
        """Read a request.

        Raises:
            MalformedRequest: The bytes are none.
        """
        head, separator, note = data.partition(b"\n\n")
        if not separator or len(data) > MAX_REQUEST_BYTES:
            raise MalformedRequest("a request is a size, a proof, an empty line and a checkpoint")
        try:
            old_size, *hashes = head.decode("ascii").split("\n")
            request = cls(
                parse_number(old_size, "old"), tuple(parse_hashes(hashes)), SignedNote.parse(note)
            )
            Checkpoint.parse(request.note.text)
        except UnicodeDecodeError as error:
            raise MalformedRequest("a request is ASCII up to its checkpoint") from error
        except IntegrityError as error:
            raise MalformedRequest(error.detail) from error
        return request

    def encode(self) -> bytes:
        """The bytes of the request."""
        head = f"old {self.old_size}\n{hash_lines(self.proof)}\n"
        return head.encode("ascii") + self.note.encode()

    @property
    def checkpoint(self) -> Checkpoint:
        """What the note says."""
        return Checkpoint.parse(self.note.text)


@dataclass(frozen=True, slots=True)
class Decision:
    """What a witness does with a request.

    Attributes:
        status: The answer's status.
        reason: Why, in one sentence; for 409 the size cosigned last.
        head: To be remembered, durably, before the cosignature is given; None unless the
            status is 200.
    """

    status: HTTPStatus
    reason: str
    head: SeenHead | None = None

    @property
    def body(self) -> bytes:
        """The answer's body where the status is not 200."""
        return f"{self.reason}\n".encode()

    @property
    def content_type(self) -> str:
        """The type of that body."""
        return SIZE_TYPE if self.status is HTTPStatus.CONFLICT else TEXT_TYPE


def decide(request: AddCheckpoint, trusted: TrustedLogs, seen: SeenHead | None) -> Decision:
    """Decide on a request.

    Args:
        request: The request.
        trusted: Which logs are witnessed.
        seen: The head of this log that was cosigned last; None if none was.
    """
    new = request.checkpoint
    keys = trusted.get(new.origin, ())
    if not keys:
        return Decision(HTTPStatus.NOT_FOUND, "this log is not witnessed here")
    if not _is_signed(request.note, keys):
        return Decision(HTTPStatus.FORBIDDEN, "no trusted key of the log signed the checkpoint")
    if request.old_size > new.size:
        return Decision(HTTPStatus.BAD_REQUEST, "the old size is larger than the checkpoint's")
    last = seen or NOTHING_SEEN
    if request.old_size != last.size:
        return Decision(HTTPStatus.CONFLICT, str(last.size))
    if (fault := _fault_in_history(request, new, last)) is not None:
        return Decision(HTTPStatus.UNPROCESSABLE_ENTITY, fault)
    return Decision(HTTPStatus.OK, "consistent", SeenHead(new.size, new.root))


def _is_signed(note: SignedNote, keys: Sequence[VerifierKey]) -> bool:
    """Whether a trusted key signed it, and no line of a trusted key is wrong."""
    known = [key for key in keys if note.lines_of(key.name, key.key_hash)]
    try:
        for key in known:
            note.verify(key)
    except SignatureInvalid:
        return False
    return bool(known)


def _fault_in_history(request: AddCheckpoint, new: Checkpoint, last: SeenHead) -> str | None:
    if new.size == 0 and new.root != EMPTY_ROOT:
        return "an empty log has the root of the empty tree"
    if last.size == 0:
        return "nothing is proven from an empty log" if request.proof else None
    try:
        verify_consistency(last.size, new.size, last.root, new.root, request.proof)
    except ProofInvalid as error:
        return error.detail
    return None


def parse_size(body: bytes) -> int:
    """Read the body of an answer 409: the size that the witness cosigned last.

    Raises:
        MalformedRequest: It says no size.
    """
    try:
        return parse_number(f"size {body.decode('ascii').removesuffix(chr(10))}", "size")
    except (UnicodeDecodeError, MalformedProof) as error:
        raise MalformedRequest("the answer names no size") from error
