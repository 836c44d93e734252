"""The station: a worker per docked recorder, limited per USB controller.

A recorder that no USB controller is known for shares its turn only with what is docked at the
same source.

Dockings are started by whoever finds recorders (the drop folders here) or asked for by name
(``evd ingest`` through the service). The station owns the archive while it runs.

Workers are nicer than the rest of the process: what answers people and what commits the log
goes first, however many recorders are being copied.
"""

import os
import threading
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor

import structlog

from archive.archive import Archive
from archive.ingest.arrival import Docking
from drivers.grammar import NameGrammars
from drivers.recorder import HasPort, Recorder
from drivers.usb_port import UsbPort
from evidence_daemon.station.board import Board, SlotDisplay, SlotView
from evidence_daemon.station.docking import DockingOrder, DockingRun, Ended, attention_reason
from evidence_daemon.station.idle import IdleReading, Kept
from evidence_daemon.status import AttentionReason, SlotStatus, Status
from hashing.errors import EvidenceError

NICENESS = 10
"""By how much copying makes way: its share of a contested processor is a tenth."""

_log = structlog.get_logger(__name__)


class Station:
    """Runs dockings side by side.

    Args:
        archive: The archive, opened for writing.
        grammars: How file names are read.
        workers: Dockings served at the same time, at most.
        copies_per_controller: Of those, how many may copy at once on one USB controller.
        reread_days: After how many days a known file in a slot is read whole again when there
            is nothing else to do; 0 for never.
    """

    def __init__(
        self,
        archive: Archive,
        grammars: NameGrammars,
        workers: int,
        copies_per_controller: int,
        reread_days: float = 0,
    ) -> None:
        self.archive = archive
        self.board = Board()
        self._grammars = grammars
        self._workers = ThreadPoolExecutor(
            workers, thread_name_prefix="docking", initializer=_make_way
        )
        self._copies_per_controller = copies_per_controller
        self._turns: dict[str, threading.Semaphore] = {}
        self._slots: dict[str, threading.Lock] = {}
        self._stopping = threading.Event()
        self._idle = IdleReading(archive, reread_days)

    def dock(
        self,
        recorder: Recorder,
        order: DockingOrder,
        watcher: Callable[[SlotView], None] | None = None,
    ) -> "Future[Ended]":
        """Take a recorder in, in a worker of its own; the recorder is closed at the end.

        Args:
            recorder: The docked recorder.
            order: What is known of the docking beforehand.
            watcher: Told of every change of the slot's view.
        """
        port = _port(recorder)
        controller = port.controller if port else recorder.source
        view = SlotView(
            order.slot or recorder.source,
            SlotStatus(Status.QUEUED),
            recorder.source,
            port=str(port or ""),
        )
        display = SlotDisplay(self.board, view, watcher)
        # Here and not in the worker: two that begin at once must find the same one.
        self._slots.setdefault(view.slot, threading.Lock())
        self._turns.setdefault(controller, threading.Semaphore(self._copies_per_controller))
        self._idle.leave(view.slot, superseded=True)
        self._idle.pause()
        try:
            future = self._workers.submit(self._serve, recorder, order, controller, display)
        except BaseException:
            self._idle.resume()
            raise
        future.add_done_callback(lambda _: self._idle.resume())
        return future

    def forget(self, slot: str) -> None:
        """What was in a slot has left: show it no longer, and read no more of it."""
        self._idle.leave(slot, superseded=False)
        self.board.forget(slot)

    def _serve(
        self, recorder: Recorder, order: DockingOrder, controller: str, display: SlotDisplay
    ) -> Ended:
        kept_open = False
        try:
            with self._slots[display.view.slot], self._turns[controller]:
                parts = (self.archive, recorder, order, self._grammars, display)
                ended = DockingRun(*parts, may_copy=lambda: not self._stopping.is_set()).run()
        except EvidenceError as error:
            _log.error("docking_failed", slot=display.view.slot, error=error.detail)
            display.show(SlotStatus(Status.ATTENTION, attention_reason(error)), detail=error.detail)
            raise
        except BaseException:
            _log.exception("docking_failed", slot=display.view.slot)
            display.show(SlotStatus(Status.ATTENTION, AttentionReason.INTERNAL))
            raise
        else:
            kept_open = self._keep_reading(ended, recorder, order, display)
            return ended
        finally:
            if not kept_open:
                recorder.close()

    def _keep_reading(
        self, ended: Ended, recorder: Recorder, order: DockingOrder, display: SlotDisplay
    ) -> bool:
        """Hand a recorder that stays in a slot over, for what is known of it by metadata only."""
        if order.slot is None or ended.interrupted or not ended.balance.complete():
            return False
        docking = Docking(ended.docking, ended.recorder, order.actor)
        turn = self._slots[display.view.slot]
        return self._idle.offer(Kept(docking, recorder, ended.recognised, display, turn))

    def stop(self) -> None:
        """Let every docking finish the group it is at, then end; nothing is cut in half."""
        self._stopping.set()
        self._idle.stop()
        self._workers.shutdown(wait=True, cancel_futures=True)


def _port(recorder: Recorder) -> UsbPort | None:
    return recorder.usb_port() if isinstance(recorder, HasPort) else None


def _make_way() -> None:
    """Let this thread, and every thread it starts, make way for the rest of the process.

    Linux counts niceness by thread, and a thread begins with that of its parent.
    """
    thread = threading.get_native_id()
    os.setpriority(os.PRIO_PROCESS, thread, os.getpriority(os.PRIO_PROCESS, thread) + NICENESS)
