"""The log is anchored while the station runs: see :mod:`archive.anchoring`."""

from contextlib import ExitStack
from types import TracebackType
from typing import Self

import structlog

from archive.anchoring.due import AnchoringPolicy
from archive.anchoring.keeper import Anchored, AnchorKeeper
from archive.clock import now_us
from archive.state.database import StateDatabase
from evidence_daemon.config.schema import Config
from evidence_daemon.config.sections_proof import AnchoringSection
from evidence_daemon.service.service import ArchiveService
from hashing.entry import format_time
from hashing.errors import EvidenceError

_MINUTE_US = 60_000_000
_HOUR_US = 60 * _MINUTE_US
_DAY_US = 24 * _HOUR_US

_log = structlog.get_logger(__name__)


def anchoring_policy(section: AnchoringSection) -> AnchoringPolicy:
    """When the log is anchored, as configured."""
    return AnchoringPolicy(
        quiet_us=round(section.quiet_min * _MINUTE_US) if section.after_each_shift else None,
        every_us=round(section.every_h * _HOUR_US),
        alarm_us=round(section.alarm_h * _HOUR_US),
        renew_us=round(section.renew_days * _DAY_US),
    )


class AnchorWatch:
    """Anchors the log on a schedule, from entering to leaving the context.

    Without a configured authority it does nothing.

    Args:
        service: The opened service.
        config: The settings.
    """

    def __init__(self, service: ArchiveService, config: Config) -> None:
        self._service = service
        self._config = config
        self._keeper: AnchorKeeper | None = None
        self._stack = ExitStack()

    def __enter__(self) -> Self:
        stamping = self._service.stamping
        if stamping.authorities:
            state = self._stack.enter_context(StateDatabase.open(self._config.archive.state_file))
            policy = anchoring_policy(self._config.anchoring)
            parts = (self._service.archive, stamping.stamper, stamping.authorities, state, policy)
            self._keeper = AnchorKeeper(*parts)
        return self

    def __exit__(
        self,
        exc_type: type[BaseException] | None,
        exc: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._stack.close()

    def stop(self) -> None:
        """Wait for no authority any longer."""
        self._service.stamping.stop()

    def run(self) -> None:
        """Ask for what is due."""
        if self._keeper is None:
            return
        try:
            self._keeper.step(now_us())
        except EvidenceError as error:
            _log.warning("not_anchored", error=error.detail)

    def status(self) -> list[str]:
        """When each authority gave its last token, and what keeps the next one away."""
        try:
            told = [] if self._keeper is None else self._keeper.anchored()
        except EvidenceError as error:  # the status is told every second, and must not fail
            return [f"timestamps: {error.detail}"]
        return [_words(one) for one in told]


def _words(one: Anchored) -> str:
    last = "none yet" if one.time_us is None else format_time(one.time_us)
    words = f"last timestamp of {one.authority}: {last}"
    if one.waiting_since_us is not None:
        words += f", entries wait since {format_time(one.waiting_since_us)}"
    return words if one.trouble is None else f"{words} ({one.trouble})"
