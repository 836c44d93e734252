"""``evd restore``: a station's folder made again from a backup, or from a store's mirror.

The log is verified whole before anything is made, its tiles are made anew, and the catalog is
projected from it. Whoever may hold a longer log is asked before the ``restore`` entry is
signed: an old backup must not fork a history that a store still knows.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from archive.archive import Archive
from archive.backup.backup import ARCHIVE, CONFIG, STATE, UNWATCHED, Watching
from archive.durable import make_directory, replace_atomically, storage_errors
from archive.errors import KeyUnavailable, NotAnArchive, StorageError
from archive.filesystems import refuse_network
from archive.keys import copy_keys, load_log_key, retire_witness_key
from archive.layout import Layout
from archive.lock import WriterLock
from archive.log.reader import CHECKPOINT
from archive.log.writer import STATION_ACTOR
from archive.replication.extend import Extension
from archive.replication.heads import LOG, OpenNote, StoredLog, read_head, signed_by
from archive.replication.reader import ObjectReader
from archive.replication.reconcile import Reconciled, reconcile
from archive.replication.replicator import object_digests
from archive.stores.documents import FolderDocuments
from archive.stores.interface import Documents, FurtherStore, ObjectMissing
from hashing.checkpoint import Checkpoint
from hashing.entry import Act
from hashing.errors import EvidenceError
from hashing.findings import Severity
from hashing.note import SigningKey, VerifierKey
from hashing.verifier import verify_log

KEYS: Final = "keys"


@dataclass(frozen=True, slots=True)
class Restored:
    """What was made again.

    Attributes:
        checkpoint: The log's head in the source.
        reconciled: What further stores knew beyond it.
        size: Entries now, the ``restore`` entry included.
    """

    checkpoint: Checkpoint
    reconciled: Reconciled
    size: int


@dataclass(slots=True)
class ObjectsRestored:
    """What became of objects.

    Attributes:
        present: How many lay there already.
        restored: How many were copied back and read back.
        missing: Those that no store gave, by digest.
    """

    present: int = 0
    restored: int = 0
    missing: list[str] = field(default_factory=list)


def restore(
    source: Path,
    into: Path,
    keys: Path,
    *,
    stores: Sequence[FurtherStore] = (),
    known: Sequence[Checkpoint] = (),
    watching: Watching = UNWATCHED,
) -> Restored:
    """Make a station's folder again. Never over an existing archive.

    The key by which the station witnesses others is set aside: a witness that has forgotten what
    it cosigned must not go on under the same key.

    Args:
        source: The backup's folder.
        into: The station's folder: ``archive``, ``keys``, ``state.sqlite``, ``config.toml``.
        keys: The folder of the keys' backup.
        stores: Further stores that may hold a longer log; every one must answer.
        known: Checkpoints of this log from elsewhere, their signatures verified.
        watching: Who is told how far it is.

    Raises:
        NotAnArchive: There is no backup.
        StorageError: There is an archive already, or a disk refuses.
        KeyUnavailable: The key cannot be used.
        StoreUnavailable: A store cannot be asked; nothing was made.
        IntegrityError: The backup's log does not hold together, or (RolledBack) somebody
            knows a log that it cannot become; no entry was signed.
    """
    layout = Layout(into / ARCHIVE)
    if (layout.log / CHECKPOINT).exists():
        raise StorageError(f"{layout.root} holds an archive already")
    refuse_network(into)
    documents = _documents_in(source)
    open_note = signed_by(_keys_of_whole(StoredLog(documents), load_log_key(keys)))
    for store in stores:
        store.card()
    _copy_beside(source, into)
    copy_keys(keys, into / KEYS)
    retire_witness_key(into / KEYS)  # the state is old: it has forgotten what was cosigned since
    checkpoint, reconciled = _restore_log(documents, layout, open_note, stores, known, watching)
    with Archive.open(layout.root, into / KEYS, sweep=False) as archive:
        body = {"source": str(source), "size": checkpoint.size, "root": checkpoint.root.hex()}
        archive.log.append(Act.RESTORE, body, STATION_ACTOR)
        return Restored(checkpoint, reconciled, archive.log.size)


def restore_objects(
    archive: Archive,
    reader: ObjectReader,
    watching: Watching = UNWATCHED,
) -> ObjectsRestored:
    """Bring back the landing copies of objects. May be called again until none is missing.

    Objects that were let go on purpose are left where they are.

    Args:
        archive: The archive.
        reader: Where objects are read: further stores, a backup's objects.
        watching: Told of every object.

    Raises:
        StorageError: A store that may have an object is away, or a disk refuses.
    """
    made = ObjectsRestored()
    for row in archive.catalog.objects():
        digests = object_digests(archive.catalog, row.sha256)
        if archive.landing.stat(digests.sha256) is not None:
            made.present += 1
        elif not _let_go(archive, row.sha256):
            try:
                with reader.open_object(digests.sha256) as found:
                    archive.landing.put(found, digests)
                made.restored += 1
            except ObjectMissing:
                made.missing.append(row.sha256)
        watching.objects(1)
    return made


def _let_go(archive: Archive, sha256: str) -> bool:
    replicas = archive.catalog.replicas(sha256)
    return any(r.store == archive.landing.name and not r.present for r in replicas)


def _documents_in(source: Path) -> FolderDocuments:
    """The log and what belongs to it, in a backup or in the folder of a further store."""
    for folder in (source / ARCHIVE, source):
        documents = FolderDocuments(folder)
        if documents.read_document(f"{LOG}/{CHECKPOINT}") is not None:
            return documents
    raise NotAnArchive(f"no backup in {source}")


def _keys_of_whole(log: StoredLog, key: SigningKey) -> list[VerifierKey]:
    """The log's keys, after the whole verification; ``key`` must be one of them."""
    verdict = verify_log(log, None)
    for finding in verdict.findings:
        if finding.severity is Severity.ERROR:
            raise finding.kind(f"{finding.subject}: {finding.detail}")
    keys = [each for _, each in verdict.keys]
    if key.verifier not in keys:
        raise KeyUnavailable(f"{key.verifier} is not a key of the log {verdict.origin}")
    return keys


def _restore_log(
    documents: Documents,
    layout: Layout,
    open_note: OpenNote,
    stores: Sequence[FurtherStore],
    known: Sequence[Checkpoint],
    watching: Watching,
) -> tuple[Checkpoint, Reconciled]:
    for directory in layout.directories():
        make_directory(directory)
    lock = WriterLock(layout.lock, wait_s=0)
    try:
        head = read_head(StoredLog(documents), open_note)
        target = FolderDocuments(layout.root)
        Extension(documents, head, target, None, watching.entries).run()
        try:
            return head.checkpoint, reconcile(layout, open_note, stores, known)
        except EvidenceError:  # not an archive to go on with; restore may be tried again
            target.remove_documents([f"{LOG}/{CHECKPOINT}"])
            raise
    finally:
        lock.release()


def _copy_beside(source: Path, into: Path) -> None:
    """The state database and the configuration, where the backup has them and we do not."""
    make_directory(into)
    for name in (STATE, CONFIG):
        with storage_errors(f"cannot read {source / name}"):
            if (into / name).exists() or not (source / name).exists():
                continue
            data = (source / name).read_bytes()
        replace_atomically(into / name, data)
