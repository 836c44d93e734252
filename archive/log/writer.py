"""The committer: many threads append, one thread makes groups of entries durable.

While one group is being written the next one gathers, so that a hundred dockings share the
cost of a sync. A ticket is fulfilled only when its entry stands under a durable checkpoint
*and* the catalog has been told: whoever waited may act on both.

A group that fails leaves the log as it was, and the next one is tried. Where that cannot be
said (the checkpoint may or may not be there, or the catalog has not been told of entries that
are) the log is stopped: what anyone would decide from now on would rest on half of the truth.
Opening the archive again finds out, and brings the catalog to the log's head. It is stopped from
outside as well (:meth:`LogWriter.refuse`), where to sign on would be wrong.
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
        self._fault: EvidenceError | None = None
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

    @property
    def fault(self) -> EvidenceError | None:
        """Why the log was stopped, if it was: the archive has to be opened again."""
        return self._fault

    def submit(self, drafts: Sequence[Draft]) -> "Future[list[Entry]]":
        """Hand in entries that become durable together, in this order.

        Returns:
            A future of the entries as they stand in the log.

        Raises:
            LogClosed: The log takes no more entries.
            EvidenceError: It refuses them, for the reason it was told.
        """
        waiting = _Waiting(drafts)
        with self._wake:
            if self._closing:
                raise self._closed()
            if not drafts:
                waiting.done.set_result([])
                return waiting.done
            self._queue.append(waiting)
            self._wake.notify()
        return waiting.done

    def append(self, act: Act, body: Mapping[str, object], actor: str) -> Entry:
        """Append one entry and wait until it is durable.

        Raises:
            StorageError: It could not be made durable. The log is as it was, or it was stopped.
            IntegrityError: The body is not of the act's form.
        """
        return self.submit([Draft(act, body, actor)]).result()[0]

    def refuse(self, reason: EvidenceError) -> None:
        """Sign nothing more, from now on: whoever waits or asks is told ``reason``.

        A group that is being committed becomes durable. What stopped the log first stays.
        """
        with self._wake:
            waiting = self._take_no_more(reason)
            self._wake.notify()
        self._fail(waiting, self._closed())

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
        seq, prev, time_us = self._store.size, self._store.prev, self._last_time_us
        for waiting in group:
            try:
                made, made_us = self._build(waiting.drafts, seq, prev, time_us)
            except Exception as error:  # whatever a body holds, it fails its sender only
                waiting.done.set_exception(error)
                continue
            raws += made
            places.append((waiting, slice(len(raws) - len(waiting.drafts), len(raws))))
            seq, prev, time_us = seq + len(made), leaf_hash(made[-1]).hex(), made_us
        if raws:
            entries = [parse(raw) for raw in raws]
            self._make_durable(raws)
            self._last_time_us = time_us
            self._tell_catalog(entries)
            for waiting, place in places:
                waiting.done.set_result(entries[place])

    def _build(
        self, drafts: Sequence[Draft], seq: int, prev: str, before_us: int
    ) -> tuple[list[bytes], int]:
        """The entries of one sender, and their time; ``before_us`` is that of the last before."""
        made: list[bytes] = []
        stamp = self._clock.stamp(STATION_ACTOR)
        for each in (*_clock_alarm(stamp, before_us), *drafts):
            stamped = replace(stamp, actor=each.actor)
            made.append(build(seq + len(made), prev, stamped, each.act, each.body))
            prev = leaf_hash(made[-1]).hex()
        return made, parse_time(stamp.time)

    def _make_durable(self, raws: list[bytes]) -> None:
        size = self._store.size
        try:
            self._store.append(raws)
        except Exception as error:
            if not self._is_back_at(size):
                self._stop(f"what is on disk is not known after: {error}")
            raise

    def _is_back_at(self, size: int) -> bool:
        """Whether the log on disk can be read and is what it was before a commit that failed."""
        try:
            self._store.reload()
        except Exception:  # whatever it is, nothing more may be signed
            return False
        return self._store.size == size

    def _tell_catalog(self, entries: list[Entry]) -> None:
        try:
            self._project(entries, self._store.root.hex())
        except Exception as error:
            self._stop(f"entries are in the log and not in the catalog after: {error}")
            raise

    def _stop(self, reason: str) -> None:
        """Take no more entries, and fail those that wait."""
        _log.critical("log_stopped", reason=reason)
        with self._wake:
            waiting = self._take_no_more(LogClosed(f"the log was stopped: {reason}"))
        self._fail(waiting, self._closed())

    def _take_no_more(self, fault: EvidenceError) -> list[_Waiting]:
        """Close for a reason; those that wait and are still to be told of it."""
        self._fault = self._fault or fault
        self._closing = True
        waiting = list(self._queue)
        self._queue.clear()
        return waiting

    def _closed(self) -> EvidenceError:
        """A new error each time: one that is raised in several threads mixes their traces."""
        if self._fault is None:
            return LogClosed("the log is closed")
        return type(self._fault)(self._fault.detail)

    @staticmethod
    def _fail(group: list[_Waiting], error: Exception) -> None:
        for waiting in group:
            if not waiting.done.done():
                waiting.done.set_exception(error)


def _clock_alarm(stamp: Stamp, before_us: int) -> list[Draft]:
    """An alarm to stand before an entry whose time is earlier than the last one's."""
    if parse_time(stamp.time) >= before_us - CLOCK_TOLERANCE_US:
        return []
    detail = f"the wall clock went back from {format_time(before_us)} to {stamp.time}"
    body = {"alarm": "clock_went_back", "subject": "station", "detail": detail}
    return [Draft(Act.ALARM, body, STATION_ACTOR)]
