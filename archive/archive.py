"""An archive, opened for writing by its one writer.

Opening takes the lock, checks that the disk is local, brings the catalog to the log's head and
recovers what a crash left. Reading and verifying need none of this (``archive.log.reader``,
``archive.verify``).
"""

from collections.abc import Callable
from pathlib import Path
from typing import Self

from archive.catalog.catalog import Catalog
from archive.clock import StationClock
from archive.durable import make_directories, make_directory
from archive.errors import KeyUnavailable, NotAnArchive, StorageError
from archive.filesystems import refuse_network
from archive.ingest.engine import Engine
from archive.ingest.policy import IntakePolicy
from archive.ingest.recognise import Recogniser
from archive.ingest.recovery import Recovered, Recovery
from archive.keys import create_log_key, load_log_key
from archive.layout import Layout
from archive.lock import WriterLock
from archive.log.reader import CHECKPOINT, LogFiles
from archive.log.store import LogStore
from archive.log.writer import STATION_ACTOR, LogClosed, LogWriter
from archive.receipts.desk import ReceiptDesk
from archive.stores.landing import LandingStore
from archive.streams.buffers import BufferPool
from hashing.entry import Act, Entry
from hashing.note import SignedNote, VerifierKey

CATCH_UP_ENTRIES = 4096


def station_of(origin: str) -> str:
    """The station's name in an origin ``<organisation>/<station>/<8 hex>``."""
    return origin.rpartition("/")[0].rpartition("/")[2]


def create_archive(root: Path, keys: Path, organisation: str, station: str) -> VerifierKey:
    """Make a new archive with a new key; its log's entry 0 is the key.

    Returns:
        The verifier key, to be kept elsewhere.

    Raises:
        StorageError: There is an archive or a key already, or the disk refuses.
        NetworkFileSystem: The folder is on a network file system.
    """
    layout = Layout(root)
    if (layout.log / CHECKPOINT).exists():
        raise StorageError(f"{root} holds an archive already")
    refuse_network(root)
    for directory in layout.directories():
        make_directory(directory)
    make_directories(layout.object_folders())
    lock = WriterLock(layout.lock, wait_s=0)
    try:
        key = create_log_key(keys, f"{organisation}/{station}")
        log = LogWriter(LogStore(layout.log, key), StationClock(station), lambda *_: None)
        body = {"origin": key.name, "vkey": str(key.verifier)}
        log.append(Act.KEY, body, STATION_ACTOR)
        log.close()
    finally:
        lock.release()
    return key.verifier


class Archive:
    """An archive that this process writes to. Use :meth:`open`, and :meth:`close` at the end.

    Attributes:
        layout: Its paths.
        log: Its log.
        catalog: Its catalog, at the log's head.
        landing: Its landing store.
        engine: Takes files in.
        recogniser: Knows files that were here before.
        receipts: Issues a receipt for every docking.
        pool: Buffers for all copies.
        recovered: What recovery did when it was opened.
    """

    def __init__(self, layout: Layout, lock: WriterLock, keys: Path, policy: IntakePolicy) -> None:
        self.layout = layout
        self._lock = lock
        store = open_log(layout, keys)
        self.pool = BufferPool(policy.buffer_bytes)
        self.landing = LandingStore(layout, self.pool)
        self.catalog = open_catalog(layout)
        clock = StationClock(station_of(store.origin))
        self.log = LogWriter(store, clock, self._project)
        self._listeners: list[Callable[[], None]] = []
        self.engine = Engine(layout, self.landing, self.log, self.catalog, self.pool, policy)
        self.recogniser = Recogniser(self.landing, self.catalog, self.log)
        self.receipts = ReceiptDesk(LogFiles(layout.log), self.catalog)
        self.recovered = Recovered()

    @classmethod
    def open(
        cls,
        root: Path,
        keys: Path,
        policy: IntakePolicy = IntakePolicy(),  # noqa: B008 - frozen
        *,
        wait_s: float = 10.0,
        sweep: bool = True,
        before_log: Callable[[Layout], None] = lambda _: None,
    ) -> Self:
        """Open an archive as its writer.

        Args:
            root: The archive directory.
            keys: The keys directory.
            policy: How files are taken in.
            wait_s: How long to wait for another writer, in seconds.
            sweep: Whether to look through the whole store for objects nobody vouches for.
            before_log: Called as the one writer before the log is opened; here a longer log
                that a further store holds is adopted, or the opening refused.

        Raises:
            NotAnArchive: There is no archive.
            ArchiveBusy: Another process writes to it.
            KeyUnavailable: The signing key cannot be used.
            CatalogDamaged: The catalog cannot be read.
            IntegrityError: The log's head does not hold together.
        """
        archive = cls._alone(root, keys, policy, wait_s, before_log)
        try:
            archive.recovered = _recovery_of(archive).run(sweep=sweep)
        except BaseException:
            archive.close()
            raise
        return archive

    @classmethod
    def open_for_questions(
        cls, root: Path, keys: Path, policy: IntakePolicy, *, wait_s: float = 10.0
    ) -> Self | None:
        """Open an archive in which nothing will be signed; errors as :meth:`open`.

        Its log refuses every entry with ``LOG_CLOSED``.

        Returns:
            The archive; None where something is to be recovered, which only :meth:`open` does.
        """
        archive = cls._alone(root, keys, policy, wait_s, lambda _: None)
        try:
            archive.log.refuse(LogClosed("the archive was opened for questions only"))
            if not _recovery_of(archive).is_needed():
                return archive
        except BaseException:
            archive.close()
            raise
        archive.close()
        return None

    @classmethod
    def _alone(
        cls,
        root: Path,
        keys: Path,
        policy: IntakePolicy,
        wait_s: float,
        before_log: Callable[[Layout], None],
    ) -> Self:
        """Opened as the one writer; nothing is recovered yet."""
        layout = Layout(root)
        if not (layout.log / CHECKPOINT).is_file():
            raise NotAnArchive(f"{root} holds no archive")
        refuse_network(root)
        lock = WriterLock(layout.lock, wait_s)
        try:
            for directory in layout.directories():
                make_directory(directory)
            before_log(layout)
            return cls(layout, lock, keys, policy)
        except BaseException:
            lock.release()
            raise

    def on_commit(self, listener: Callable[[], None]) -> None:
        """Tell ``listener`` whenever the log has grown; it must return at once."""
        self._listeners.append(listener)

    def _project(self, entries: list[Entry], head: str) -> None:
        self.catalog.apply(entries, head)
        for listener in self._listeners:
            listener()

    def close(self) -> None:
        """Finish what was handed to the log, and let others write."""
        self.log.close()
        self.catalog.close()
        self._lock.release()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def _recovery_of(archive: Archive) -> Recovery:
    parts = (archive.layout, archive.landing, archive.log, archive.catalog, archive.pool)
    return Recovery(*parts)


def open_log(layout: Layout, keys: Path) -> LogStore:
    """The log, to be continued by the key that signed its newest checkpoint.

    Raises:
        KeyUnavailable: There is no usable key, or it is another one.
        IntegrityError: The log's head does not hold together.
    """
    key = load_log_key(keys)
    signed = SignedNote.parse(LogFiles(layout.log).checkpoint())
    ours = (key.name, key.verifier.key_hash)
    if ours not in {(each.name, each.key_hash) for each in signed.signatures}:
        raise KeyUnavailable(f"the key in {keys} is {key.verifier}: it did not sign {layout.log}")
    return LogStore.open(layout.log, key)


def open_catalog(layout: Layout) -> Catalog:
    """The catalog at the log's head: caught up if behind, projected anew if it is another's.

    Raises:
        CatalogDamaged: It cannot be read.
    """
    files = LogFiles(layout.log)
    size = files.head().size
    catalog = Catalog.open(layout.catalog)
    try:
        applied = catalog.log_size
        foreign = applied > size or (applied and catalog.head != files.root_at(applied).hex())
        if foreign:
            catalog.rebuild(files.entries(), files.head().root.hex())
        elif applied < size:
            _catch_up(catalog, files, applied, size)
    except BaseException:
        catalog.close()
        raise
    return catalog


def _catch_up(catalog: Catalog, files: LogFiles, applied: int, size: int) -> None:
    """Project what the log has and the catalog has not, in steps that fit in memory."""
    for start in range(applied, size, CATCH_UP_ENTRIES):
        stop = min(start + CATCH_UP_ENTRIES, size)
        catalog.apply(list(files.entries(start, stop)), files.root_at(stop).hex())
