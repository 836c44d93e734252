"""Stored objects are read again while the station runs: one stretch at a time, store by store.

When a pass is due and where it goes on is read off the log (:mod:`archive.fixity`), so a restart
neither forgets nor repeats. Reading gives way to dockings.
"""

import threading

import structlog

from archive.clock import now_us
from archive.errors import StorageError
from archive.fixity.pace import Pace
from archive.fixity.scrubber import FurtherReadings, LandingReadings, Readings, Scrubber
from evidence_daemon.config.sections_archive import FixitySection
from evidence_daemon.service.service import ArchiveService
from evidence_daemon.status import Status

MIB = 1 << 20
DAY_US = 24 * 3600 * 1_000_000
BUSY = frozenset({Status.IDENTIFYING, Status.QUEUED, Status.COPYING, Status.VERIFYING})

_log = structlog.get_logger(__name__)


class FixityWatch:
    """Scrubs the landing store and the further stores.

    Args:
        service: The opened service.
        settings: How often and how fast.
    """

    def __init__(self, service: ArchiveService, settings: FixitySection) -> None:
        self._service = service
        self._settings = settings
        self._stopping = threading.Event()

    def stop(self) -> None:
        """Let the stretch under way end with what it has read."""
        self._stopping.set()

    def run(self) -> None:
        """Read on in every store whose turn it is."""
        if not self._settings.every_days:
            return
        self._read_on(LandingReadings(self._service.archive.landing))
        for store in self._service.stores:
            try:
                self._read_on(FurtherReadings(store, store.card().store))
            except StorageError as error:
                _log.warning("store_not_scrubbed", store=store.name, error=error.detail)

    def _read_on(self, readings: Readings) -> None:
        pace = Pace(self._settings.mib_per_s * MIB, self._stopping, self._is_busy)
        archive = self._service.archive
        scrubber = Scrubber(readings, archive.log, archive.catalog, pace)
        every_us = round(self._settings.every_days * DAY_US)
        if self._stopping.is_set() or not scrubber.is_due(every_us, now_us()):
            return
        read = scrubber.stretch()
        if read is not None:
            _log.info(
                "objects_read_again",
                store=readings.store,
                objects=read.objects,
                failures=len(read.failures),
                pass_ended=read.ends_pass,
            )

    def _is_busy(self) -> bool:
        views = self._service.station.board.views()
        return any(view.status.status in BUSY for view in views)
