"""The configured drop folders: what arrives in one is docked, what leaves is forgotten."""

import os
import threading
from contextlib import ExitStack
from pathlib import Path
from types import TracebackType
from typing import Self

import structlog

from archive.log.writer import STATION_ACTOR
from drivers.drop_folder import DropEvent, DropFolder
from drivers.errors import RecorderError
from drivers.folder import FolderRecorder
from drivers.settling import DropChange
from evidence_daemon.config.sections_station import StationSection
from evidence_daemon.errors import ConfigError
from evidence_daemon.station.docking import DockingOrder
from evidence_daemon.station.station import Station

EVENT_WAIT_S = 0.5

_log = structlog.get_logger(__name__)


class DropFolders:
    """Watches every drop folder, from entering to leaving the context.

    Args:
        station: Serves the dockings.
        settings: Which folders, how often, and when something has settled.
    """

    def __init__(self, station: Station, settings: StationSection) -> None:
        self._station = station
        self._settings = settings
        self._stop = threading.Event()
        self._watched: list[DropFolder] = []
        self._threads: list[threading.Thread] = []
        self._stack = ExitStack()

    def rescan_age_s(self) -> float:
        """Age of the oldest rescan among all folders, in seconds; 0 without folders."""
        return max((folder.rescan_age_s or 0.0 for folder in self._watched), default=0.0)

    def __enter__(self) -> Self:
        for path in self._settings.drop_folders:
            self._watched.append(self._stack.enter_context(self._watch(path)))
        for folder in self._watched:
            thread = threading.Thread(target=self._follow, args=(folder,), name="drop-folder")
            thread.start()
            self._threads.append(thread)
        return self

    def __exit__(
        self,
        exc_type: type[BaseException] | None,
        exc: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._stop.set()
        for thread in self._threads:
            thread.join()
        self._stack.close()

    def _watch(self, path: Path) -> DropFolder:
        settings = self._settings
        try:
            return DropFolder(str(path), stable_s=settings.stable_s, rescan_s=settings.rescan_s)
        except RecorderError as error:
            raise ConfigError(f"station.drop_folders: {error.detail}") from error

    def _follow(self, folder: DropFolder) -> None:
        while not self._stop.is_set():
            event = folder.next_event(EVENT_WAIT_S)
            if event is not None:
                self._on(event)

    def _on(self, event: DropEvent) -> None:
        slot = os.fsdecode(os.path.basename(event.path)).encode(errors="replace").decode()
        if event.change is DropChange.REMOVED:
            self._station.forget(slot)
            return
        try:
            recorder = FolderRecorder(event.path)
        except RecorderError as error:
            _log.warning("cannot_dock", slot=slot, error=error.detail)
            return
        order = DockingOrder(slot=slot, actor=STATION_ACTOR, timezone=self._settings.timezone)
        self._station.dock(recorder, order)
