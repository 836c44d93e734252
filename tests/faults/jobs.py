"""What a child process does while something goes wrong, and how it tells the outcome."""

import json
import traceback
from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from drivers.folder import FolderRecorder
from hashing.errors import EvidenceError
from hashing.note import VerifierKey
from tests.archives import Site, dock
from tests.faults.calls import Fault, Turnstile
from tests.faults.power import PowerCut


@dataclass(slots=True)
class Report:
    """What a child has to say, unless it was killed.

    Attributes:
        calls: The calls it made, for people.
        errors: Codes of the typed errors that came out.
        foreign: A traceback of anything else that came out.
        synced_again: Descriptors that were synced after a sync of them had failed.
    """

    calls: list[str] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)
    foreign: str = ""
    synced_again: list[str] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Job:
    """One child's work.

    Attributes:
        site: The folder of an archive and its keys.
        card: A folder to dock; empty to open and close the archive only.
        report: Where the report goes.
        fault: What goes wrong.
        dockings: How often the card is docked.
        remains: Where what a power cut would leave of the archive is made before the child is
            killed; empty for nowhere.
        seed: Of a random power cut; None for the strict one.
        gate: A named pipe; the child waits until somebody opens it. Empty for none.
    """

    site: str
    card: str
    report: str
    fault: Fault = field(default_factory=Fault)
    dockings: int = 2
    remains: str = ""
    seed: int | None = None
    gate: str = ""

    def as_json(self) -> str:
        """One line."""
        return json.dumps(asdict(self))

    @classmethod
    def from_json(cls, line: str) -> "Job":
        """Back from a line."""
        fields = json.loads(line)
        fault = fields.pop("fault")
        return cls(**fields, fault=Fault(**fault))


def perform(job: Job) -> None:
    """Do the work with the fault in place, and write the report."""
    if job.gate:
        Path(job.gate).read_bytes()
    turnstile = Turnstile(job.fault)
    if job.remains:
        model = PowerCut(Path(job.site, "archive"))
        turnstile.watch = model.watch
        turnstile.last_words = lambda: model.leave(Path(job.remains), job.seed)
    turnstile.install()
    report = Report()
    _trying(report, lambda: _take_in(job, report))
    report.calls, report.synced_again = turnstile.made, turnstile.synced_again
    turnstile.fault = Fault()
    Path(job.report).write_text(json.dumps(asdict(report)), "utf-8")


def _take_in(job: Job, report: Report) -> None:
    """Open the archive, dock the card as often as asked, whatever comes of it, and close."""
    site = Site(Path(job.site), VerifierKey("unused", 0, bytes(32)))
    with site.open() as archive:
        for _ in range(job.dockings if job.card else 0):
            _trying(report, lambda: _dock(report, archive, job.card))


def _dock(report: Report, archive: Any, card: str) -> None:
    ended = dock(archive, FolderRecorder(card))
    if ended.error is not None:
        report.errors.append(ended.error.code)


def _trying(report: Report, work: Callable[[], None]) -> None:
    try:
        work()
    except EvidenceError as error:
        report.errors.append(error.code)
    except Exception:
        report.foreign += traceback.format_exc()
