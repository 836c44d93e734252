"""The landing store: objects on the archive's own disk, ``objects/<aa>/<sha256>``.

Staged bytes lie on the same file system, were synced and read back, and only get their final
name here; a group of them shares the syncs.
"""

import os
from collections.abc import Iterable, Iterator, Sequence
from contextlib import AbstractContextManager, closing
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from archive.durable import (
    fsync_directory,
    link_exclusive,
    make_directory,
    sync_file_system,
)
from archive.layout import Layout
from archive.stores.folder import ObjectFolder, OpenObject
from archive.stores.interface import ObjectMissing, Readable, Removal, StoredObject
from archive.streams.buffers import BUFFER_BYTES, BufferPool
from archive.streams.readback import Progress, prove, read_back
from archive.streams.staged import StagedFile
from hashing.digest import Algorithm, Digest, ObjectDigests

LANDING: Final = "landing"
"""The landing store's id in ``replicate`` entries."""
FEW_DIRECTORIES = 8
"""Up to this many folders are synced one by one; beyond, the whole file system is."""


@dataclass(frozen=True, slots=True)
class ReadyFile:
    """A staged file that is durable and was read back, and the digests it has."""

    path: Path
    digests: ObjectDigests


class LandingStore:
    """Objects on the local disk.

    Args:
        layout: The archive's paths.
        pool: Buffers for copying and reading.
    """

    name = LANDING

    def __init__(self, layout: Layout, pool: BufferPool) -> None:
        self._layout = layout
        self._pool = pool
        self._objects = ObjectFolder(layout, LANDING)

    def install(self, ready: Sequence[ReadyFile]) -> list[bool]:
        """Give a group of staged files their final names, durable when the call returns.

        The staged names stay; whoever made them removes them.

        Returns:
            For each file whether its object is new to the store.
        """
        new: list[bool] = []
        directories: set[Path] = set()
        for file in ready:
            final = self._layout.object(file.digests.sha256)
            make_directory(final.parent)
            new.append(link_exclusive(file.path, final))
            directories.add(final.parent)
        if len(directories) > FEW_DIRECTORIES:
            sync_file_system(self._layout.objects)
        else:
            for directory in sorted(directories):
                fsync_directory(directory)
        return new

    def put(self, staged: Readable, digests: ObjectDigests) -> bool:
        """Take an object's bytes from elsewhere: stage, sync, read back, install."""
        if self.stat(digests.sha256) is not None:
            return False
        name = f"{digests.sha256.hex}.{os.urandom(4).hex()}.put"
        file = StagedFile(self._layout.staging / name, direct=True)
        try:
            with self._pool.borrowed() as buffer:
                for offset in range(0, staged.size_bytes, BUFFER_BYTES):
                    file.write(buffer, staged.read_into(buffer, offset), offset)
            file.finish(sync=True)
            prove(file.path, digests, self._pool)
            return self.install([ReadyFile(file.path, digests)])[0]
        finally:
            file.discard()

    def open_object(self, digest: Digest) -> AbstractContextManager[OpenObject]:
        """Open an object for reading at any offset.

        Raises:
            ObjectMissing: There is none.
        """
        return closing(self._objects.open_file(digest))

    def stat(self, digest: Digest) -> StoredObject | None:
        """What is known of an object, or None where there is none."""
        return self._objects.stat(digest)

    def list_objects(self, after: Digest | None = None) -> Iterator[StoredObject]:
        """All objects, sorted by digest; those behind ``after`` where it is given."""
        return self._objects.list_objects(after)

    def scrub(self, digest: Digest, algorithms: Iterable[Algorithm]) -> ObjectDigests:
        """Read an object whole and tell the digests it really has."""
        return self._objects.scrub(digest, algorithms, self._pool)

    def reread(self, digest: Digest, progress: Progress) -> Digest:
        """The SHA-256 of an object's bytes as the disk gives them, past the page cache.

        Args:
            digest: The object.
            progress: Told the bytes of a large object as they are read; what it raises ends
                the reading.

        Raises:
            ObjectMissing: There is none.
            StorageError: The disk does not give it.
        """
        if self.stat(digest) is None:
            raise ObjectMissing(f"no object {digest} in the store {LANDING}")
        return read_back(self._layout.object(digest), self._pool, progress)

    def set_aside(self, digest: Digest) -> str:
        """Move an object's file into quarantine; the name it has there."""
        return self._objects.set_aside(digest)

    def destroy(self, removal: Removal) -> bool:
        """Remove an object for a recorded reason; whether it was there."""
        return self._objects.remove(removal.digest)
