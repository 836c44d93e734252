"""A read-back that follows behind a large copy, so that it ends soon after the copy does.

Only bytes whose direct write has been acknowledged are read, and they are read past the page
cache. The last extent, which the end of the copy still pads and cuts, waits for the sync.
"""

import os
import threading
from pathlib import Path

from archive.durable import storage_errors
from archive.streams.buffers import BUFFER_BYTES, BufferPool
from hashing.digest import Digest, MultiDigest
from hashing.errors import EvidenceError


class FollowingReadBack:
    """Reads one staged file back while it is being written.

    Args:
        path: The staged file, which exists already and takes direct reads.
        pool: Buffers.
    """

    def __init__(self, path: Path, pool: BufferPool) -> None:
        self._name = path.name
        self._pool = pool
        self._digest = MultiDigest()
        self._readable = 0
        self._ended = False
        self._error: EvidenceError | None = None
        self._change = threading.Condition()
        with storage_errors(f"cannot read back {self._name}"):
            self._descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_DIRECT)
        self._thread = threading.Thread(target=self._run, name="read-back", daemon=True)
        self._thread.start()

    def written(self, length: int, offset: int) -> None:
        """Whole buffers up to here have been written; a shorter one waits for the sync."""
        if length == BUFFER_BYTES:
            self._advance(offset + length)

    def finish(self, size_bytes: int) -> Digest:
        """Read the rest of a file that is synced now.

        Returns:
            The SHA-256 of what the disk gave.

        Raises:
            StorageError: The disk does not give it.
        """
        self._advance(size_bytes)
        self.stop()
        if self._error is not None:
            raise self._error
        return self._digest.finish().sha256

    def stop(self) -> None:
        """End the thread after what may be read."""
        with self._change:
            self._ended = True
            self._change.notify()
        self._thread.join()

    def _advance(self, readable: int) -> None:
        with self._change:
            self._readable = max(self._readable, readable)
            self._change.notify()

    def _run(self) -> None:
        offset = 0
        try:
            while (until := self._wait(offset)) > offset:
                offset = self._read(offset, until)
        except EvidenceError as error:
            self._error = error
        finally:
            os.close(self._descriptor)

    def _wait(self, offset: int) -> int:
        """How far may be read: further than ``offset``, or no further when all is over."""
        with self._change:
            self._change.wait_for(lambda: self._readable > offset or self._ended)
            return self._readable

    def _read(self, offset: int, until: int) -> int:
        with self._pool.borrowed() as buffer, storage_errors(f"cannot read back {self._name}"):
            length = min(os.preadv(self._descriptor, [buffer], offset), until - offset)
            if not length:
                raise OSError("the file is shorter than what was written")
            self._digest.update(buffer[:length])
        return offset + length
