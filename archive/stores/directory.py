"""A folder on a share as a further store: objects and documents in files.

An object is staged in the share itself, synced, opened again, read back, and moved to its name
without replacing anything. Every call goes through the folder's card (:mod:`archive.stores.share`)
and may hang as long as the kernel lets it (:mod:`archive.stores.guarded`).
"""

import os
from collections.abc import Iterable, Iterator, Sequence
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Final

from archive.durable import fsync_file, make_directory, move_exclusive, remove, storage_errors
from archive.errors import StorageError
from archive.layout import Layout
from archive.stores.card import StoreCard
from archive.stores.documents import FolderDocuments
from archive.stores.folder import ObjectFolder
from archive.stores.interface import Document, Readable, Removal, StoredObject
from archive.stores.reading import Progress, unwatched
from archive.stores.share import Share
from archive.streams.buffers import BUFFER_BYTES, BufferPool
from archive.streams.readback import prove
from archive.streams.staged import StagedFile
from hashing.digest import Algorithm, Digest, ObjectDigests
from hashing.errors import EvidenceError
from hashing.note import VerifierKey

STAGED: Final = ".put"
SYNC_BYTES: Final = 64 * 1024 * 1024
"""How much may be written to the page cache before it is synced: a share answers in time."""
LISTED: Final = 1000
"""Objects listed in one look at the folder."""


class DirectoryStore:
    """Objects and documents in a folder that may go away. Threads may share it.

    Args:
        path: The folder.
        name: The store's name in configuration.
        keys: The keys of the archive's log.
        store: The store's id where it was seen before.
        pool: Buffers for writing and reading.
        progress: Told of bytes written, read back and scrubbed.
    """

    def __init__(
        self,
        path: Path,
        name: str,
        keys: Sequence[VerifierKey],
        *,
        store: str | None = None,
        pool: BufferPool | None = None,
        progress: Progress = unwatched,
    ) -> None:
        self.name = name
        self._share = Share(path, name, keys, store)
        self._pool = pool if pool is not None else BufferPool(2 * BUFFER_BYTES)
        self._progress = progress

    def card(self) -> StoreCard:
        """The store's signed identity, read now."""
        with self._share.opened() as (_, card):
            return card

    def put(self, staged: Readable, digests: ObjectDigests) -> bool:
        """Take an object: stage, sync, read back, move to its name."""
        source = _Source(staged)
        try:
            with self._share.opened() as (layout, _):
                return self._put(layout, source, digests)
        except StorageError:
            if source.error is not None:  # not the share's fault
                raise source.error from None
            raise

    def _put(self, layout: Layout, source: Readable, digests: ObjectDigests) -> bool:
        final = layout.object(digests.sha256)
        if self._objects(layout).stat(digests.sha256) is not None:
            return False
        make_directory(layout.staging)
        make_directory(final.parent)
        name = f"{digests.sha256.hex}.{os.urandom(4).hex()}{STAGED}"
        file = StagedFile(layout.staging / name, direct=True)
        try:
            self._fill(file, source)
            prove(file.path, digests, self._pool, self._progress)
            return move_exclusive(file.path, final)
        finally:
            file.discard()

    def _fill(self, file: StagedFile, staged: Readable) -> None:
        with self._pool.borrowed() as buffer:
            for offset in range(0, staged.size_bytes, len(buffer)):
                file.write(buffer, staged.read_into(buffer, offset), offset)
                if not file.direct and (offset + len(buffer)) % SYNC_BYTES == 0:
                    fsync_file(file.path)
                self._progress(len(buffer))
        file.finish(sync=True)

    @contextmanager
    def open_object(self, digest: Digest) -> Iterator[Readable]:
        """Open an object for reading at any offset.

        Raises:
            ObjectMissing: There is none.
        """
        with self._share.opened() as (layout, _):
            stored = self._objects(layout).open_file(digest)
        with closing(stored):
            yield _OnShare(stored, self._share)

    def stat(self, digest: Digest) -> StoredObject | None:
        """What is known of an object, or None where there is none."""
        with self._share.opened() as (layout, _):
            return self._objects(layout).stat(digest)

    def list_objects(self, after: Digest | None = None) -> Iterator[StoredObject]:
        """All objects, sorted by digest; those behind ``after`` where it is given."""
        while page := self.list_page(after, LISTED):
            yield from page
            after = page[-1].digest

    def list_page(self, after: Digest | None, limit: int) -> list[StoredObject]:
        """The next ``limit`` objects behind ``after``, sorted by digest."""
        with self._share.opened() as (layout, _):
            listed = self._objects(layout).list_objects(after)
            return [found for found, _ in zip(listed, range(limit), strict=False)]

    def scrub(self, digest: Digest, algorithms: Iterable[Algorithm]) -> ObjectDigests:
        """Read an object whole and tell the digests it really has."""
        with self._share.opened() as (layout, _):
            return self._objects(layout).scrub(digest, algorithms, self._pool, self._progress)

    def set_aside(self, digest: Digest) -> str:
        """Move an object's file into the store's ``quarantine``; the name it has there."""
        with self._share.opened() as (layout, _):
            return self._objects(layout).set_aside(digest)

    def destroy(self, removal: Removal) -> bool:
        """Remove an object for a recorded reason; whether it was there."""
        with self._share.opened() as (layout, _):
            return self._objects(layout).remove(removal.digest)

    def read_document(self, name: str) -> bytes | None:
        """A document's bytes, or None where there is none."""
        with self._share.opened() as (layout, _):
            return FolderDocuments(layout.root).read_document(name)

    def write_documents(self, documents: Sequence[Document]) -> None:
        """Put documents in place of older ones, all durable when the call returns."""
        with self._share.opened() as (layout, _):
            FolderDocuments(layout.root).write_documents(documents)

    def remove_documents(self, names: Sequence[str]) -> None:
        """Remove documents; what is not there is fine."""
        with self._share.opened() as (layout, _):
            FolderDocuments(layout.root).remove_documents(names)

    def tidy(self) -> int:
        """Remove what interrupted puts left in ``staging``, and say how much."""
        with self._share.opened() as (layout, _):
            if not layout.staging.exists():
                return 0
            with storage_errors("cannot tidy staging"):
                left = [path for path in layout.staging.iterdir() if path.suffix == STAGED]
            for path in left:
                remove(path)
            return len(left)

    def close(self) -> None:
        """Nothing is held between calls."""

    def _objects(self, layout: Layout) -> ObjectFolder:
        return ObjectFolder(layout, self.name)


class _OnShare:
    """An open object whose reading errors are those of a share."""

    def __init__(self, stored: Readable, share: Share) -> None:
        self._stored = stored
        self._share = share
        self.size_bytes = stored.size_bytes

    def read_into(self, buffer: memoryview, offset: int) -> int:
        """Fill ``buffer`` from ``offset``; the number of bytes read, short only at the end."""
        with self._share.errors():
            return self._stored.read_into(buffer, offset)


class _Source:
    """What is put into a store; remembers that it was the source that failed."""

    def __init__(self, staged: Readable) -> None:
        self._staged = staged
        self.size_bytes = staged.size_bytes
        self.error: EvidenceError | None = None

    def read_into(self, buffer: memoryview, offset: int) -> int:
        """Read on; an error is kept."""
        try:
            return self._staged.read_into(buffer, offset)
        except EvidenceError as error:
            self.error = error
            raise
