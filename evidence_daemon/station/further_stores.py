"""The further stores while the station runs: copies, the mirrored log, and letting go.

Each store has a keeper in a thread of its own, woken by every commit; none of them ever holds up
a docking.
"""

from collections.abc import Callable
from contextlib import ExitStack
from types import TracebackType
from typing import Self

import structlog

from archive.archive import Archive
from archive.clock import now_us
from archive.replication.evictor import EvictionPolicy, Evictor
from archive.replication.keeper import StoreKeeper
from archive.state.database import StateDatabase
from archive.stores.guarded import GuardedStore
from evidence_daemon.config.schema import Config
from evidence_daemon.service.service import ArchiveService
from hashing.errors import EvidenceError, RolledBack

DAY_US = 24 * 3600 * 1_000_000
DONE_KEPT_DAYS = 30
"""How long the state database keeps a job that is done, in days."""

_log = structlog.get_logger(__name__)


class FurtherStores:
    """Keeps every configured further store up to date, from entering to leaving the context.

    Args:
        service: The opened service.
        config: The settings.
        on_rolled_back: Told when a store knows a log that ours is not the whole of.
    """

    def __init__(
        self, service: ArchiveService, config: Config, on_rolled_back: Callable[[RolledBack], None]
    ) -> None:
        self._service = service
        self._config = config
        self._on_rolled_back = on_rolled_back
        self._keepers: list[StoreKeeper] = []
        self._stack = ExitStack()
        self._state: StateDatabase | None = None

    def __enter__(self) -> Self:
        stores = self._service.stores
        if not stores:
            return self
        state = self._stack.enter_context(StateDatabase.open(self._config.archive.state_file))
        self._state = state
        for store in stores:
            others = [other for other in stores if other is not store]
            parts = (self._service.archive, store, others, state, self._service.keys)
            keeper = StoreKeeper(*parts, self._on_rolled_back)
            keeper.start()
            self._stack.callback(keeper.stop)
            self._service.archive.on_commit(keeper.wake)
            self._keepers.append(keeper)
        return self

    def __exit__(
        self,
        exc_type: type[BaseException] | None,
        exc: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._stack.close()

    def troubles(self) -> list[str]:
        """Why stores are not up to date, one sentence each."""
        return [keeper.trouble for keeper in self._keepers if keeper.trouble is not None]

    def forget_done_jobs(self) -> None:
        """Forget copies that were made long ago: the log and the catalog know of them."""
        if self._state is None:
            return
        try:
            gone = self._state.forget_done(now_us() - DONE_KEPT_DAYS * DAY_US)
        except EvidenceError as error:
            _log.warning("jobs_not_forgotten", error=error.detail)
        else:
            _log.info("done_jobs_forgotten", jobs=gone)

    def let_go(self) -> None:
        """Remove landing copies that policy says may go, and others hold."""
        days = self._config.archive.evict_after_days
        required = [
            store
            for store, section in zip(self._service.stores, self._config.stores, strict=True)
            if section.required
        ]
        if days is None or not required:
            return
        try:
            gone = _let_go(self._service.archive, required, round(days * DAY_US))
        except EvidenceError as error:
            _log.warning("nothing_let_go", error=error.detail)
        else:
            _log.info("landing_copies_let_go", objects=gone)


def _let_go(archive: Archive, required: list[GuardedStore], keep_us: int) -> int:
    policy = EvictionPolicy(keep_us)
    evictor = Evictor(archive.landing, required, archive.log, archive.catalog, policy)
    return sum(evictor.evict(sha256) for sha256 in evictor.due(now_us()))
