"""A station made again in a folder: its log first, then its configuration, then its objects."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from archive.archive import Archive
from archive.backup.backup import ARCHIVE, CONFIG, STATE, Watching
from archive.backup.restore import KEYS, ObjectsRestored, Restored, restore, restore_objects
from archive.durable import replace_atomically, storage_errors
from archive.keys import load_log_key
from archive.layout import Layout
from archive.replication.reader import ObjectReader
from archive.stores.guarded import GuardedStore
from archive.stores.landing import LandingStore
from archive.streams.buffers import BufferPool
from archive.verify.known import KnownCheckpoint
from evidence_daemon.config.editing import with_values
from evidence_daemon.config.load import load
from evidence_daemon.config.schema import Config
from evidence_daemon.config.shape import Key
from evidence_daemon.service.further import further_stores


@dataclass(frozen=True, slots=True)
class Restoring:
    """What is to be made again, and from what. All paths are absolute.

    Attributes:
        source: A backup's folder, or the folder of a further store.
        into: The station's folder.
        keys: The folder of the keys' backup.
        known: Checkpoints of this log from elsewhere.
        ask_stores: Whether the further stores in the backup's configuration are asked for a
            longer log and for objects.
    """

    source: Path
    into: Path
    keys: Path
    known: Sequence[KnownCheckpoint] = ()
    ask_stores: bool = True

    def run(self, watching: Watching) -> Restored:
        """Make the station's folder, all but its objects.

        Raises:
            EvidenceError: As :func:`archive.backup.restore.restore`; or a known checkpoint was
                not signed by the key; or the configuration cannot be used.
        """
        key = load_log_key(self.keys).verifier
        checkpoints = [one.verify([key]) for one in self.known]
        with self._stores() as stores:
            parts = (self.source, self.into, self.keys)
            restored = restore(*parts, stores=stores, known=checkpoints, watching=watching)
        settle_config(self.into)
        return restored

    def run_objects(self, watching: Watching) -> ObjectsRestored:
        """Bring objects back from the backup and from further stores, as far as they have them.

        Raises:
            StorageError: A store that may have an object is away, or a disk refuses.
        """
        pool = BufferPool()
        folders = [folder for folder in (self.source / ARCHIVE, self.source) if folder.is_dir()]
        near = [LandingStore(Layout(folder), pool) for folder in folders]
        with (
            self._stores() as stores,
            Archive.open(self.into / ARCHIVE, self.into / KEYS, sweep=False) as archive,
        ):
            return restore_objects(archive, ObjectReader([*near, *stores]), watching)

    @contextmanager
    def _stores(self) -> Iterator[list[GuardedStore]]:
        file = self.source / CONFIG
        sections = load(file).config.stores if self.ask_stores and file.exists() else ()
        with further_stores(sections, [load_log_key(self.keys).verifier]) as stores:
            yield stores


def settle_config(folder: Path) -> None:
    """Let a restored configuration speak of the folder that it was restored into.

    A backup holds the paths of the station it was taken from, which may still be there.

    Raises:
        ConfigError: The file cannot be used.
        StorageError: It cannot be written.
    """
    file = folder / CONFIG
    if not file.exists():
        return
    wanted = _paths_of(folder, load(file).config)
    if any(path != present for path, present in wanted.values()):
        with storage_errors(f"cannot read {file}"):
            text = file.read_text("utf-8")
        values: dict[Key, object] = {key: str(path) for key, (path, _) in wanted.items()}
        replace_atomically(file, with_values(text, values).encode())
        load(file)


def _paths_of(folder: Path, config: Config) -> dict[Key, tuple[Path, Path]]:
    """The paths that must be of this folder, each beside the one the configuration has."""
    archive, socket = config.archive, config.station.socket
    paths: dict[Key, tuple[Path, Path]] = {
        ("archive", "directory"): (folder / ARCHIVE, archive.directory),
        ("archive", "keys_directory"): (folder / KEYS, archive.keys_directory),
        ("archive", "state_file"): (folder / STATE, archive.state_file),
    }
    if socket.parent == archive.directory.parent:
        paths["station", "socket"] = (folder / socket.name, socket)
    return paths
