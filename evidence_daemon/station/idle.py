"""Idle time: recorders that stay docked are read whole where only metadata vouches for a file.

One file of one recorder at a time, in a thread of its own, and only while no docking is under
way: a new one waits for a buffer's reading at most. The slot has shown that the recorder may be
taken, and it may: one that goes away meanwhile is no error and leaves no entry. What is due, and
what it means, is :mod:`archive.ingest.reread`.

A file that turns out to hold other bytes than it was taken for is not archived yet: its slot
shows ``copying`` while it is taken in, in the docking it was met in.
"""

import threading
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field

import structlog

from archive.archive import Archive
from archive.clock import now_us
from archive.ingest.arrival import Arrival, Docking, Result, SourceVanished
from archive.ingest.reread import Reread, Rereader
from drivers.recorder import Recorder
from evidence_daemon.station.board import SlotDisplay
from evidence_daemon.station.docking import attention_reason
from evidence_daemon.status import AttentionReason, SlotStatus, Status
from hashing.errors import EvidenceError

DAY_US = 24 * 3600 * 1_000_000

_log = structlog.get_logger(__name__)


@dataclass(slots=True)
class Kept:
    """A recorder that stays docked after its docking has ended.

    Attributes:
        docking: The docking that has ended.
        recorder: The recorder; closed once nothing more is read of it.
        arrivals: Its files that were recognised by metadata.
        display: Its slot's view.
        turn: Held by whoever takes files in from this slot.
        left: Whether it has left, or is docked anew.
        superseded: Whether it is docked anew, so that the slot's view is another's.
    """

    docking: Docking
    recorder: Recorder
    arrivals: tuple[Arrival, ...]
    display: SlotDisplay
    turn: threading.Lock
    left: bool = field(default=False)
    superseded: bool = field(default=False)

    def show(self, status: SlotStatus, detail: str = "") -> None:
        """Change what the slot shows, unless it shows something else by now."""
        if not self.superseded:
            self.display.show(status, detail=detail)


class IdleReading:
    """Reads kept recorders, one after another.

    Args:
        archive: The archive, opened for writing.
        reread_days: After how many days a file is read whole again; 0 for never.
        clock: The time in microseconds since 1970.
    """

    def __init__(
        self, archive: Archive, reread_days: float, clock: Callable[[], int] = now_us
    ) -> None:
        self._archive = archive
        self._rereader = Rereader(archive.catalog, archive.log, archive.pool)
        self._reread_us = round(reread_days * DAY_US)
        self._clock = clock
        self._changed = threading.Condition()
        self._kept: deque[Kept] = deque()
        self._current: Kept | None = None
        self._dockings = 0
        self._stopping = False
        self._thread: threading.Thread | None = None

    def pause(self) -> None:
        """A docking begins."""
        with self._changed:
            self._dockings += 1

    def resume(self) -> None:
        """A docking has ended."""
        with self._changed:
            self._dockings -= 1
            self._changed.notify_all()

    def offer(self, kept: Kept) -> bool:
        """Keep a recorder for reading; False where there is nothing to read: it is not kept."""
        if not (self._reread_us and kept.arrivals):
            return False
        with self._changed:
            if self._stopping:
                return False
            self._kept.append(kept)
            self._changed.notify_all()
            if self._thread is None:
                self._thread = threading.Thread(target=self._run, name="idle-reading", daemon=True)
                self._thread.start()
        return True

    def leave(self, slot: str, *, superseded: bool) -> None:
        """Read no more of the recorder in a slot; returns at once.

        Args:
            slot: The slot's name.
            superseded: Whether the slot is somebody else's from now on.
        """
        with self._changed:
            for kept in (*self._kept, *([self._current] if self._current else [])):
                if kept.display.view.slot == slot:
                    kept.left = True
                    kept.superseded = kept.superseded or superseded
            self._changed.notify_all()

    def stop(self) -> None:
        """Give up what is being read and let every recorder go."""
        with self._changed:
            self._stopping = True
            self._changed.notify_all()
        if self._thread is not None:
            self._thread.join()

    def _run(self) -> None:
        while (kept := self._next()) is not None:
            try:
                self._read(kept)
            except SourceVanished:
                _log.info("recorder_taken", docking=kept.docking.docking)
            except EvidenceError as error:
                _log.warning("not_read_whole", docking=kept.docking.docking, error=error.detail)
            except Exception:  # a defect here must not end the reading of other recorders
                _log.exception("not_read_whole", docking=kept.docking.docking)
            finally:
                kept.recorder.close()

    def _next(self) -> Kept | None:
        """The next recorder once nothing else is to be done; None at the end, all let go."""
        with self._changed:
            self._current = None
            while True:
                self._changed.wait_for(self._has_work)
                gone = [kept for kept in self._kept if kept.left or self._stopping]
                for kept in gone:
                    self._kept.remove(kept)
                    kept.recorder.close()
                if self._stopping:
                    return None
                if self._kept and not self._dockings:
                    self._current = self._kept.popleft()
                    return self._current

    def _has_work(self) -> bool:
        left = any(kept.left for kept in self._kept)
        return self._stopping or left or bool(self._kept and not self._dockings)

    def _may_go_on(self, kept: Kept) -> bool:
        """Wait while a docking is under way; False once nothing more of this may be read."""
        with self._changed:
            self._changed.wait_for(lambda: self._stopping or kept.left or not self._dockings)
            return not (self._stopping or kept.left)

    def _read(self, kept: Kept) -> None:
        proved_before_us = self._clock() - self._reread_us
        recorder = kept.docking.recorder
        for candidate in self._rereader.due(recorder, kept.arrivals, proved_before_us):
            if not self._may_go_on(kept):
                return
            found = self._rereader.prove(kept.docking, candidate, lambda: self._may_go_on(kept))
            if found is Reread.OTHER and not self._take(kept, candidate.arrival):
                return

    def _take(self, kept: Kept, arrival: Arrival) -> bool:
        """Take a file in that was held for another; whether it is archived."""
        with kept.turn:
            if kept.superseded:
                return False
            kept.show(SlotStatus(Status.COPYING))
            try:
                taken = self._archive.engine.ingest(kept.docking, [arrival])
            except EvidenceError as error:
                kept.show(SlotStatus(Status.ATTENTION, attention_reason(error)), error.detail)
                raise
            if taken.vanished:
                kept.show(SlotStatus(Status.ATTENTION, AttentionReason.RECORDER_VANISHED))
                return False
            [outcome] = taken.outcomes
            if outcome.result is Result.FAILED:
                reason = AttentionReason.FILES_FAILED
                kept.show(SlotStatus(Status.ATTENTION, reason), outcome.detail)
                return False
            if not kept.left:
                kept.show(SlotStatus(Status.SAFE_TO_REMOVE))
            return True
