"""What the station does on a schedule, whether or not anything is docked.

Jobs are kept in memory: what is due lives in the archive's own tables and files, so that a
restart forgets nothing.
"""

from datetime import UTC, datetime, timedelta
from types import TracebackType
from typing import Self

import structlog
from apscheduler.schedulers.background import BackgroundScheduler

from archive.log.writer import STATION_ACTOR
from evidence_daemon.service.service import ArchiveService
from evidence_daemon.station.anchoring import AnchorWatch
from evidence_daemon.station.fixity import FixityWatch
from evidence_daemon.station.further_stores import FurtherStores
from hashing.entry import Act

SPACE_INTERVAL_S = 300
LET_GO_INTERVAL_H = 6
FORGET_INTERVAL_H = 24
SOON = timedelta(minutes=1)
"""When what is due at long intervals is first done after a start; stations are restarted."""
FIXITY_INTERVAL_MIN = 10
ANCHOR_INTERVAL_S = 15

_log = structlog.get_logger(__name__)


class Upkeep:
    """Runs the schedule, from entering to leaving the context.

    Args:
        service: The opened service.
        further: The further stores.
        fixity: Reads stored objects again.
        anchors: Has the log stamped.
    """

    def __init__(
        self,
        service: ArchiveService,
        further: FurtherStores,
        fixity: FixityWatch,
        anchors: AnchorWatch,
    ) -> None:
        self._service = service
        self._further = further
        self._fixity = fixity
        self._anchors = anchors
        self._warned = False
        self._scheduler = BackgroundScheduler(timezone="UTC")

    def __enter__(self) -> Self:
        self._scheduler.add_job(self.watch_space, "interval", seconds=SPACE_INTERVAL_S)
        self._scheduler.add_job(self._further.let_go, "interval", hours=LET_GO_INTERVAL_H)
        self._scheduler.add_job(
            self._further.forget_done_jobs,
            "interval",
            hours=FORGET_INTERVAL_H,
            next_run_time=datetime.now(UTC) + SOON,
        )
        self._scheduler.add_job(
            self._fixity.run,
            "interval",
            minutes=FIXITY_INTERVAL_MIN,
            max_instances=1,
            coalesce=True,
            next_run_time=datetime.now(UTC) + SOON,
        )
        self._scheduler.add_job(
            self._anchors.run,
            "interval",
            seconds=ANCHOR_INTERVAL_S,
            max_instances=1,
            coalesce=True,
        )
        self._scheduler.start()
        self.watch_space()
        return self

    def __exit__(
        self,
        exc_type: type[BaseException] | None,
        exc: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._fixity.stop()
        self._anchors.stop()
        self._scheduler.shutdown(wait=True)

    def watch_space(self) -> None:
        """Log an alarm when the archive's disk begins to run short; once, until it recovers."""
        space = self._service.space()
        if space.warning and not self._warned:
            hours = "none" if space.hours is None else f"{space.hours:.1f}"
            detail = f"{space.free_bytes} bytes free, hours at the recent rate: {hours}"
            body = {"alarm": "space_low", "subject": "archive", "detail": detail}
            self._service.archive.log.append(Act.ALARM, body, STATION_ACTOR)
            _log.warning("space_low", free_bytes=space.free_bytes, hours=space.hours)
        self._warned = space.warning
