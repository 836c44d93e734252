"""The committer: many threads append, one thread makes groups of entries durable.

While one group is being written the next one gathers, so that a hundred dockings share the
cost of a sync. A ticket is fulfilled only when its entry stands under a durable checkpoint
*and* the catalog has been told: whoever waited may act on both.
"""

import threading
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future
from dataclasses import dataclass, field, replace

import structlog

from archive.clock import StationClock
from archive.errors import StorageError
from archive.log.store import LogStore
from hashing.entry import Act, Entry, Stamp, build, format_time, parse, parse_time
from hashing.errors import EvidenceError
from hashing.merkle import leaf_hash

GROUP_ENTRIES = 256
STATION_ACTOR = "station"
"""The actor of what the station does by itself."""
CLOCK_TOLERANCE_US = 1_000_000
"""How far the wall clock may step back within one boot before the log says so."""

_log = structlog.get_logger(__name__)


class LogClosed(StorageError):  # noqa: N818 - named for the state
    """The log takes no more entries: it is closed or was stopped by an earlier failure."""

    code = "LOG_CLOSED"
    exit_code = 58


@dataclass(frozen=True, slots=True)
class Draft:
    """An entry to come: everything but its place in the chain and its time."""

    act: Act
    body: Mapping[str, object]
    actor: str


@dataclass(slots=True)
class _Waiting:
    drafts: Sequence[Draft]
    done: Future[list[Entry]] = field(default_factory=Future)


class LogWriter:
    """Appends entries from any thread.

    Args:
        store: The log on disk; owned by the writer from now on.
        clock: Makes the stamps.
        project: Called in the committer's thread with each durable group and the root over
            it (hexadecimal), before the tickets are fulfilled.
    """

    def __init__(
        self,
        store: LogStore,
        clock: StationClock,
        project: Callable[[list[Entry], str], None],
    ) -> None:
        self._store = store
        self._clock = clock
        self._project = project
        self._queue: deque[_Waiting] = deque()
        self._wake = threading.Condition()
        self._closing = False
        self._last_time_us = store.last_time_us
        self._thread = threading.Thread(target=self._run, name="committer", daemon=True)
        self._thread.start()

    @property
    def size(self) -> int:
        """Entries in the log."""
        return self._store.size

    @property
    def origin(self) -> str:
        """The log's origin."""
        return self._store.origin

    def submit(self, drafts: Sequence[Draft]) -> "Future[list[Entry]]":
        """Hand in entries that become durable together, in this order.

        Returns:
            A future of the entries as they stand in the log.

        Raises:
            LogClosed: The log takes no more entries.
        """
        waiting = _Waiting(drafts)
        with self._wake:
            if self._closing:
                raise LogClosed("the log is closed")
            self._queue.append(waiting)
            self._wake.notify()
        return waiting.done

    def append(self, act: Act, body: Mapping[str, object], actor: str) -> Entry:
        """Append one entry and wait until it is durable.

        Raises:
            StorageError: It could not be made durable; the log is as it was.
            IntegrityError: The body is not of the act's form.
        """
        return self.submit([Draft(act, body, actor)]).result()[0]

    def close(self) -> None:
        """Finish what was handed in, then stop."""
        with self._wake:
            self._closing = True
            self._wake.notify()
        self._thread.join()

    def _run(self) -> None:
        while group := self._next_group():
            try:
                self._commit(group)
            except Exception as error:  # whatever it is, every waiter must hear of it
                _log.error("commit_failed", error=str(error))
                self._fail(group, error)

    def _next_group(self) -> list[_Waiting]:
        with self._wake:
            while not self._queue and not self._closing:
                self._wake.wait()
            group: list[_Waiting] = []
            room = GROUP_ENTRIES
            while self._queue and (not group or len(self._queue[0].drafts) <= room):
                room -= len(self._queue[0].drafts)
                group.append(self._queue.popleft())
            return group

    def _commit(self, group: list[_Waiting]) -> None:
        raws: list[bytes] = []
        places: list[tuple[_Waiting, slice]] = []
        seq, prev = self._store.size, self._store.prev
        for waiting in group:
            try:
                made = self._build(waiting.drafts, seq, prev)
            except EvidenceError as error:  # a bad body fails its sender only
                waiting.done.set_exception(error)
                continue
            raws += made
            places.append((waiting, slice(len(raws) - len(waiting.drafts), len(raws))))
            seq, prev = seq + len(made), leaf_hash(made[-1]).hex()
        if raws:
            self._make_durable(raws)
            entries = [parse(raw) for raw in raws]
            self._project(entries, self._store.root.hex())
            for waiting, place in places:
                waiting.done.set_result(entries[place])

    def _build(self, drafts: Sequence[Draft], seq: int, prev: str) -> list[bytes]:
        made: list[bytes] = []
        stamp = self._clock.stamp(STATION_ACTOR)
        for each in (*self._clock_alarm(stamp), *drafts):
            stamped = replace(stamp, actor=each.actor)
            made.append(build(seq + len(made), prev, stamped, each.act, each.body))
            prev = leaf_hash(made[-1]).hex()
        return made

    def _clock_alarm(self, stamp: Stamp) -> list[Draft]:
        """An alarm to stand before an entry whose time is earlier than the last one's."""
        now_us, before_us = parse_time(stamp.time), self._last_time_us
        self._last_time_us = now_us
        if now_us >= before_us - CLOCK_TOLERANCE_US:
            return []
        detail = f"the wall clock went back from {format_time(before_us)} to {stamp.time}"
        body = {"alarm": "clock_went_back", "subject": "station", "detail": detail}
        return [Draft(Act.ALARM, body, STATION_ACTOR)]

    def _make_durable(self, raws: list[bytes]) -> None:
        try:
            self._store.append(raws)
        except EvidenceError:
            try:
                self._store.reload()
            except EvidenceError:
                with self._wake:  # what is on disk is unknown: nothing more may be signed
                    self._closing = True
            raise

    @staticmethod
    def _fail(group: list[_Waiting], error: Exception) -> None:
        for waiting in group:
            if not waiting.done.done():
                waiting.done.set_exception(error)
