"""What every slot shows, in one place for page, command line and log.

Workers write, everybody else reads; a reader that waits is woken by the next change and sees
the newest state, never a backlog.
"""

import threading
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass, replace
from typing import Any

from evidence_daemon.status import SlotStatus, Status


@dataclass(frozen=True, slots=True)
class SlotView:
    """One slot as it is now.

    Attributes:
        slot: The slot's name.
        status: Its state.
        source: Where the recorder is docked, for people.
        port: The USB port it is read through, for people; empty where there is none.
        docking: The docking under way or last ended.
        recorder: The recorder's identity, once known.
        officer: The officer, once known.
        files_total: Files to be seen to.
        files_done: Files that ended, in whatever state.
        bytes_total: Bytes of those files.
        bytes_done: Bytes read or recognised.
        new: Recordings made.
        known: Files recognised.
        failed: Files that failed.
        skipped: Names that are not files.
        started_s: When copying began, on the monotonic clock.
        detail: What a person should know.
    """

    slot: str
    status: SlotStatus = SlotStatus(Status.EMPTY)  # noqa: RUF009 - frozen
    source: str = ""
    port: str = ""
    docking: str = ""
    recorder: str = ""
    officer: str | None = None
    files_total: int = 0
    files_done: int = 0
    bytes_total: int = 0
    bytes_done: int = 0
    new: int = 0
    known: int = 0
    failed: int = 0
    skipped: int = 0
    started_s: float = 0.0
    detail: str = ""

    def eta_s(self, now_s: float | None = None) -> float | None:
        """Seconds until this slot's copy ends at its own rate so far; None while unknown."""
        if self.status.status is not Status.COPYING or not self.bytes_done:
            return None
        elapsed = (time.monotonic() if now_s is None else now_s) - self.started_s
        return elapsed * (self.bytes_total - self.bytes_done) / self.bytes_done

    def as_json(self) -> dict[str, Any]:
        """The view for ``--json`` and the API."""
        body = asdict(self) | {"status": str(self.status), "eta_s": self.eta_s()}
        del body["started_s"]
        return body


class Board:
    """The views of all slots."""

    def __init__(self) -> None:
        self._views: dict[str, SlotView] = {}
        self._changed = threading.Condition()
        self._version = 0

    def views(self) -> list[SlotView]:
        """Every slot, sorted by name."""
        with self._changed:
            return [self._views[name] for name in sorted(self._views)]

    def set(self, view: SlotView) -> None:
        """Show a slot as given."""
        with self._changed:
            self._views[view.slot] = view
            self._version += 1
            self._changed.notify_all()

    def forget(self, slot: str) -> None:
        """Show a slot no longer."""
        with self._changed:
            self._views.pop(slot, None)
            self._version += 1
            self._changed.notify_all()

    def wait(self, version: int, timeout_s: float) -> int:
        """Wait for a change after ``version``; the newest version, whether or not one came."""
        with self._changed:
            self._changed.wait_for(lambda: self._version != version, timeout_s)
            return self._version


class SlotDisplay:
    """One worker's hand on its slot's view.

    Args:
        board: Where the slot is shown.
        view: What it shows first.
        watcher: Told of every change as well.
    """

    def __init__(
        self, board: Board, view: SlotView, watcher: Callable[[SlotView], None] | None = None
    ) -> None:
        self._board = board
        self._watcher = watcher
        self.view = view
        self.show()

    def show(self, status: SlotStatus | None = None, **changes: Any) -> None:
        """Change what the slot shows."""
        if status is not None:
            changes["status"] = status
        self.view = replace(self.view, **changes)
        self._board.set(self.view)
        if self._watcher is not None:
            self._watcher(self.view)

    def advance(self, size_bytes: int) -> None:
        """Count bytes that have been read."""
        self.show(bytes_done=self.view.bytes_done + size_bytes)
