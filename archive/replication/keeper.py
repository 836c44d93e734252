"""Keeps one further store up to date: the mirror of the log first, then copies of objects.

Which copies are wanted is read from the catalog at the start and from the log from then on;
when each is tried again stands in the state database. So nothing is forgotten by a crash, and a
store that was away for a month is simply behind.

A keeper never holds up a docking: it works in a thread of its own, and what hangs is a store's
process (:mod:`archive.stores.guarded`).
"""

import threading
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from itertools import islice
from typing import Final

import structlog

from archive.archive import Archive
from archive.clock import now_us
from archive.errors import StoreUnavailable
from archive.log.reader import LogFiles
from archive.replication.heads import signed_by
from archive.replication.mirror import mirror_log
from archive.replication.reader import ObjectReader
from archive.replication.replicator import Replicator
from archive.state.database import StateDatabase
from archive.state.jobs import Job
from archive.stores.documents import FolderDocuments
from archive.stores.interface import FurtherStore, StoreFull
from hashing.entry import Act, Entry
from hashing.errors import EvidenceError, RolledBack
from hashing.note import VerifierKey

LOOK_S: Final = 30.0
"""How long nothing is done unless somebody wakes the keeper."""
AWAY_S: Final = 60.0
"""How long a store that is away or full is left alone."""
LEASE_US: Final = 300_000_000
FIRST_RETRY_US: Final = 60_000_000
LONGEST_RETRY_US: Final = 6 * 3_600_000_000
ENQUEUED_AT_ONCE: Final = 1000
COPIES_AT_ONCE: Final = 3
"""Small objects spend their time waiting for disks; a few at once share the log's commits."""
SLICE_S: Final = 5.0
"""After so long the mirror is brought up to date, also while there is much to copy."""

_log = structlog.get_logger(__name__)


class StoreKeeper:
    """Brings one further store up to date, again and again.

    Args:
        archive: The archive.
        store: The store.
        others: Further stores from which an evicted object can be read.
        state: Where jobs are kept.
        keys: The keys of the archive's log.
        on_rolled_back: Told, once, that the store knows a log that ours is not the whole of:
            nothing more may be signed. The keeper has stopped then.
        copies_at_once: How many objects are copied at the same time.
        clock: The time in microseconds.
    """

    def __init__(
        self,
        archive: Archive,
        store: FurtherStore,
        others: Sequence[FurtherStore],
        state: StateDatabase,
        keys: Sequence[VerifierKey],
        on_rolled_back: Callable[[RolledBack], None],
        *,
        copies_at_once: int = COPIES_AT_ONCE,
        clock: Callable[[], int] = now_us,
    ) -> None:
        self._archive = archive
        self._store = store
        self._state = state
        self._open_note = signed_by(keys)
        self._on_rolled_back = on_rolled_back
        self._copies_at_once = copies_at_once
        self._clock = clock
        reader = ObjectReader([archive.landing, *others])
        self._replicator = Replicator(reader, store, archive.log, archive.catalog)
        self._documents = FolderDocuments(archive.layout.root)
        self._planned: int | None = None
        self._mirrored = -1
        self._wake = threading.Event()
        self._stopping = threading.Event()
        self._halted = threading.Event()
        self._thread: threading.Thread | None = None
        self.trouble: str | None = None
        """Why the store is not up to date, for the status; None while it is."""

    def start(self) -> None:
        """Work in a thread until :meth:`stop`."""
        name = f"store-{self._store.name}"
        self._thread = threading.Thread(target=self._run, name=name, daemon=True)
        self._thread.start()

    def wake(self) -> None:
        """Say that the log has gone on. Returns at once."""
        self._wake.set()

    def stop(self) -> None:
        """Stop; a copy under way is given up and made anew some other time."""
        self._stopping.set()
        self._wake.set()
        self._store.close()
        self.join()
        self._store.close()  # by now nothing is under way any more

    def join(self) -> None:
        """Wait until the thread has ended, by :meth:`stop` or by itself."""
        if self._thread is not None:
            self._thread.join()

    def step(self) -> float:
        """Do what there is to do.

        Returns:
            The seconds until it is worth looking again.

        Raises:
            RolledBack: The store knows a log that ours is not the whole of.
            EvidenceError: The archive itself fails.
        """
        try:
            self._do_all(self._store.card().store)
        except (StoreUnavailable, StoreFull) as error:
            self.trouble = error.detail
            return AWAY_S
        self.trouble = None
        return LOOK_S

    def _run(self) -> None:
        while not self._stopping.is_set():
            self._wake.clear()
            try:
                pause_s = self.step()
            except RolledBack as error:
                self.trouble = error.detail
                self._on_rolled_back(error)
                return
            except EvidenceError as error:
                self.trouble = error.detail
                _log.warning("store_not_kept", store=self._store.name, error=error.detail)
                pause_s = AWAY_S
            self._pause(pause_s)

    def _pause(self, pause_s: float) -> None:
        """Wait; only a store that is there is worth being woken for."""
        waited = self._wake if self.trouble is None else self._stopping
        waited.wait(pause_s)

    def _do_all(self, store: str) -> None:
        copying = True
        while copying and not self._stopping.is_set():
            self._mirror()
            self._plan(store)
            copying = self._copy_for_a_while(f"replicate/{store}")

    def _copy_for_a_while(self, kind: str) -> bool:
        """Work jobs off for a slice of time; whether there were any."""
        self._halted.clear()
        until_s = time.monotonic() + SLICE_S
        with ThreadPoolExecutor(self._copies_at_once, f"copy-{self._store.name}") as pool:
            lanes = [
                pool.submit(self._copy_until, until_s, kind) for _ in range(self._copies_at_once)
            ]
        worked = [lane.result() for lane in lanes]  # all, so that no lane's error is lost
        return any(worked)

    def _copy_until(self, until_s: float, kind: str) -> bool:
        worked = False
        while time.monotonic() < until_s and not (self._halted.is_set() or self._stopping.is_set()):
            job = self._state.claim(kind, self._clock(), LEASE_US)
            if job is None:
                break
            worked = True
            self._do(job)
        return worked

    def _mirror(self) -> None:
        if self._mirrored != self._archive.log.size:
            head = mirror_log(
                self._documents, self._store, self._open_note, name=f"store {self._store.name}"
            )
            self._mirrored = head.size

    def _plan(self, store: str) -> None:
        """Offer a job for every copy that is wanted and was not offered before."""
        size = self._archive.catalog.log_size
        if self._planned is None:
            self._store.tidy()
            copies = self._archive.catalog.wanted_copies(store)
            wanted: Iterator[tuple[str, int]] = ((each.sha256, each.seq) for each in copies)
        else:
            entries = LogFiles(self._archive.layout.log).entries(self._planned, size)
            wanted = _wanted_by(entries, store)
        keys = (f"replicate/{store}/{sha256}/{seq}" for sha256, seq in wanted)
        while group := list(islice(keys, ENQUEUED_AT_ONCE)):
            self._state.enqueue(f"replicate/{store}", group, self._clock())
        self._planned = size

    def _do(self, job: Job) -> None:
        sha256 = job.key.split("/")[-2]
        try:
            self._replicator.copy(sha256)
        except EvidenceError as error:
            delay_us = min(FIRST_RETRY_US << min(job.attempts - 1, 20), LONGEST_RETRY_US)
            self._state.failed(job, f"{error.code}: {error.detail}", self._clock() + delay_us)
            _log.warning("copy_failed", store=self._store.name, object=sha256, error=error.detail)
            if isinstance(error, StoreUnavailable | StoreFull):
                self._halted.set()
                raise
        else:
            self._state.done(job, self._clock())


def _wanted_by(entries: Iterator[Entry], store: str) -> Iterator[tuple[str, int]]:
    """The copies that entries make wanted: of new objects, and of copies that were lost."""
    lost = (Act.REPLICATE, store, "evict")
    for entry in entries:
        fields = entry.fields
        told = (entry.act, fields.get("store"), fields.get("operation"))
        if entry.act == Act.INGEST or told == lost:
            yield fields["object"]["sha256"], entry.seq
