"""Staged files: copies under way.

A staged file is never evidence. Large files are written past the page cache where the file
system can (``O_DIRECT``), so that one copy does not push everything else out of memory and the
read-back that follows really comes from the disk.
"""

import ctypes
import errno
import os
from pathlib import Path
from typing import Self

from archive.durable import FILE_MODE, remove, storage_errors
from archive.streams.buffers import ALIGNMENT_BYTES, BUFFER_BYTES

PARTIAL = ".part"
"""Suffix of a staged file; a whole prefix of the source, so that a copy can go on from it."""
HOLED = ".holed"
"""Suffix of a staged file with unreadable extents; such a copy always starts anew."""

STEP_BYTES = 16 * BUFFER_BYTES
"""How far ahead of its bytes a direct copy lets its file end."""
_UNFINISHED = 1
_KEEP_SIZE = 1  # FALLOC_FL_KEEP_SIZE of fallocate(2)

_libc = ctypes.CDLL(None, use_errno=True)
_libc.fallocate.argtypes = (ctypes.c_int, ctypes.c_int, ctypes.c_int64, ctypes.c_int64)


class StagedFile:
    """A file being staged; owned by one copy.

    As a context it closes the file and removes it, unless it was told to keep it.

    Args:
        path: Where it lies. An existing file is continued, unless its bytes have another name
            as well: those are an object's, and no longer a copy's to change.
        direct: Whether to write past the page cache where the file system can.
    """

    def __init__(self, path: Path, *, direct: bool) -> None:
        self.path = path
        self.size_bytes = 0
        self._kept = False
        self._extent = 0
        flags = os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW
        with storage_errors(f"cannot stage {path.name}"):
            self._descriptor, self.direct = self._open(flags, direct=direct)
            if os.fstat(self._descriptor).st_nlink > 1:
                self.close()
                path.unlink()
                self._descriptor, self.direct = self._open(flags | os.O_EXCL, direct=direct)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()
        if not self._kept:
            remove(self.path)

    def keep(self) -> None:
        """Leave the file there at the end of the context."""
        self._kept = True

    def keep_prefix(self) -> None:
        """Leave there what a later copy can go on from: whole buffers without holes."""
        self._kept = self.path.suffix == PARTIAL and self.size_bytes >= BUFFER_BYTES
        if self._kept:
            self.truncate(self.size_bytes // BUFFER_BYTES * BUFFER_BYTES)

    def _open(self, flags: int, *, direct: bool) -> tuple[int, bool]:
        if direct:
            try:
                return os.open(self.path, flags | os.O_DIRECT, FILE_MODE), True
            except OSError as error:
                if error.errno != errno.EINVAL:  # EINVAL: this file system knows no direct writes
                    raise
        return os.open(self.path, flags, FILE_MODE), False

    def resumable_bytes(self) -> int:
        """How much of an earlier copy is there for certain, in whole buffers."""
        with storage_errors(f"cannot stat {self.path.name}"):
            size = os.fstat(self._descriptor).st_size
        if size % BUFFER_BYTES == _UNFINISHED:
            return max(0, size - _UNFINISHED - STEP_BYTES)
        return size // BUFFER_BYTES * BUFFER_BYTES

    def reserve(self, size_bytes: int) -> None:
        """Take the room for a direct copy beforehand, so that its writes only fill blocks in.

        Raises:
            DiskFull: There is no such room.
        """
        if not self.direct or not size_bytes:
            return
        with storage_errors(f"cannot make room for {self.path.name}"):
            if _libc.fallocate(self._descriptor, _KEEP_SIZE, 0, size_bytes) != 0:
                code = ctypes.get_errno()
                if code != errno.EOPNOTSUPP:  # this file system takes room as it is written
                    raise OSError(code, os.strerror(code))

    def truncate(self, size_bytes: int = 0) -> None:
        """Drop everything from ``size_bytes`` on."""
        with storage_errors(f"cannot truncate {self.path.name}"):
            os.ftruncate(self._descriptor, size_bytes)

    def write(self, buffer: memoryview, length: int, offset: int) -> None:
        """Write the first ``length`` bytes of a pool buffer at ``offset``.

        A direct write rounds the last one up to the alignment; :meth:`finish` cuts it off.
        """
        padded = -(-length // ALIGNMENT_BYTES) * ALIGNMENT_BYTES if self.direct else length
        view = buffer[:padded]
        if self.direct and offset + padded > self._extent:
            self._extend(offset + padded)
        with storage_errors(f"cannot stage {self.path.name}"):
            done = 0
            while done < padded:
                done += os.pwrite(self._descriptor, view[done:], offset + done)
        self.size_bytes = max(self.size_bytes, offset + length)

    def _extend(self, needed: int) -> None:
        """Let the file end a step ahead of its bytes: writes within it do not wait for reads.

        The one byte more says, to a later start, that the last step is not certain.
        """
        self._extent = -(-needed // STEP_BYTES) * STEP_BYTES
        self.truncate(self._extent + _UNFINISHED)

    def read_into(self, buffer: memoryview, offset: int) -> int:
        """Read staged bytes back (used to re-hash the prefix of an interrupted copy)."""
        with storage_errors(f"cannot read {self.path.name}"):
            return os.preadv(self._descriptor, [buffer], offset)

    def mark_holed(self) -> None:
        """Note, by name, that this copy has holes and must not be continued after a crash."""
        if self.path.suffix == HOLED:
            return
        with storage_errors(f"cannot rename {self.path.name}"):
            self.path = self.path.rename(self.path.with_suffix(HOLED))

    def finish(self, *, sync: bool) -> None:
        """Cut to size and close; with ``sync`` the bytes are durable afterwards."""
        try:
            self.truncate(self.size_bytes)
            if sync:
                with storage_errors(f"cannot sync {self.path.name}"):
                    os.fsync(self._descriptor)
        finally:
            self.close()

    def close(self) -> None:
        """Let go of the descriptor; what was written stays for a later copy."""
        if self._descriptor >= 0:
            os.close(self._descriptor)
            self._descriptor = -1

    def discard(self) -> None:
        """Close and remove."""
        self.close()
        remove(self.path)
