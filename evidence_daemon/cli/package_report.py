"""The report on an evidence package or an audit pack: the same numbered checks."""

from dataclasses import dataclass

from archive.verify.archive import Question
from archive.verify.package_entries import CHECK_INCLUSION
from archive.verify.package_index import AUDIT
from archive.verify.verdict import PackageVerdict
from evidence_daemon.cli.verdict import Report


@dataclass(frozen=True, slots=True)
class PackageReport(Report):
    """A verdict on a package, and what was asked for it.

    An audit pack holds a log and objects, and its checks were made as an archive's are.
    """

    verdict: PackageVerdict

    @classmethod
    def of(cls, verdict: PackageVerdict, question: Question) -> "PackageReport":
        """The report of a verdict."""
        return cls(verdict, question, has_catalog=False)

    def _was_made(self, check: int) -> bool:
        if self.verdict.kind != AUDIT or check == CHECK_INCLUSION:
            return check in self.verdict.made
        return check in self.verdict.made or Report._was_made(self, check)  # noqa: SLF001 - ours
