"""Taking folders and cards in, and telling how far it is.

Each path is a docked recorder; all of them are served side by side. What happens is told as a
stream of JSON records, closed by the balance over all of them.
"""

import os
import queue
import time
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import Future
from dataclasses import dataclass, field
from typing import Any

from archive.ingest.arrival import Outcome
from drivers.folder import FolderRecorder
from evidence_daemon.station.board import SlotView
from evidence_daemon.station.docking import DockingOrder, Ended
from evidence_daemon.station.station import Station
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
    """

    paths: Sequence[str]
    recorder: str | None = None
    officer: str | None = None
    provenance: Mapping[str, object] | None = None


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


class Intake:
    """Runs requests on a station.

    Args:
        station: The station.
        timezone: IANA zone in which recorders' digits are read.
    """

    def __init__(self, station: Station, timezone: str) -> None:
        self._station = station
        self._timezone = timezone

    def run(self, request: IntakeRequest, actor: str) -> Iterator[dict[str, Any]]:
        """Take everything in.

        Yields:
            ``slot`` records while it goes on, per docking its ``file`` records and one
            ``docking`` record, and a ``summary`` at the end.

        Raises:
            NotARecorder: A path cannot be read; nothing was begun.
            RecorderError: A recorder went away or refused; what was taken is safe.
            StorageError: The archive's disk refused.
            IntakeIncomplete: Some files could not be archived.
        """
        changes: queue.SimpleQueue[SlotView] = queue.SimpleQueue()
        pending = self._start(request, actor, _Watch(changes))
        total = dict.fromkeys(("found", "new", "known", "failed", "skipped"), 0)
        errors: list[EvidenceError] = []
        while pending:
            yield from _drained(changes)
            done = [future for future in pending if future.done()]
            pending = [future for future in pending if future not in done]
            for future in done:
                ended = future.result()
                yield from _told(ended)
                errors += [ended.error] if ended.error else []
                for key, value in ended.balance.summary().items():
                    total[key] += value
        yield from _drained(changes, wait_s=0)
        yield {"type": "summary", **total}
        if errors:
            raise errors[0]
        if total["failed"]:
            raise IntakeIncomplete(f"{total['failed']} of {total['found']} files are not archived")

    def _start(self, request: IntakeRequest, actor: str, watch: _Watch) -> "list[Future[Ended]]":
        recorders = [FolderRecorder(os.path.realpath(path)) for path in request.paths]
        order = DockingOrder(
            slot=None,
            actor=actor,
            timezone=self._timezone,
            recorder=request.recorder,
            officer=request.officer,
            provenance=dict(request.provenance) if request.provenance else None,
        )
        return [
            self._station.dock(recorder, order, recorder.source, watch) for recorder in recorders
        ]


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
