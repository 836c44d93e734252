"""The landing store: objects on the archive's own disk, ``objects/<aa>/<sha256>``.

Staged bytes lie on the same file system, were synced and read back, and only get their final
name here; a group of them shares the syncs.
"""

import os
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from archive.durable import (
    fsync_directory,
    link_exclusive,
    make_directory,
    remove,
    storage_errors,
    sync_file_system,
)
from archive.layout import Layout
from archive.stores.interface import (
    ObjectMissing,
    Readable,
    Removal,
    StoredObject,
)
from archive.stores.reading import digest_of, is_object_name
from archive.streams.buffers import BUFFER_BYTES, BufferPool
from archive.streams.readback import prove
from archive.streams.staged import StagedFile
from hashing.digest import Algorithm, Digest, ObjectDigests

FEW_DIRECTORIES = 8
"""Up to this many folders are synced one by one; beyond, the whole file system is."""


@dataclass(frozen=True, slots=True)
class ReadyFile:
    """A staged file that is durable and was read back, and the digests it has."""

    path: Path
    digests: ObjectDigests


class OpenObject:
    """An object's file, open for reading; one thread at a time."""

    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor
        self.size_bytes = os.fstat(descriptor).st_size

    def read_into(self, buffer: memoryview, offset: int) -> int:
        """Fill ``buffer`` from ``offset``; the number of bytes read, 0 at the end."""
        with storage_errors("cannot read an object"):
            return os.preadv(self._descriptor, [buffer], offset)


class LandingStore:
    """Objects on the local disk.

    Args:
        layout: The archive's paths.
        pool: Buffers for copying and reading.
    """

    name = "landing"

    def __init__(self, layout: Layout, pool: BufferPool) -> None:
        self._layout = layout
        self._pool = pool

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
        file = StagedFile(self._layout.staging / f"{digests.sha256.hex}.put", direct=True)
        try:
            file.truncate()
            with self._pool.borrowed() as buffer:
                for offset in range(0, staged.size_bytes, BUFFER_BYTES):
                    file.write(buffer, staged.read_into(buffer, offset), offset)
            file.finish(sync=True)
            prove(file.path, digests, self._pool)
            return self.install([ReadyFile(file.path, digests)])[0]
        finally:
            file.discard()

    @contextmanager
    def open_object(self, digest: Digest) -> Iterator[OpenObject]:
        """Open an object for reading at any offset.

        Raises:
            ObjectMissing: There is none.
        """
        path = self._layout.object(digest)
        with storage_errors(f"cannot open {path.name}"):
            try:
                descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NOFOLLOW)
            except FileNotFoundError:
                raise ObjectMissing(f"no object {digest} in the landing store") from None
        try:
            yield OpenObject(descriptor)
        finally:
            os.close(descriptor)

    def stat(self, digest: Digest) -> StoredObject | None:
        """What is known of an object, or None where there is none."""
        try:
            return StoredObject(digest, self._layout.object(digest).lstat().st_size)
        except FileNotFoundError:
            return None

    def list_objects(self) -> Iterator[StoredObject]:
        """All objects, sorted by digest."""
        with storage_errors("cannot list objects"):
            folders = sorted(path for path in self._layout.objects.iterdir() if path.is_dir())
            for folder in folders:
                with os.scandir(folder) as names:
                    found = sorted((n.name, n.stat(follow_symlinks=False).st_size) for n in names)
                for name, size in found:
                    if is_object_name(folder.name, name):
                        yield StoredObject(Digest.sha256(name), size)

    def scrub(self, digest: Digest, algorithms: Iterable[Algorithm]) -> ObjectDigests:
        """Read an object whole and tell the digests it really has."""
        with self.open_object(digest) as stored:
            return digest_of(stored, algorithms, self._pool)

    def set_aside(self, digest: Digest) -> str:
        """Move an object's file into quarantine; the name it has there."""
        name = f"{digest.hex}.{os.urandom(4).hex()}"
        with storage_errors(f"cannot set {digest} aside"):
            self._layout.object(digest).rename(self._layout.quarantine / name)
        fsync_directory(self._layout.quarantine)
        fsync_directory(self._layout.object(digest).parent)
        return name

    def destroy(self, removal: Removal) -> bool:
        """Remove an object for a recorded reason; whether it was there."""
        present = self.stat(removal.digest) is not None
        path = self._layout.object(removal.digest)
        remove(path)
        if present:
            fsync_directory(path.parent)
        return present
