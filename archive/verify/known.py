"""Checkpoints known from elsewhere, with the signatures they carry.

Whether the log has such a checkpoint in its past is check 9 of :mod:`hashing.verifier`. Here
it is asked who signed the checkpoint that was brought, with the keys that the verification
ended up with: the pinned one, and those of the log.

* A signature by one of these keys that is wrong is a finding: somebody changed the note, and
  what it says of the log counts for nothing.
* A note that none of these keys signed is held against the log all the same, because whoever
  brings it vouches for it; that its signer is unknown is said among what was not checked.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Self, TypeVar

from archive.receipts.check import check_receipt, is_receipt
from archive.verify.archive import ArchiveVerdict
from archive.verify.witnesses import NamedNote
from hashing.checkpoint import Checkpoint
from hashing.errors import RolledBack, SignatureInvalid
from hashing.findings import Check, Finding, Severity
from hashing.note import SignedNote, VerifierKey
from hashing.tlog_proof import HEADER, TlogProof

_Verdict = TypeVar("_Verdict", bound=ArchiveVerdict)


@dataclass(frozen=True, slots=True)
class KnownCheckpoint:
    """A checkpoint that was kept outside the archive.

    Attributes:
        note: As it was signed.
        checkpoint: What it says.
    """

    note: SignedNote
    checkpoint: Checkpoint

    @classmethod
    def parse(cls, data: bytes) -> Self:
        """Read a signed checkpoint, or the one at the end of a proof or in a receipt.

        Its signatures are not verified. A receipt is held against its own proof.

        Raises:
            IntegrityError: The bytes are none of these, or the receipt does not hold.
        """
        if is_receipt(data):
            note = check_receipt(data).note
        elif data.startswith(f"{HEADER}\n".encode()):
            note = TlogProof.parse(data).note
        else:
            note = SignedNote.parse(data)
        return cls(note, Checkpoint.parse(note.text))

    @property
    def named(self) -> NamedNote:
        """For the check of witnesses."""
        return NamedNote(self.subject, self.note, self.checkpoint)

    @property
    def subject(self) -> str:
        """What findings are about."""
        return f"known checkpoint of size {self.checkpoint.size}"

    def verify(self, keys: Sequence[VerifierKey]) -> Checkpoint:
        """The checkpoint, believed because one of these keys signed it.

        Raises:
            SignatureInvalid: None did, or a signature by one of them is wrong.
        """
        if not self.is_signed_by_one_of(keys):
            raise SignatureInvalid(f"the {self.subject} is not signed by a key of this log")
        for finding in _wrong([self], keys):
            raise SignatureInvalid(finding.detail)
        return self.checkpoint

    def is_signed_by_one_of(self, keys: Sequence[VerifierKey]) -> bool:
        """Whether it carries a signature line of one of these keys, right or wrong."""
        lines = {(line.name, line.key_hash) for line in self.note.signatures}
        return any((key.name, key.key_hash) in lines for key in keys)


def judge_signers(
    verdict: _Verdict, known: Sequence[KnownCheckpoint], pinned: VerifierKey | None
) -> _Verdict:
    """The verdict with what is to be said of the signatures of known checkpoints.

    Args:
        verdict: Of a verification that was given these checkpoints.
        known: The checkpoints.
        pinned: The key that was pinned, if any.
    """
    keys = [key for _, key in verdict.log.keys]
    keys += [pinned] if pinned is not None and pinned not in keys else []
    strangers = [
        f"who signed the {one.subject}: none of the log's keys did"
        for one in known
        if not one.is_signed_by_one_of(keys)
    ]
    wrong = list(_wrong(known, keys))
    changed = {(RolledBack, finding.subject) for finding in wrong}
    believed = (f for f in verdict.findings if (f.kind, f.subject) not in changed)
    findings = (*believed, *wrong)
    return replace(
        verdict,
        findings=tuple(sorted(findings, key=lambda finding: finding.check)),
        not_checked=(*verdict.not_checked, *strangers),
    )


def _wrong(known: Sequence[KnownCheckpoint], keys: Sequence[VerifierKey]) -> Iterator[Finding]:
    for one in known:
        for key in keys:
            if one.is_signed_by_one_of([key]):
                try:
                    one.note.verify(key)
                except SignatureInvalid as error:
                    yield Finding(
                        SignatureInvalid, Check.KNOWN, Severity.ERROR, one.subject, error.detail
                    )
