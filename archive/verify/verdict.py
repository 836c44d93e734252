"""What the verification of a package says: an archive's verdict, and which checks were made."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Self

from archive.verify.archive import ArchiveVerdict
from hashing.findings import Finding, FindingList, LogVerdict


@dataclass(frozen=True, slots=True)
class PackageVerdict(ArchiveVerdict):
    """The outcome for an evidence package or an audit pack.

    Attributes:
        made: The checks that were made, whatever they found; of an audit pack only those that
            are not an archive's.
        kind: ``evidence_package`` or ``audit_pack``; empty where that could not be read.
    """

    made: frozenset[int] = frozenset()
    kind: str = ""

    @classmethod
    def of(
        cls,
        log: LogVerdict,
        findings: FindingList,
        *,
        made: Collection[int],
        kind: str = "",
        objects: int = 0,
        size_bytes: int = 0,
        others: Sequence[Finding] = (),
    ) -> Self:
        """A verdict over findings, in the order of the checks."""
        every = sorted((*others, *findings.finish()), key=lambda finding: finding.check)
        return cls(
            log=log,
            findings=tuple(every),
            objects=objects,
            size_bytes=size_bytes,
            not_checked=log.not_checked,
            made=frozenset(made),
            kind=kind,
        )
