"""One pool of large aligned buffers for every copy of the station.

Memory stays bounded whatever is docked: a copy that finds the pool empty waits for a buffer of
another. Page-aligned memory is what direct writes need.
"""

import mmap
import threading
from collections.abc import Iterator
from contextlib import contextmanager

BUFFER_BYTES = 4 * 1024 * 1024
ALIGNMENT_BYTES = 4096


class BufferPool:
    """Buffers of :data:`BUFFER_BYTES`, made on demand up to a limit and kept for reuse.

    Args:
        limit_bytes: Memory the pool may take; at least two buffers are always allowed.
    """

    def __init__(self, limit_bytes: int = 64 * 1024 * 1024) -> None:
        self._free: list[memoryview] = []
        self._unmade = max(2, limit_bytes // BUFFER_BYTES)
        self._returned = threading.Condition()

    def acquire(self) -> memoryview:
        """A buffer for the caller alone; waits until there is one."""
        with self._returned:
            while not self._free and not self._unmade:
                self._returned.wait()
            if self._free:
                return self._free.pop()
            self._unmade -= 1
        return memoryview(mmap.mmap(-1, BUFFER_BYTES))

    def acquire_spare(self) -> memoryview | None:
        """A buffer for the caller alone, or None when all are in use."""
        with self._returned:
            if self._free:
                return self._free.pop()
            if not self._unmade:
                return None
            self._unmade -= 1
        return memoryview(mmap.mmap(-1, BUFFER_BYTES))

    def release(self, buffer: memoryview) -> None:
        """Give a buffer back; the caller must not touch it afterwards."""
        with self._returned:
            self._free.append(buffer)
            self._returned.notify()

    @contextmanager
    def borrowed(self) -> Iterator[memoryview]:
        """A buffer for the duration of a block."""
        buffer = self.acquire()
        try:
            yield buffer
        finally:
            self.release(buffer)
