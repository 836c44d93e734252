"""``evd backup``: what a checkpoint covers, in another folder, the checkpoint last.

A backup can be taken while the station writes, again and again into the same folder; what is
there already is not copied again. An interrupted one leaves the backup before it whole. Keys
go elsewhere, and only when asked for: who holds a backup must not be able to sign.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from archive.databases import database_errors
from archive.durable import fsync_directory, make_directory, replace_atomically, storage_errors
from archive.errors import StorageError
from archive.keys import copy_keys
from archive.layout import Layout
from archive.replication.extend import Progress
from archive.replication.heads import StoredLog, known_head, read_head, signed_by
from archive.replication.mirror import carry_to, require_beginning
from archive.replication.reader import ObjectReader
from archive.sqlite import copy_database
from archive.stores.documents import FolderDocuments
from archive.stores.interface import ObjectMissing
from archive.stores.landing import LandingStore
from archive.streams.buffers import BufferPool
from hashing.checkpoint import Checkpoint
from hashing.digest import ObjectDigests
from hashing.entry import Act
from hashing.note import VerifierKey

ARCHIVE: Final = "archive"
STATE: Final = "state.sqlite"
CONFIG: Final = "config.toml"


@dataclass(frozen=True, slots=True)
class Station:
    """What a station consists of, to be backed up.

    Attributes:
        archive: The archive directory.
        state: The state database.
        config: The configuration file; None where there is none.
        keys: The log's keys, to verify its checkpoints.
        reader: Where objects are read, for a backup with objects.
    """

    archive: Path
    state: Path
    config: Path | None
    keys: Sequence[VerifierKey]
    reader: ObjectReader | None = None


@dataclass(slots=True)
class BackedUp:
    """What a backup holds now.

    Attributes:
        checkpoint: The log's head that it covers.
        before: Entries that were there already.
        objects: Objects that were copied.
        missing: Objects that no store gave, by digest; the backup lacks them.
    """

    checkpoint: Checkpoint
    before: int = 0
    objects: int = 0
    missing: list[str] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Watching:
    """Who is told how far a backup or restore is.

    Attributes:
        entries: Entries carried over, and how many there are.
        objects: Called with 1 for each object that was looked at.
    """

    entries: Progress = lambda _done, _all: None
    objects: Callable[[int], None] = lambda _: None


UNWATCHED: Final = Watching()
"""Nobody is told."""


def back_up(
    station: Station,
    dest: Path,
    *,
    objects: bool = False,
    watching: Watching = UNWATCHED,
) -> BackedUp:
    """Bring a backup up to the log's newest checkpoint. Takes no lock.

    Args:
        station: What to back up.
        dest: The backup's folder; made if it does not exist.
        objects: Whether to copy objects too.
        watching: Who is told how far it is.

    Raises:
        RolledBack: The folder holds a longer log of this origin, or another one.
        IntegrityError: The folder holds the log of another archive, or ours is damaged.
        StorageError: The folder lies in the archive, or a disk refuses. The backup that was
            there before is whole.
    """
    _refuse_inside(dest, station.archive)
    name, open_note = f"the backup in {dest}", signed_by(station.keys)
    source, target = FolderDocuments(station.archive), FolderDocuments(dest / ARCHIVE)
    log = StoredLog(source)
    head = read_head(log, open_note)
    old = known_head(target, open_note)
    if old is not None:
        require_beginning(log, head.checkpoint, old, name)
    made = BackedUp(head.checkpoint, old.size if old is not None else 0)
    make_directory(dest / ARCHIVE)
    if objects:
        _copy_objects(station, dest, made, watching)
    _copy_beside(station, dest)
    carry_to(source, head, target, old, name=name, progress=watching.entries)
    return made


def back_up_keys(keys: Path, keys_to: Path, station: Station, dest: Path) -> None:
    """Copy the key files to a folder of their own (0700), files 0600.

    Raises:
        StorageError: The folder lies in the archive or in the backup, or holds another key.
        KeyUnavailable: A key cannot be read.
    """
    _refuse_inside(keys_to, station.archive)
    _refuse_inside(keys_to, dest)
    copy_keys(keys, keys_to)


def _refuse_inside(path: Path, folder: Path) -> None:
    if path.resolve().is_relative_to(folder.resolve()):
        raise StorageError(f"{path} lies in {folder}")


def _copy_beside(station: Station, dest: Path) -> None:
    """The state database and the configuration."""
    what = f"cannot copy {station.state}"
    with storage_errors(what), database_errors(what, StorageError):
        if station.state.exists():
            copy_database(station.state, dest / STATE)
            fsync_directory(dest)
    if station.config is not None:
        with storage_errors(f"cannot read {station.config}"):
            data = station.config.read_bytes()
        replace_atomically(dest / CONFIG, data)


def _copy_objects(station: Station, dest: Path, made: BackedUp, watching: Watching) -> None:
    layout = Layout(dest / ARCHIVE)
    for directory in (layout.objects, layout.staging):
        make_directory(directory)
    pool = BufferPool()
    target = LandingStore(layout, pool)
    reader = station.reader or ObjectReader([LandingStore(Layout(station.archive), pool)])
    log = StoredLog(FolderDocuments(station.archive))
    for entry in log.entries(0, made.checkpoint.size):
        if entry.act == Act.INGEST:
            digests = ObjectDigests.from_body(entry.fields["object"])
            if target.stat(digests.sha256) is None:
                try:
                    with reader.open_object(digests.sha256) as found:
                        made.objects += target.put(found, digests)
                except ObjectMissing:
                    made.missing.append(digests.sha256.hex)
            watching.objects(1)
