"""Witnesses: the newest checkpoint is handed to them, and their cosignatures are kept and logged.

The order is a contract. The checkpoint with its cosignature is durable in ``log/checkpoints/``
before the ``witness`` entry names it. A cosignature counts only where the configured key made
it; lines of anybody else are not kept.

What a witness answers can end this station: one that knows a longer log than ours, or another
one, has seen a history that we have lost, and to sign on would fork it
(:class:`hashing.errors.RolledBack`). A witness is therefore configured with the same care as a
further store.
"""

import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from http import HTTPStatus
from typing import Final

import structlog

from archive.archive import Archive
from archive.catalog.projection import WITNESS
from archive.log.kept import KeptCheckpoints
from archive.log.reader import LogFiles
from archive.log.writer import STATION_ACTOR
from archive.replication.heads import root_at, signed_by
from hashing.checkpoint import Checkpoint
from hashing.cosignature import Cosignature, CosignerKey, cosignatures, with_lines
from hashing.entry import Act, format_time
from hashing.errors import Bilingual, EvidenceError, RolledBack, SignatureInvalid
from hashing.merkle import NoSuchProof, consistency_proof
from hashing.note import Signature, SignedNote, VerifierKey, parse_signature
from hashing.tiles import node_reader
from hashing.witness import AddCheckpoint, MalformedRequest, parse_size

HTTP: Final = "http"
CARRIED: Final = "carried"
MAX_LINES: Final = 16
_ATTEMPTS: Final = 4
_MICROSECONDS: Final = 1_000_000

_log = structlog.get_logger(__name__)


class WitnessUnavailable(EvidenceError):  # noqa: N818 - named for the state
    """A witness cannot be reached, or gives no cosignature."""

    code = "WITNESS_UNAVAILABLE"
    exit_code = 99
    meaning = Bilingual(
        zh="没有得到见证签名；证据与日志不受影响，采集照常，稍后会再次请求。",
        en="No cosignature was had; evidence and log are not affected, intake goes on, and it is "
        "asked for again.",
    )
    action = Bilingual(
        zh="检查网络、见证方地址，以及对方是否信任本站的验证密钥。",
        en="Check the network, the address, and that the witness trusts this station's key.",
    )


@dataclass(frozen=True, slots=True)
class Answer:
    """What a witness answered.

    Attributes:
        status: The status of HTTP.
        body: The body, cut at a size that no cosignature has.
    """

    status: int
    body: bytes


@dataclass(frozen=True, slots=True)
class Witness:
    """A witness.

    Attributes:
        key: Its verifier key, whose name is the witness's.
        ask: Sends it a request; raises an EvidenceError where there is no answer. None where
            checkpoints are carried to it by hand.
    """

    key: CosignerKey
    ask: Callable[[bytes], Answer] | None = None


@dataclass(frozen=True, slots=True)
class Cosigned:
    """A cosignature that is kept and in the log.

    Attributes:
        witness: Whose.
        size: How many entries it covers.
        time_s: Its time, in seconds since 1970.
        seq: The ``witness`` entry; None where it was logged before.
    """

    witness: str
    size: int
    time_s: int
    seq: int | None


class Witnessing:
    """Has checkpoints of one archive cosigned. Threads may share it.

    Args:
        archive: The archive, opened for writing.
        keys: The keys that sign its log.
    """

    def __init__(self, archive: Archive, keys: Sequence[VerifierKey]) -> None:
        self._archive = archive
        self._files = LogFiles(archive.layout.log)
        self._kept = KeptCheckpoints(archive.layout.log)
        self._keys = keys
        self._one_at_a_time = threading.Lock()

    def request(self, witness: Witness, old_size: int | None = None) -> AddCheckpoint:
        """Ask for a cosignature over the newest checkpoint.

        Args:
            witness: Whom.
            old_size: What it cosigned last; what the log says of it if None.

        Raises:
            NoSuchProof: The log has fewer entries.
        """
        note = SignedNote.parse(self._files.checkpoint())
        size = Checkpoint.parse(note.text).size
        old_size = self.cosigned_size(witness) if old_size is None else old_size
        if old_size > size:
            raise NoSuchProof(f"from {old_size} entries in a log of {size}")
        if old_size == 0:
            return AddCheckpoint(0, (), note)
        hashes = consistency_proof(old_size, size, node_reader(size, self._files.stored_tile))
        return AddCheckpoint(old_size, tuple(hashes), note)

    def cosigned_size(self, witness: Witness) -> int:
        """How many entries a witness has cosigned, as far as the log knows."""
        latest = self._archive.catalog.latest_anchor(witness.key.name, WITNESS)
        return 0 if latest is None else latest.size

    def submit(self, witness: Witness) -> Cosigned:
        """Hand the newest checkpoint to a witness over the network.

        Raises:
            RolledBack: The witness knows a longer log, or another one.
            WitnessUnavailable: It gives no cosignature.
            EvidenceError: It cannot be reached, or the archive fails.
        """
        old_size: int | None = None
        for _ in range(_ATTEMPTS):
            request = self.request(witness, old_size)
            answer = self._ask(witness, request)
            if answer.status == HTTPStatus.OK:
                return self._accept_lines(witness, request.note, answer.body)
            if answer.status != HTTPStatus.CONFLICT:
                raise self._refused(witness, request, answer)
            old_size = self._size_known_to(witness, request, answer.body)
        raise WitnessUnavailable(f"witness {witness.key.name} names another size each time")

    def accept(self, witness: Witness, note: SignedNote, method: str, actor: str) -> Cosigned:
        """Take a cosigned checkpoint, keep it, and log it.

        Args:
            witness: Who cosigned.
            note: The checkpoint, signed by this log, with the cosignature.
            method: ``http`` or ``carried``.
            actor: Who brings it.

        Raises:
            SignatureInvalid: This log did not sign it, or the witness did not cosign it.
            RolledBack: This log signed it, and it is not of our past.
            StorageError: The disk refuses.
        """
        checkpoint = self._require_ours(note)
        made = self._require_cosigned(witness, note)
        ours = {(key.name, key.key_hash) for key in self._keys}
        lines = [line for line in note.signatures if (line.name, line.key_hash) in ours]
        with self._one_at_a_time:
            self._kept.keep(SignedNote(note.text, (*lines, made.line)))
            if self.cosigned_size(witness) >= checkpoint.size:
                return Cosigned(witness.key.name, checkpoint.size, made.time_s, None)
            return self._log(witness, checkpoint, made, method, actor)

    def _ask(self, witness: Witness, request: AddCheckpoint) -> Answer:
        if witness.ask is None:
            raise WitnessUnavailable(f"witness {witness.key.name} has no address")
        return witness.ask(request.encode())

    def _size_known_to(self, witness: Witness, request: AddCheckpoint, body: bytes) -> int:
        try:
            size = parse_size(body)
        except MalformedRequest as error:
            raise WitnessUnavailable(f"witness {witness.key.name}: {error.detail}") from error
        if size > self._archive.log.size:
            raise RolledBack(
                f"witness {witness.key.name} knows a longer log: {size} entries there, "
                f"{request.checkpoint.size} here"
            )
        return size

    def _refused(
        self, witness: Witness, request: AddCheckpoint, answer: Answer
    ) -> RolledBack | WitnessUnavailable:
        """What a refusal means. The proof is right, so 422 means that the roots differ."""
        name = witness.key.name
        if answer.status == HTTPStatus.UNPROCESSABLE_ENTITY:
            return RolledBack(
                f"witness {name} knows another log: what it cosigned at {request.old_size} entries "
                f"is not the beginning of our {request.checkpoint.size}"
            )
        reason = answer.body[:200].decode("utf-8", "replace").strip()
        return WitnessUnavailable(f"witness {name} answers {answer.status}: {reason!r}")

    def _accept_lines(self, witness: Witness, note: SignedNote, body: bytes) -> Cosigned:
        try:
            lines = _signature_lines(body)
        except EvidenceError as error:
            raise WitnessUnavailable(f"witness {witness.key.name}: {error.detail}") from error
        cosigned = with_lines(note, lines)
        return self.accept(witness, cosigned, HTTP, STATION_ACTOR)

    def _require_ours(self, note: SignedNote) -> Checkpoint:
        checkpoint = signed_by(self._keys)(note.encode())
        size = self._archive.log.size
        if checkpoint.size > size:
            raise RolledBack(f"this log signed {checkpoint.size} entries and has only {size}")
        log = LogFiles(self._archive.layout.log)
        if root_at(log, checkpoint.size) != checkpoint.root:
            raise RolledBack(f"this log signed another root at {checkpoint.size} entries")
        return checkpoint

    def _require_cosigned(self, witness: Witness, note: SignedNote) -> Cosignature:
        made = [each for each in cosignatures(note, [witness.key]) if each.time_s]
        if not made:
            raise SignatureInvalid(f"it carries no timed cosignature by {witness.key.label}")
        return made[0]

    def _log(
        self,
        witness: Witness,
        checkpoint: Checkpoint,
        made: Cosignature,
        method: str,
        actor: str,
    ) -> Cosigned:
        body = {
            "size": checkpoint.size,
            "root": checkpoint.root.hex(),
            "witness": witness.key.name,
            "vkey": str(witness.key),
            "method": method,
            "cosigned_time": format_time(made.time_s * _MICROSECONDS),
        }
        entry = self._archive.log.append(Act.WITNESS, body, actor)
        _log.info("cosigned", witness=witness.key.name, size=checkpoint.size, seq=entry.seq)
        return Cosigned(witness.key.name, checkpoint.size, made.time_s, entry.seq)


def _signature_lines(body: bytes) -> list[Signature]:
    """The signature lines that a witness answers with."""
    try:
        text = body.decode("utf-8")
    except UnicodeDecodeError as error:
        raise MalformedRequest("the answer is not text") from error
    lines = text.removesuffix("\n").split("\n")
    if not text.endswith("\n") or len(lines) > MAX_LINES:
        raise MalformedRequest("the answer is not a few signature lines")
    return [parse_signature(line) for line in lines]
