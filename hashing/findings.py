"""What a verification says: findings as data, and the verdict that holds them.

A finding names the check that made it, an error class that gives its code and its meaning in
both languages, and the place it is about. Rendering is the caller's.
"""

from collections import Counter
from dataclasses import dataclass, field
from enum import IntEnum, StrEnum

from hashing.errors import Bilingual, EvidenceError
from hashing.note import VerifierKey

MAX_FINDINGS_PER_CHECK = 100


class Check(IntEnum):
    """The numbered checks of :mod:`hashing.verifier`, and that of witnesses.

    The numbers between belong to the checks of an archive's objects (:mod:`archive.verify`).
    """

    CHECKPOINT = 1
    SIGNATURE = 2
    BUNDLES = 3
    ENTRIES = 4
    ROOT = 5
    TILES = 6
    KEYS = 7
    TIME = 8
    KNOWN = 9
    BODIES = 10
    TIMESTAMPS = 15
    WITNESSES = 16


class Severity(StrEnum):
    """How much a finding weighs."""

    ERROR = "error"
    """Something does not hold."""
    WARNING = "warning"
    """What was asked holds, and something it rests on was not shown."""
    INFORMATION = "information"
    """Worth knowing; it decides nothing."""


class ClockWentBack(EvidenceError):  # noqa: N818 - named for the event
    """The station's clock went back while it ran."""

    code = "CLOCK_WENT_BACK"
    exit_code = 0
    meaning = Bilingual(
        zh="采集站的时钟曾在运行中回拨；条目的先后次序不受影响，时间需谨慎引用。",
        en="The station's clock was set back while it ran; the order of entries stands, "
        "their times need care.",
    )
    action = Bilingual(
        zh="引用时间时注明时钟状态，并检查时间同步。",
        en="Cite times with the clock's state, and check time synchronisation.",
    )


class LogSucceeds(EvidenceError):  # noqa: N818 - named for the event
    """The log goes on from an earlier one that was lost."""

    code = "LOG_SUCCEEDS"
    exit_code = 0
    meaning = Bilingual(
        zh="此日志接续一份已丢失的日志；更早的历史不在其中。",
        en="This log follows one that was lost; the earlier history is not in it.",
    )
    action = Bilingual(
        zh="保留旧日志的检查点与备份。", en="Keep checkpoints and backups of the earlier log."
    )


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that a verification has to say.

    Attributes:
        kind: The error class, which carries code, exit code, meaning and action.
        check: Number of the check that made it: a :class:`Check`, or a caller's own above those.
        severity: How much it weighs.
        subject: What it is about: ``checkpoint``, ``entry 17`` or a file of the log.
        detail: One English sentence without a full stop.
    """

    kind: type[EvidenceError]
    check: int
    severity: Severity
    subject: str
    detail: str

    @property
    def code(self) -> str:
        """The stable code."""
        return self.kind.code

    @property
    def exit_code(self) -> int:
        """The exit code that the finding asks for; 0 for information."""
        return 0 if self.severity is Severity.INFORMATION else self.kind.exit_code


@dataclass(frozen=True, slots=True)
class LogVerdict:
    """The outcome of a verification.

    Attributes:
        size: Entries under the checkpoint; 0 where it could not be read.
        root: The checkpoint's root; empty where it could not be read.
        origin: The log's name; empty where it could not be read.
        origin_proven: Whether a pinned key shows that this origin signed these entries.
        findings: Everything found, in the order of the checks.
        keys: The log's keys in turn, as (``seq`` of its ``key`` entry, key).
        not_checked: What the verdict says nothing about, as sentences.
    """

    size: int = 0
    root: bytes = b""
    origin: str = ""
    origin_proven: bool = False
    findings: tuple[Finding, ...] = ()
    keys: tuple[tuple[int, VerifierKey], ...] = ()
    not_checked: tuple[str, ...] = ()

    @property
    def ok(self) -> bool:
        """Whether everything that was checked holds."""
        return not any(finding.severity is Severity.ERROR for finding in self.findings)


@dataclass(slots=True)
class FindingList:
    """Collects findings; a check that finds very many keeps the first hundred and a count."""

    _kept: list[Finding] = field(default_factory=list)
    _seen: Counter[tuple[int, type[EvidenceError], Severity]] = field(default_factory=Counter)

    def add(
        self,
        kind: type[EvidenceError],
        check: int,
        subject: str,
        detail: str,
        severity: Severity = Severity.ERROR,
    ) -> None:
        """Add a finding."""
        self._seen[check, kind, severity] += 1
        if self._seen[check, kind, severity] <= MAX_FINDINGS_PER_CHECK:
            self._kept.append(Finding(kind, check, severity, subject, detail))

    def add_error(self, check: int, subject: str, error: EvidenceError) -> None:
        """Add a finding from a raised error."""
        self.add(type(error), check, subject, error.detail)

    def failed(self, *checks: int) -> bool:
        """Whether one of these checks found an error."""
        return any(f.check in checks and f.severity is Severity.ERROR for f in self._kept)

    def finish(self) -> tuple[Finding, ...]:
        """All findings, ordered by check."""
        surplus = [
            Finding(kind, check, severity, "log", f"{hidden} more findings of this kind")
            for (check, kind, severity), count in self._seen.items()
            if (hidden := count - MAX_FINDINGS_PER_CHECK) > 0
        ]
        return tuple(sorted([*self._kept, *surplus], key=lambda finding: finding.check))
