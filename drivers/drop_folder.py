"""A drop folder: every folder right inside it is a docked recorder.

The truth is a periodic rescan. The watch on the folder (inotify, through watchdog) only makes
the next rescan come sooner, because it is blind where it matters: a card mounted over a folder
gives no event at all. So the age of the last rescan that succeeded is what to keep an eye on
(:attr:`DropFolder.rescan_age_s`), and a rescan that fails concludes nothing.

What lies loose in the drop folder belongs to no recorder and is told as such
(:attr:`DropFolder.strays`). When a folder has arrived is defined in :mod:`drivers.settling`.

A scan lists every folder, so scans are spaced by at least nine times what the last one took:
they never use more than a tenth of a processor.

Example::

    with DropFolder("/srv/drop") as drop:
        while event := drop.next_event(timeout_s=60):
            print(event.change, event.path)
"""

import hashlib
import os
import queue
import threading
import time
from dataclasses import dataclass
from types import TracebackType
from typing import Self

from watchdog.events import FileSystemEvent, FileSystemEventHandler
from watchdog.observers import Observer
from watchdog.observers.api import BaseObserver

from drivers.errors import NotARecorder, RecorderError
from drivers.folder import FolderRecorder
from drivers.settling import DropChange, Settling, Sight, settle

STABLE_S = 5.0
RESCAN_S = 10.0
_PAUSE_FACTOR = 9
_LEAST_PAUSE_S = 0.05


@dataclass(frozen=True, slots=True)
class DropEvent:
    """Something that happened to a folder in the drop folder.

    Attributes:
        change: What.
        path: The folder's whole path.
    """

    change: DropChange
    path: bytes


class DropFolder:
    """Watches a drop folder from a thread of its own, from ``start`` to ``stop``.

    Args:
        path: The drop folder.
        stable_s: How long a folder's listing must stay the same before it has arrived.
        rescan_s: How often to rescan where nothing hints at a change.

    Raises:
        NotARecorder: The path is not a folder.
    """

    def __init__(
        self, path: str | bytes, *, stable_s: float = STABLE_S, rescan_s: float = RESCAN_S
    ) -> None:
        self._path = os.path.abspath(os.fsencode(path))
        if not os.path.isdir(self._path):
            raise NotARecorder(f"{os.fsdecode(path)!r} is not a folder")
        self._stable_s = stable_s
        self._rescan_s = rescan_s
        self._known: dict[bytes, Settling] = {}
        self._strays: tuple[bytes, ...] = ()
        self._scanned_s: float | None = None
        self._events: queue.SimpleQueue[DropEvent] = queue.SimpleQueue()
        self._wake = threading.Event()
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name="drop-folder", daemon=True)
        self._observer: BaseObserver | None = None

    def start(self) -> None:
        """Begin to watch. Without inotify watches left, the rescan does it alone."""
        self._observer = _observer(self._path, _Waker(self._wake))
        self._thread.start()

    def stop(self) -> None:
        """Stop and wait for the end of a scan under way. Stopping twice does no harm."""
        self._stopping.set()
        self._wake.set()
        if self._observer is not None:
            self._observer.stop()
            self._observer.join()
            self._observer = None
        if self._thread.is_alive():
            self._thread.join()

    def next_event(self, timeout_s: float) -> DropEvent | None:
        """The next event, in the order they happened; None when there is none in time."""
        try:
            return self._events.get(timeout=timeout_s)
        except queue.Empty:
            return None

    @property
    def rescan_age_s(self) -> float | None:
        """Seconds since the last rescan that succeeded; None before the first."""
        return None if self._scanned_s is None else time.monotonic() - self._scanned_s

    @property
    def strays(self) -> tuple[bytes, ...]:
        """Names in the drop folder that are no folders, as the last rescan saw them."""
        return self._strays

    @property
    def waiting(self) -> tuple[bytes, ...]:
        """Folders whose listing has not come to rest yet."""
        return tuple(name for name, state in self._known.items() if not state.is_settled)

    def _run(self) -> None:
        while not self._stopping.is_set():
            began_s = time.monotonic()
            self._scan(began_s)
            took_s = time.monotonic() - began_s
            if not self._stopping.wait(max(_LEAST_PAUSE_S, took_s * _PAUSE_FACTOR)):
                self._wake.wait(self._interval_s())
            self._wake.clear()

    def _interval_s(self) -> float:
        """How long until the next rescan: not longer than a folder needs to be stable."""
        return min(self._rescan_s, self._stable_s) if self.waiting else self._rescan_s

    def _scan(self, now_s: float) -> None:
        """Look at everything once. A drop folder that cannot be read concludes nothing."""
        try:
            folders, strays = _look(self._path)
        except OSError:
            return
        seen: dict[bytes, Sight] = {}
        for name in folders:
            if self._stopping.is_set():
                return
            if sight := _sight(self._path, name):
                seen[name] = sight
        self._known, changes = settle(self._known, seen, now_s, self._stable_s)
        self._strays, self._scanned_s = strays, now_s
        for change, name in changes:
            self._events.put(DropEvent(change, os.path.join(self._path, name)))

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self,
        exc_type: type[BaseException] | None,
        exc: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.stop()


class _Waker(FileSystemEventHandler):
    """Turns events into one hint: look again. Opening and closing are the scan's own doing."""

    def __init__(self, wake: threading.Event) -> None:
        self._wake = wake

    def on_created(self, event: FileSystemEvent) -> None:  # noqa: ARG002 - any is a hint
        self._wake.set()

    on_deleted = on_moved = on_created


def _observer(path: bytes, waker: _Waker) -> BaseObserver | None:
    """A started watch on a folder; None where the kernel has none left to give."""
    try:
        observer = Observer()
    except OSError:
        return None
    try:
        observer.schedule(waker, os.fsdecode(path))
        observer.start()
    except OSError:
        observer.stop()
        return None
    return observer


def _look(path: bytes) -> tuple[list[bytes], tuple[bytes, ...]]:
    """The names of the folders in a drop folder, and of everything else in it."""
    with os.scandir(path) as entries:
        kinds = {entry.name: entry.is_dir(follow_symlinks=False) for entry in entries}
    folders = sorted(name for name, is_folder in kinds.items() if is_folder)
    return folders, tuple(sorted(kinds.keys() - set(folders)))


def _sight(parent: bytes, name: bytes) -> Sight | None:
    """What there is to see of one folder; None when it went away meanwhile.

    A folder that cannot be read is seen too: docking it tells why.
    """
    path = os.path.join(parent, name)
    try:
        node = os.stat(path, follow_symlinks=False)
        mounted = node.st_dev != os.stat(parent).st_dev
    except OSError:
        return None
    return Sight((node.st_dev, node.st_ino), _fingerprint(path, mounted=mounted))


def _fingerprint(path: bytes, *, mounted: bool) -> str | None:
    """A digest of a folder's listing; None for an empty folder that nothing is mounted on."""
    try:
        recorder = FolderRecorder(path)
        try:
            listing = recorder.list_files()
        finally:
            recorder.close()
    except RecorderError as error:
        return error.code
    if listing.found == 0 and not mounted:
        return None
    return hashlib.sha256(repr(listing).encode()).hexdigest()
