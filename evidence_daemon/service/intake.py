"""Taking folders and cards in, and telling how far it is.

Each path is a docked recorder; all of them are served side by side. What happens is told as a
stream of JSON records, closed by the balance over all of them.
"""

import os
import queue
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import Future
from dataclasses import dataclass, field
from typing import Any

from archive.ingest.arrival import Outcome
from drivers.folder import FolderRecorder
from evidence_daemon.errors import UsageError
from evidence_daemon.service.manifest import Vouched, read_manifest
from evidence_daemon.service.vouching import Vouching
from evidence_daemon.station.board import SlotView
from evidence_daemon.station.docking import DockingOrder, Ended
from evidence_daemon.station.station import Station
from hashing.digest import sha256_of
from hashing.errors import Bilingual, EvidenceError
from hashing.paths import path_fields

UPDATE_INTERVAL_S = 0.1
WAIT_S = 0.05


class IntakeIncomplete(EvidenceError):  # noqa: N818 - named for the state
    """Some of what was found could not be archived."""

    code = "INTAKE_INCOMPLETE"
    exit_code = 103
    meaning = Bilingual(
        zh="未归档的文件仍在记录仪上；其余文件已归档。",
        en="What is not archived is still on the recorder; everything else is archived.",
    )
    action = Bilingual(
        zh="不要清除该记录仪；查看失败原因后再次插入。",
        en="Do not erase the recorder; read the reasons and dock it again.",
    )


@dataclass(frozen=True, slots=True)
class IntakeRequest:
    """What is to be taken in.

    Attributes:
        paths: Folders or mounted cards, each as a docked recorder.
        recorder: The recorder's identity if a person names it; for one path only.
        officer: The officer if a person names one.
        provenance: Body of an ``import`` entry, for legacy footage.
        manifest: Bytes of the manifest that came with legacy footage.

    Raises:
        UsageError: What belongs to one recorder is given for several.
    """

    paths: Sequence[str]
    recorder: str | None = None
    officer: str | None = None
    provenance: Mapping[str, object] | None = None
    manifest: bytes | None = None

    def __post_init__(self) -> None:
        belongs_to_one = self.recorder is not None or self.manifest is not None
        if belongs_to_one and len(self.paths) > 1:
            raise UsageError("a recorder or a manifest can be named for one path only")

    def vouched(self) -> list[Vouched]:
        """What the manifest says; nothing without one.

        Raises:
            ManifestMalformed: It cannot be read.
        """
        if self.manifest is None:
            return []
        path = self.paths[0]
        return read_manifest(self.manifest, [path, os.path.realpath(path)])

    def import_body(self) -> dict[str, object] | None:
        """The body of the ``import`` entry, but for its docking; None for an ordinary intake."""
        if self.provenance is None:
            return None
        body = dict(self.provenance)
        if self.manifest is not None:
            body["manifest_sha256"] = sha256_of(self.manifest).hex
        return body


@dataclass(slots=True)
class _Watch:
    """Passes on a slot's changes, not more often than people can see."""

    changes: "queue.SimpleQueue[SlotView]"
    last: dict[str, tuple[float, str]] = field(default_factory=dict)

    def __call__(self, view: SlotView) -> None:
        now, status = time.monotonic(), str(view.status)
        told_s, told_status = self.last.get(view.slot, (0.0, ""))
        if status != told_status or now - told_s >= UPDATE_INTERVAL_S:
            self.last[view.slot] = (now, status)
            self.changes.put(view)


class _Account:
    """The balance over all dockings of a request, and what went wrong in them."""

    def __init__(self) -> None:
        self.total = dict.fromkeys(("found", "new", "known", "failed", "skipped"), 0)
        self._errors: list[EvidenceError] = []

    def add(self, ended: Ended) -> None:
        """Count a docking."""
        for key, value in ended.balance.summary().items():
            self.total[key] += value
        self.object(ended.error)

    def object(self, error: EvidenceError | None) -> None:
        """Remember what went wrong, if anything did."""
        if error is not None:
            self._errors.append(error)

    def conclude(self) -> None:
        """Raise the first thing that went wrong, or say that files were left behind."""
        if self._errors:
            raise self._errors[0]
        failed, found = self.total["failed"], self.total["found"]
        if failed:
            raise IntakeIncomplete(f"{failed} of {found} files are not archived")


class Intake:
    """Runs requests on a station.

    Args:
        station: The station.
        timezone: IANA zone in which recorders' digits are read.
        before_docking: Called once per request, when it is certain that something is docked.
    """

    def __init__(
        self,
        station: Station,
        timezone: str,
        before_docking: Callable[[], None] = lambda: None,
    ) -> None:
        self._before_docking = before_docking
        self._station = station
        self._archive = station.archive
        self._timezone = timezone

    def run(self, request: IntakeRequest, actor: str) -> Iterator[dict[str, Any]]:
        """Take everything in.

        Yields:
            ``slot`` records while it goes on, per docking its ``file`` records and one
            ``docking`` record, and a ``summary`` at the end.

        Raises:
            NotARecorder: A path cannot be read; nothing was begun.
            ManifestMalformed: The manifest cannot be read; nothing was begun.
            ManifestMismatch: A file is not what the manifest says; an alarm was logged.
            ManifestIncomplete: A file of the manifest is missing; an alarm was logged.
            RecorderError: A recorder went away or refused; what was taken is safe.
            StorageError: The archive's disk refused.
            IntakeIncomplete: Some files could not be archived.
        """
        vouching = Vouching(self._archive, request.vouched(), actor)
        changes: queue.SimpleQueue[SlotView] = queue.SimpleQueue()
        pending = self._start(request, actor, _Watch(changes))
        account = _Account()
        while pending:
            yield from _drained(changes)
            done = [future for future in pending if future.done()]
            pending = [future for future in pending if future not in done]
            for future in done:
                try:
                    ended = future.result()
                except EvidenceError as error:  # the others go on, and are told of
                    account.object(error)
                else:
                    yield from _closed(ended, vouching, account)
        yield from _drained(changes, wait_s=0)
        yield {"type": "summary", **account.total}
        account.conclude()

    def _start(self, request: IntakeRequest, actor: str, watch: _Watch) -> "list[Future[Ended]]":
        recorders = [FolderRecorder(os.path.realpath(path)) for path in request.paths]
        order = DockingOrder(
            slot=None,
            actor=actor,
            timezone=self._timezone,
            recorder=request.recorder,
            officer=request.officer,
            provenance=request.import_body(),
        )
        try:
            self._before_docking()
        except BaseException:
            for recorder in recorders:
                recorder.close()
            raise
        return [self._station.dock(recorder, order, watch) for recorder in recorders]


def _closed(ended: Ended, vouching: Vouching, account: _Account) -> Iterator[dict[str, Any]]:
    """The end of a docking: what became of each file, and what the manifest says to it."""
    yield from _told(ended)
    account.add(ended)
    if not ended.interrupted:
        account.object((yield from vouching.compare(ended)))


def _drained(
    changes: "queue.SimpleQueue[SlotView]", wait_s: float = WAIT_S
) -> Iterator[dict[str, Any]]:
    """The changes that are there, after waiting a little for the first."""
    try:
        yield {"type": "slot", **changes.get(timeout=wait_s or None, block=bool(wait_s)).as_json()}
        while True:
            yield {"type": "slot", **changes.get_nowait().as_json()}
    except queue.Empty:
        return


def _told(ended: Ended) -> Iterator[dict[str, Any]]:
    for outcome in ended.balance.outcomes:
        yield _file(ended, outcome)
    for node in ended.balance.listing.unreadable:
        body = {"result": "failed", "reason": "unreadable", "detail": node.detail}
        yield {"type": "file", "recorder": ended.recorder, **path_fields(node.path), **body}
    for skipped in ended.balance.listing.skipped:
        body = {"result": "skipped", "reason": skipped.reason.value}
        yield {"type": "file", "recorder": ended.recorder, **path_fields(skipped.path), **body}
    yield {
        "type": "docking",
        "docking": ended.docking,
        "recorder": ended.recorder,
        "bytes": ended.balance.size_bytes,
        "interrupted": ended.interrupted,
        "error": ended.error.code if ended.error else None,
        **ended.balance.summary(),
    }


def _file(ended: Ended, outcome: Outcome) -> dict[str, Any]:
    record: dict[str, Any] = {
        "type": "file",
        "recorder": ended.recorder,
        **path_fields(outcome.arrival.path),
        "result": outcome.result.value,
        "recording": outcome.recording,
        "size_bytes": outcome.size_bytes,
    }
    if outcome.reason:
        record |= {"reason": outcome.reason, "detail": outcome.detail}
    return record
