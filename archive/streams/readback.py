"""What was written is read back from the disk, not from the page cache, and compared.

A disk, a cable or a controller that changes bytes on their way is found while the recorder
still holds the original.
"""

import errno
import os
from collections.abc import Callable
from pathlib import Path

from archive.durable import storage_errors
from archive.errors import ReadBackMismatch
from archive.streams.buffers import BUFFER_BYTES, BufferPool
from archive.streams.pipeline import Pipeline
from hashing.digest import Digest, MultiDigest, ObjectDigests

Progress = Callable[[int], None]
"""Told the number of bytes read since the last call."""


def _open_past_cache(path: Path) -> int:
    flags = os.O_RDONLY | os.O_CLOEXEC | os.O_NOFOLLOW
    try:
        return os.open(path, flags | os.O_DIRECT)
    except OSError as error:
        if error.errno != errno.EINVAL:
            raise
    descriptor = os.open(path, flags)  # no direct reads here: drop the cached pages instead
    os.posix_fadvise(descriptor, 0, 0, os.POSIX_FADV_DONTNEED)
    return descriptor


def _unwatched(_: int) -> None:
    pass


def read_back(path: Path, pool: BufferPool, progress: Progress = _unwatched) -> Digest:
    """The SHA-256 of a durable file's bytes as the disk gives them.

    Raises:
        StorageError: The disk does not give them.
    """
    digest = MultiDigest()
    with storage_errors(f"cannot read back {path.name}"):
        descriptor = _open_past_cache(path)
        try:
            size_bytes = os.fstat(descriptor).st_size
            if size_bytes <= BUFFER_BYTES:
                _hash_here(descriptor, digest, pool)
            else:
                _hash_beside(descriptor, size_bytes, digest, pool, progress)
        finally:
            os.close(descriptor)
    return digest.finish().sha256


def _hash_here(descriptor: int, digest: MultiDigest, pool: BufferPool) -> None:
    """One buffer is not worth a thread."""
    with pool.borrowed() as buffer:
        length = os.preadv(descriptor, [buffer], 0)
        digest.update(buffer[:length])


def _hash_beside(
    descriptor: int, size_bytes: int, digest: MultiDigest, pool: BufferPool, progress: Progress
) -> None:
    """Read in this thread while another hashes."""
    pipeline = Pipeline(pool, [[lambda buffer, length, _: digest.update(buffer[:length])]])
    try:
        for offset in range(0, size_bytes, BUFFER_BYTES):
            buffer = pool.acquire()
            try:
                length = os.preadv(descriptor, [buffer], offset)
            except OSError:
                pool.release(buffer)
                raise
            pipeline.pass_on(buffer, length, offset)
            progress(length)
    finally:
        pipeline.stop()


def prove(
    path: Path, expected: ObjectDigests, pool: BufferPool, progress: Progress = _unwatched
) -> None:
    """Raise unless the disk gives back what was staged.

    Raises:
        ReadBackMismatch: It gives other bytes.
        StorageError: It gives none.
    """
    found = read_back(path, pool, progress)
    if found != expected.sha256:
        raise ReadBackMismatch(f"{path.name}: wrote {expected.sha256}, read back {found}")
