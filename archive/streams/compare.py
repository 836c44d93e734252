"""A read-back that follows behind a large copy, byte for byte.

Every buffer stays in memory until its direct write has been acknowledged and the disk has given
the same bytes back, past the page cache. The end of the file, which the last write pads and
:meth:`~archive.streams.staged.StagedFile.finish` cuts, is read once more after the sync.

Comparing memory costs a tenth of hashing a second time, and leaves the processors to the digests.
"""

import ctypes
import mmap
import os
from pathlib import Path

from archive.durable import storage_errors
from archive.errors import ReadBackMismatch
from archive.streams.buffers import BUFFER_BYTES, BufferPool
from hashing.digest import Digest, sha256_of

OWN_BYTES = 256 * 1024
"""What a comparison reads into while the pool has no buffer to spare."""

_libc = ctypes.CDLL(None)
_libc.memcmp.argtypes = (ctypes.c_void_p, ctypes.c_void_p, ctypes.c_size_t)


def _equal(one: memoryview, other: memoryview) -> bool:
    """Whether two equally long writable buffers hold the same; the interpreter runs on."""
    addresses = [ctypes.addressof(ctypes.c_char.from_buffer(each)) for each in (one, other)]
    return bool(_libc.memcmp(*addresses, len(one)) == 0)


class FollowingReadBack:
    """Compares one staged file with what was meant to be in it, while it is being written.

    Args:
        path: The staged file, which takes direct reads.
        pool: Lends a buffer when it has one to spare; the comparison never waits for one,
            because the buffers others wait for may be waiting for comparisons.
    """

    def __init__(self, path: Path, pool: BufferPool) -> None:
        self._name = path.name
        self._pool = pool
        self._own: memoryview | None = None
        self._end: tuple[int, int, Digest] | None = None
        with storage_errors(f"cannot read back {self._name}"):
            self._descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_DIRECT)

    def check(self, buffer: memoryview, length: int, offset: int) -> None:
        """Compare a buffer that has been written with what the disk holds.

        Raises:
            ReadBackMismatch: The disk holds something else.
            StorageError: The disk gives nothing.
        """
        if length < BUFFER_BYTES:
            self._end = (offset, length, sha256_of(buffer[:length]))
            return
        lent = self._pool.acquire_spare()
        try:
            into = lent if lent is not None else self._own_buffer()
            for start in range(0, length, len(into)):
                self._compare(buffer[start : start + len(into)], into, offset + start)
        finally:
            if lent is not None:
                self._pool.release(lent)

    def finish(self) -> None:
        """Read the end of the file again, which is synced now.

        Raises:
            ReadBackMismatch: The disk holds something else.
            StorageError: The disk gives nothing.
        """
        if self._end is None:
            return
        offset, length, expected = self._end
        with self._pool.borrowed() as buffer:
            count = self._read(buffer, offset)
            if count != length or sha256_of(buffer[:length]) != expected:
                raise ReadBackMismatch(f"{self._name}: other bytes came back from {offset}")

    def close(self) -> None:
        """Let go of the file."""
        os.close(self._descriptor)

    def _compare(self, wrote: memoryview, into: memoryview, offset: int) -> None:
        count = self._read(into, offset)
        if count != len(wrote) or not _equal(wrote, into[:count]):
            raise ReadBackMismatch(f"{self._name}: other bytes came back from {offset}")

    def _read(self, into: memoryview, offset: int) -> int:
        with storage_errors(f"cannot read back {self._name}"):
            return os.preadv(self._descriptor, [into], offset)

    def _own_buffer(self) -> memoryview:
        if self._own is None:
            self._own = memoryview(mmap.mmap(-1, OWN_BYTES))
        return self._own
