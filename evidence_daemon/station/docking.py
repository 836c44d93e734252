"""One docking, from the recorder's arrival to its release: steps 1 to 8 and 11 of the life of
a recording.

A docking runs in a worker of its own and never waits for a person. Whatever goes wrong, it ends
with a balance in the log (``undock``) and a state on its slot.
"""  # noqa: D205 - the summary is one sentence

import os
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from zoneinfo import ZoneInfo

import structlog

from archive.archive import Archive
from archive.errors import DiskFull
from archive.ingest.arrival import Arrival, Docking, Outcome, Result, SourceVanished
from archive.ingest.policy import groups
from archive.log.writer import Draft
from drivers.errors import NotARecorder, RecorderError, RecorderVanished
from drivers.grammar import NameGrammars
from drivers.identity import Identification, identify
from drivers.order import plan
from drivers.recorder import HasClock, Listing, ParsedName, Recorder
from evidence_daemon.station.balance import Balance
from evidence_daemon.station.board import SlotDisplay
from evidence_daemon.station.inventory import inventory_drafts
from evidence_daemon.station.source import opener
from evidence_daemon.status import AttentionReason, SlotStatus, Status
from hashing.entry import Act
from hashing.errors import EvidenceError

_log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class DockingOrder:
    """What is known of a docking beforehand.

    Attributes:
        slot: The slot's name, or None for a folder named on the command line.
        actor: Who causes the entries.
        timezone: IANA zone in which the recorder's digits are read.
        recorder: The recorder's identity if a person names it.
        officer: The officer if a person names one.
        provenance: The body of an ``import`` entry, for legacy footage.
    """

    slot: str | None
    actor: str
    timezone: str
    recorder: str | None = None
    officer: str | None = None
    provenance: dict[str, object] | None = None


@dataclass(frozen=True, slots=True)
class Ended:
    """How a docking ended.

    Attributes:
        docking: Its id.
        recorder: The recorder's identity.
        balance: What became of everything found.
        interrupted: Whether it ended before every file was seen to.
        error: What ended it early, if anything did.
        recognised: Files that are known by metadata and were not read whole.
    """

    docking: str
    recorder: str
    balance: Balance
    interrupted: bool
    error: EvidenceError | None
    recognised: tuple[Arrival, ...] = ()


class DockingRun:
    """Takes one docked recorder in. Used once, in one thread.

    Args:
        archive: Where everything goes.
        recorder: The docked recorder; the caller closes it.
        order: What is known beforehand.
        grammars: How file names are read.
        display: The slot's view.
        may_copy: Asked between files; False ends the docking with what is safe.
    """

    def __init__(
        self,
        archive: Archive,
        recorder: Recorder,
        order: DockingOrder,
        grammars: NameGrammars,
        display: SlotDisplay,
        may_copy: Callable[[], bool] = lambda: True,
    ) -> None:
        self._archive = archive
        self._recorder = recorder
        self._order = order
        self._grammars = grammars
        self._display = display
        self._may_copy = may_copy
        self._docking = os.urandom(16).hex()
        self._identity = ""
        self._error: EvidenceError | None = None
        self._recognised: tuple[Arrival, ...] = ()

    def run(self) -> Ended:
        """Take everything in.

        Raises:
            EvidenceError: Not even the end of the docking could be logged; it says what ended it.
        """
        self._dock()
        listing = self._listing()
        balance = Balance(listing)
        try:
            self._identify(listing)
            self._archive.log.submit(
                inventory_drafts(self._docking, listing, self._order.actor)
            ).result()
            self._take(balance)
        except EvidenceError as error:
            self._error = error
            _log.warning("docking_ended_early", docking=self._docking, error=error.detail)
        try:
            return self._end(balance)
        except EvidenceError as error:
            raise self._error or error from error

    def _dock(self) -> None:
        self._display.show(
            SlotStatus(Status.IDENTIFYING), docking=self._docking, source=self._recorder.source
        )
        body: dict[str, object] = {
            "docking": self._docking,
            "slot": self._order.slot,
            "driver": self._recorder.driver,
            "source": self._recorder.source,
            "timezone": self._order.timezone,
        }
        drafts = [Draft(Act.DOCK, body, self._order.actor)]
        if self._order.provenance is not None:
            provenance = {"docking": self._docking, **self._order.provenance}
            drafts.append(Draft(Act.IMPORT, provenance, self._order.actor))
        self._archive.log.submit(drafts).result()

    def _listing(self) -> Listing:
        try:
            return self._recorder.list_files()
        except RecorderError as error:
            self._error = error
            return Listing(())

    def _identify(self, listing: Listing) -> None:
        names = [name for file in listing.files if (name := self._grammars.parse(file.path))]
        found = identify(self._recorder.evidence(), names, self._order.recorder)
        self._identity = found.recorder
        officer, source = self._officer(found)
        body: dict[str, object] = {
            "docking": self._docking,
            "recorder": found.recorder,
            "basis": found.basis,
            "evidence": [
                {"kind": e.kind, "value": e.value, "weight": e.weight} for e in found.evidence
            ],
            "officer": officer,
            "officer_source": source,
        }
        drafts = [Draft(Act.IDENTIFY, body, self._order.actor)]
        if found.unprovisioned:
            alarm = {
                "alarm": "unprovisioned",
                "subject": found.recorder,
                "detail": "the recorder's identity is a factory default or absent",
            }
            drafts.append(Draft(Act.ALARM, alarm, self._order.actor))
        if isinstance(self._recorder, HasClock):
            drafts.append(self._clock_draft(self._recorder))
        self._archive.log.submit(drafts).result()
        self._display.show(recorder=found.recorder, officer=officer)

    def _officer(self, found: Identification) -> tuple[str | None, str]:
        if self._order.officer is not None:
            return self._order.officer, "option"
        return (found.officer_no, "device") if found.officer_no else (None, "none")

    def _clock_draft(self, recorder: HasClock) -> Draft:
        reading = recorder.read_clock()
        station_local = reading.station_utc.astimezone(ZoneInfo(self._order.timezone))
        offset = reading.device_local - station_local.replace(tzinfo=None)
        body = {
            "docking": self._docking,
            "device_local": reading.device_local.isoformat(timespec="seconds"),
            "offset_ms": round(offset.total_seconds() * 1000),
            "uncertainty_ms": round(reading.uncertainty.total_seconds() * 1000),
            "method": reading.method,
        }
        return Draft(Act.CLOCK_READ, body, self._order.actor)

    def _take(self, balance: Balance) -> None:
        """New names in the order of the plan, then what looks known; the latter never delays
        the former.
        """  # noqa: D205 - one sentence
        docking = Docking(self._docking, self._identity, self._order.actor)
        arrivals = self._arrivals(balance.listing)
        self._display.show(
            SlotStatus(Status.COPYING),
            files_total=len(arrivals),
            bytes_total=sum(arrival.size_bytes for arrival in arrivals),
            skipped=len(balance.listing.skipped),
            started_s=time.monotonic(),
        )
        fresh, candidates = self._archive.recogniser.divide(docking, arrivals)
        self._copy(docking, balance, fresh)
        if not self._may_copy():
            return
        fresh, known = self._archive.recogniser.confirm(docking, candidates)
        self._count(balance, known)
        self._recognised = tuple(outcome.arrival for outcome in known)
        self._display.advance(sum(outcome.size_bytes for outcome in known))
        self._copy(docking, balance, fresh)

    def _copy(self, docking: Docking, balance: Balance, fresh: list[Arrival]) -> None:
        for group in groups(fresh):
            if not self._may_copy():
                return
            taken = self._archive.engine.ingest(docking, group, self._display.advance)
            self._count(balance, taken.outcomes)
            if taken.vanished:
                raise RecorderVanished(f"{self._recorder.source} went away while it was read")

    def _arrivals(self, listing: Listing) -> list[Arrival]:
        parsed = {file.path: self._grammars.parse(file.path) for file in listing.files}
        return [
            Arrival(
                path=file.path,
                size_bytes=file.size_bytes,
                mtime_us=file.mtime_us,
                mtime_zone=file.mtime_zone.value,
                name=name.as_body() if (name := parsed[file.path]) else None,
                officer=self._officer_of(name),
                open=opener(self._recorder, file),
            )
            for file in plan(listing.files, parsed, lambda _: False)
        ]

    def _officer_of(self, name: ParsedName | None) -> str | None:
        """Whose footage a file is: the person named at the dock, else the file's own claim."""
        if self._order.officer is not None:
            return self._order.officer
        return name.officer_no if name and name.officer_no else self._display.view.officer

    def _count(self, balance: Balance, outcomes: list[Outcome]) -> None:
        balance.add(outcomes)
        ended = Counter(outcome.result for outcome in balance.outcomes)
        self._display.show(
            files_done=len(balance.outcomes),
            new=ended[Result.NEW],
            known=ended[Result.KNOWN],
            failed=ended[Result.FAILED],
        )

    def _end(self, balance: Balance) -> Ended:
        interrupted = self._error is not None or len(balance.outcomes) < len(balance.listing.files)
        body = {
            "docking": self._docking,
            "recorder": self._identity or "unidentified",
            **balance.as_body(),
            "interrupted": interrupted,
        }
        if interrupted:
            body["state"] = "removable_incomplete"
        self._archive.log.append(Act.UNDOCK, body, self._order.actor)
        self._issue_receipt()
        detail = self._error.detail if self._error else ""
        self._display.show(self._final_status(balance, interrupted=interrupted), detail=detail)
        parts = (self._docking, self._identity, balance, interrupted, self._error)
        return Ended(*parts, self._recognised)

    def _issue_receipt(self) -> None:
        """A docking has ended well or badly by now; without a receipt it has none the less."""
        try:
            self._archive.receipts.issue(self._docking, self._archive.log, self._order.actor)
        except EvidenceError as error:
            _log.error("no_receipt", docking=self._docking, error=error.detail)

    def _final_status(self, balance: Balance, *, interrupted: bool) -> SlotStatus:
        if self._error is not None:
            return SlotStatus(Status.ATTENTION, attention_reason(self._error))
        if interrupted:
            return SlotStatus(Status.REMOVABLE_INCOMPLETE)
        if not balance.complete():
            return SlotStatus(Status.ATTENTION, AttentionReason.FILES_FAILED)
        return SlotStatus(Status.SAFE_TO_REMOVE)


def attention_reason(error: EvidenceError) -> AttentionReason:
    """Which of the slot's reasons an error is."""
    reasons: list[tuple[type[EvidenceError], AttentionReason]] = [
        (DiskFull, AttentionReason.ARCHIVE_FULL),
        (RecorderVanished, AttentionReason.RECORDER_VANISHED),
        (SourceVanished, AttentionReason.RECORDER_VANISHED),
        (NotARecorder, AttentionReason.NOT_A_RECORDER),
        (RecorderError, AttentionReason.RECORDER_UNREADABLE),
    ]
    for kind, reason in reasons:
        if isinstance(error, kind):
            return reason
    return AttentionReason.ARCHIVE_FAILED
