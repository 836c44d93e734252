"""``evd station run``: the station as a process, from start to a clean stop.

The order of starting is the order of trust: the archive is opened and recovered first, then the
log says that the station runs, then the door opens, and only then recorders are looked for.
Stopping goes the other way.
"""

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

import structlog

from archive.log.writer import STATION_ACTOR, Draft
from evidence_daemon import __version__, notify
from evidence_daemon.api.app import create_app
from evidence_daemon.api.server import ApiServer
from evidence_daemon.config.load import LoadedConfig
from evidence_daemon.config.schema import Config
from evidence_daemon.purpose import Purpose
from evidence_daemon.service.service import ArchiveService
from evidence_daemon.station.anchoring import AnchorWatch
from evidence_daemon.station.drop_folders import DropFolders
from evidence_daemon.station.fixity import FixityWatch
from evidence_daemon.station.further_stores import FurtherStores
from evidence_daemon.station.upkeep import Upkeep
from evidence_daemon.station.witness_door import WitnessDoor
from hashing.entry import Act
from hashing.errors import EvidenceError

PULSE_S = 1.0
RECOVERY_S = 3600.0
"""How long the supervisor gives an opening that has a crash to recover from, in seconds."""

_log = structlog.get_logger(__name__)


class StationProcess:
    """The running station.

    Args:
        loaded: The settings and where they come from.
    """

    def __init__(self, loaded: LoadedConfig) -> None:
        self._loaded = loaded
        self._config: Config = loaded.config
        self._stop = threading.Event()
        self._fatal: EvidenceError | None = None

    def run(self) -> None:
        """Run until SIGTERM or SIGINT; returns after a clean stop.

        Raises:
            RolledBack: A further store or a witness knows a log that ours is not the whole of.
            LogClosed: The log was stopped; opening the archive again finds out what is on disk.
            EvidenceError: The station could not start; nothing was taken in.
        """
        with self._signals(), self._service() as service:
            socket = self._config.station.socket
            with (
                ApiServer(create_app(service), socket) as server,
                DropFolders(service.station, self._config.station) as folders,
                FurtherStores(service, self._config, service.archive.log.refuse) as further,
                AnchorWatch(service, self._config) as anchors,
                Upkeep(service, further, FixityWatch(service, self._config.fixity), anchors),
                WitnessDoor(self._config, service.witnesses.notices.append),
                self._witnesses(service),
            ):
                notify.ready("running")
                _log.info("station_running", origin=service.archive.log.origin, socket=str(socket))
                self._pulse(service, server, folders, further, anchors)
                notify.stopping()
        if self._fatal is not None:
            raise self._fatal

    def _on_fatal(self, error: EvidenceError) -> None:
        """The log signs nothing more: stop. Dockings under way end where they are."""
        _log.error("station_cannot_go_on", code=error.code, error=error.detail)
        self._fatal = error
        self._stop.set()

    @contextmanager
    def _service(self) -> Iterator[ArchiveService]:
        notify.extend_timeout(RECOVERY_S)
        service = ArchiveService(self._config, Purpose.INTAKE)
        try:
            service.archive.log.submit(self._start_drafts(service)).result()
            yield service
            service.station.stop()
            if self._fatal is None:
                service.archive.log.append(Act.STOP, {"reason": "asked to stop"}, STATION_ACTOR)
        finally:
            service.close()

    @contextmanager
    def _witnesses(self, service: ArchiveService) -> Iterator[None]:
        service.witnesses.start(service.archive.log.refuse)
        try:
            yield
        finally:
            service.witnesses.stop()

    def _start_drafts(self, service: ArchiveService) -> list[Draft]:
        start = {
            "program": "evidence-daemon",
            "version": __version__,
            "timezone": self._config.station.timezone,
        }
        return [Draft(Act.START, start, STATION_ACTOR), service.settings()]

    def _pulse(
        self,
        service: ArchiveService,
        server: ApiServer,
        folders: DropFolders,
        further: FurtherStores,
        anchors: AnchorWatch,
    ) -> None:
        """Tell the supervisor that the station lives, as long as its parts do."""
        interval_s = notify.watchdog_interval_s() or PULSE_S
        last_status = ""
        while not self._stop.wait(min(interval_s / 2, PULSE_S)):
            if server.is_alive and folders.rescan_age_s() < self._silence_s():
                notify.watchdog()
            troubles = (*further.troubles(), *service.witnesses.troubles())
            status = "; ".join([service.status_line(), *troubles, *anchors.status()])
            if status != last_status:
                notify.status(status)
                last_status = status
            if service.archive.log.fault is not None:
                self._on_fatal(service.archive.log.fault)

    def _silence_s(self) -> float:
        """How old a rescan may be before the station counts as hung."""
        return 60 + 10 * self._config.station.rescan_s

    @contextmanager
    def _signals(self) -> Iterator[None]:
        def stop(number: int, _frame: FrameType | None) -> None:
            _log.info("stopping", signal=signal.Signals(number).name)
            self._stop.set()

        before = {each: signal.signal(each, stop) for each in (signal.SIGTERM, signal.SIGINT)}
        try:
            yield
        finally:
            for each, handler in before.items():
                signal.signal(each, handler)
