"""The catalog projected anew from its log, whatever state it is in.

The one writer's lock is taken, no signing key is needed, and the log is only read. What was
there stays until the new catalog stands; a file that is damaged beyond that is removed first,
and a crash then leaves a catalog that is behind, which the next opening brings up to date.
"""

from collections.abc import Callable, Iterator
from pathlib import Path

from archive.catalog.catalog import Catalog
from archive.errors import CatalogDamaged, NotAnArchive
from archive.filesystems import refuse_network
from archive.layout import Layout
from archive.lock import WriterLock
from archive.log.reader import CHECKPOINT, LogFiles
from hashing.entry import Entry

TOLD_EVERY = 256


def rebuild_catalog(
    root: Path, progress: Callable[[int, int], None], *, wait_s: float = 10.0
) -> int:
    """Make an archive's catalog anew.

    Args:
        root: The archive directory.
        progress: Told of the entries projected and their number, now and then.
        wait_s: How long to wait for another writer, in seconds.

    Returns:
        The number of entries projected.

    Raises:
        NotAnArchive: There is no archive.
        ArchiveBusy: Another process writes to it.
        IntegrityError: The log cannot be read.
    """
    layout = Layout(root)
    if not (layout.log / CHECKPOINT).is_file():
        raise NotAnArchive(f"{root} holds no archive")
    refuse_network(root)
    lock = WriterLock(layout.lock, wait_s)
    try:
        files = LogFiles(layout.log)
        try:
            return _projected(Catalog.open(layout.catalog), files, progress)
        except CatalogDamaged:
            return _projected(Catalog.recreate(layout.catalog), files, progress)
    finally:
        lock.release()


def _projected(catalog: Catalog, files: LogFiles, progress: Callable[[int, int], None]) -> int:
    """Project the whole log into an opened catalog, which is closed then."""
    head = files.head()
    with catalog:
        entries = _watched(files.entries(0, head.size), head.size, progress)
        return catalog.rebuild(entries, head.root.hex())


def _watched(
    entries: Iterator[Entry], total: int, progress: Callable[[int, int], None]
) -> Iterator[Entry]:
    for done, entry in enumerate(entries, 1):
        if done % TOLD_EVERY == 0 or done == total:
            progress(done, total)
        yield entry
