"""The checkpoint of an evidence package: that it is one (check 1), and by whom (check 2).

The key is that of the last ``key`` entry in the package. That no rotation was left out is shown
by this signature alone.
"""

from typing import Final

from archive.verify.archive import Question
from archive.verify.bag import CHECK_BAG
from archive.verify.findings import BagMismatch
from archive.verify.package_files import PackageFiles
from archive.verify.package_index import INDEX, PackageIndex
from archive.verify.witnesses import NamedNote
from hashing.errors import (
    EvidenceError,
    LogInconsistent,
    MissingFile,
    OriginNotProven,
    SignatureInvalid,
)
from hashing.findings import Check, FindingList, Severity
from hashing.keyring import Keyring
from hashing.note import VerifierKey

CHECKPOINT: Final = "proof/checkpoint"


def open_checkpoint(
    files: PackageFiles, index: PackageIndex, findings: FindingList
) -> NamedNote | None:
    """Check 1, and that the index speaks of this checkpoint; None where it cannot be read."""
    try:
        head = files.checkpoint(CHECKPOINT)
    except EvidenceError as error:
        kind = MissingFile if isinstance(error, MissingFile) else LogInconsistent
        findings.add(kind, Check.CHECKPOINT, CHECKPOINT, error.detail)
        return None
    said = index.fields
    if (said["origin"], said["size"]) != (head.checkpoint.origin, head.checkpoint.size):
        detail = f"speaks of {said['size']} entries of {said['origin']}, not of the checkpoint"
        findings.add(BagMismatch, CHECK_BAG, INDEX, detail)
    return head


def signing_key(keyring: Keyring, question: Question, size: int) -> VerifierKey | None:
    """The key that is to have signed a checkpoint of this size, if anything names one."""
    return keyring.valid_at(size) or question.key


def check_signature(
    head: NamedNote, keyring: Keyring, question: Question, findings: FindingList
) -> None:
    """Check 2.

    Args:
        head: The checkpoint.
        keyring: The keys that the entries in the package name.
        question: Which keys are believed.
        findings: Where findings go.
    """
    first = keyring.first
    if question.key is not None and first is not None and first != question.key:
        _unsigned(findings, f"the log begins with key {first}, not with {question.key}")
    key = signing_key(keyring, question, head.checkpoint.size)
    if key is None:
        _unsigned(findings, "nothing to check the signature by: entry 0 gives no key")
        return
    _check_signed(head, key, findings)
    _check_accepted(key, first, question, findings)


def _check_signed(head: NamedNote, key: VerifierKey, findings: FindingList) -> None:
    if head.checkpoint.origin != key.name:
        detail = f"it is of origin {head.checkpoint.origin!r}, the key of {key.name!r}"
        _unsigned(findings, detail)
    try:
        head.note.verify(key)
    except SignatureInvalid as error:
        _unsigned(findings, error.detail)


def _check_accepted(
    key: VerifierKey, first: VerifierKey | None, question: Question, findings: FindingList
) -> None:
    """Whether anybody but the package says that the key is a station's."""
    accepted = question.accepted
    if accepted is not None and first not in accepted and key not in accepted:
        _unsigned(findings, f"the policy accepts no key of this log, which is {key}")
    if question.key is None and accepted is None:
        detail = f"no key was pinned; the log itself names {first or key}"
        kind, severity = OriginNotProven, Severity.WARNING
        findings.add(kind, Check.SIGNATURE, CHECKPOINT, detail, severity)


def _unsigned(findings: FindingList, detail: str) -> None:
    findings.add(SignatureInvalid, Check.SIGNATURE, CHECKPOINT, detail)
