"""Objects as the files of a folder, ``objects/<aa>/<sha256>``: what every such store shares."""

import os
from collections.abc import Iterable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Final

from archive.durable import fsync_directory, make_directory, remove, storage_errors
from archive.layout import Layout
from archive.stores.interface import ObjectMissing, StoredObject
from archive.stores.reading import Progress, digest_of, unwatched
from archive.streams.buffers import BufferPool
from hashing.digest import HEX_LENGTH, Algorithm, Digest, ObjectDigests

_HEX: Final = frozenset("0123456789abcdef")


class OpenObject:
    """An object's file, open for reading; one thread at a time. To be closed."""

    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor
        self.size_bytes = os.fstat(descriptor).st_size

    def read_into(self, buffer: memoryview, offset: int) -> int:
        """Fill ``buffer`` from ``offset``; the number of bytes read, short only at the end."""
        with storage_errors("cannot read an object"):
            return os.preadv(self._descriptor, [buffer], offset)

    def close(self) -> None:
        """Let go of the descriptor."""
        os.close(self._descriptor)


class ObjectFolder:
    """The objects below one root. Threads may share it.

    Args:
        layout: Where things lie.
        label: What to call the store in errors.
    """

    def __init__(self, layout: Layout, label: str) -> None:
        self._layout = layout
        self._label = label

    def open_file(self, digest: Digest) -> OpenObject:
        """Open an object for reading at any offset.

        Raises:
            ObjectMissing: There is none.
        """
        # Not blocking: what lies there under an object's name may be no regular file.
        flags = os.O_RDONLY | os.O_CLOEXEC | os.O_NOFOLLOW | os.O_NONBLOCK
        with storage_errors(f"cannot open {digest}"):
            try:
                return OpenObject(os.open(self._layout.object(digest), flags))
            except FileNotFoundError:
                raise self._missing(digest) from None

    def stat(self, digest: Digest) -> StoredObject | None:
        """What is known of an object, or None where there is none."""
        with storage_errors(f"cannot stat {digest}"):
            try:
                return StoredObject(digest, self._layout.object(digest).lstat().st_size)
            except FileNotFoundError:
                return None

    def list_objects(self, after: Digest | None = None) -> Iterator[StoredObject]:
        """All objects, sorted by digest; those behind ``after`` where it is given."""
        bound = after.hex if after is not None else ""
        with storage_errors("cannot list objects"):
            if not self._layout.objects.exists():
                return
            folders = sorted(path for path in self._layout.objects.iterdir() if path.is_dir())
        for folder in folders:
            if folder.name >= bound[:2]:
                yield from (found for found in _objects_in(folder) if found.digest.hex > bound)

    def scrub(
        self,
        digest: Digest,
        algorithms: Iterable[Algorithm],
        pool: BufferPool,
        progress: Progress = unwatched,
    ) -> ObjectDigests:
        """Read an object whole and tell the digests it really has."""
        with closing(self.open_file(digest)) as stored:
            return digest_of(stored, algorithms, pool, progress)

    def set_aside(self, digest: Digest) -> str:
        """Move an object's file into quarantine; the name it has there.

        Raises:
            ObjectMissing: There is none.
        """
        name = f"{digest.hex}.{os.urandom(4).hex()}"
        make_directory(self._layout.quarantine)
        with storage_errors(f"cannot set {digest} aside"):
            try:
                self._layout.object(digest).rename(self._layout.quarantine / name)
            except FileNotFoundError:
                raise self._missing(digest) from None
        fsync_directory(self._layout.quarantine)
        fsync_directory(self._layout.object(digest).parent)
        return name

    def remove(self, digest: Digest) -> bool:
        """Remove an object's file, durably; whether it was there."""
        present = self.stat(digest) is not None
        path = self._layout.object(digest)
        remove(path)
        if present:
            fsync_directory(path.parent)
        return present

    def _missing(self, digest: Digest) -> ObjectMissing:
        return ObjectMissing(f"no object {digest} in the store {self._label}")


def _objects_in(folder: Path) -> list[StoredObject]:
    with storage_errors("cannot list objects"), os.scandir(folder) as names:
        return sorted(
            (
                StoredObject(Digest.sha256(n.name), n.stat(follow_symlinks=False).st_size)
                for n in names
                if _is_object_name(folder.name, n.name)
            ),
            key=lambda found: found.digest.hex,
        )


def _is_object_name(folder: str, name: str) -> bool:
    return len(name) == HEX_LENGTH and name.startswith(folder) and _HEX.issuperset(name)
