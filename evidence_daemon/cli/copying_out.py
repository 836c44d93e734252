"""A copy of a recording, put where a person asked: whole and proven, or not at all.

The bytes go to a temporary file beside the wanted one, are hashed on the way, and get the
wanted name only once they are durable and are the recording. An existing file is never
replaced.
"""

import contextlib
import errno
import hashlib
import os
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import BinaryIO

from archive.errors import StorageError
from hashing.errors import Bilingual, DigestMismatch

_NO_HARD_LINKS = frozenset({errno.EPERM, errno.EOPNOTSUPP, errno.ENOSYS, errno.EMLINK})


class CopyNotWritten(StorageError):  # noqa: N818 - named for the state
    """A copy could not be written where it was asked for."""

    code = "COPY_NOT_WRITTEN"
    meaning = Bilingual(
        zh="没有留下副本；档案库不受影响。若副本已开始写出，日志中已有记录。",
        en="No copy was left behind; the archive is unaffected. Had the copy begun, the log "
        "says that it was asked for.",
    )
    action = Bilingual(
        zh="换一个尚不存在的文件名，并确认目标磁盘有空间、可写入。",
        en="Name a file that does not exist, on a disk that has room and may be written.",
    )


class CopyTarget:
    """The file that a copy is to become. Use :func:`copy_target`."""

    def __init__(self, path: Path, file: BinaryIO) -> None:
        self._path = path
        self._file = file

    def take(self, chunks: Iterable[bytes], sha256: str, told: Callable[[int], None]) -> None:
        """Write a copy and give it its name.

        Args:
            chunks: The bytes.
            sha256: What they must hash to.
            told: Called with the number of bytes written so far.

        Raises:
            DigestMismatch: They are not the recording; nothing is left behind.
            CopyNotWritten: The disk refused, or the name was taken meanwhile.
        """
        with _refusals(self._path):
            pour(chunks, self._file, sha256, told)
            self._file.flush()
            os.fsync(self._file.fileno())
            _name(Path(self._file.name), self._path)
            _sync_names(self._path.parent)


@contextlib.contextmanager
def copy_target(path: Path) -> Iterator[CopyTarget]:
    """Make ready to receive a copy; whatever is unfinished at the end is removed.

    Raises:
        CopyNotWritten: The file exists already, or none can be made there.
    """
    if os.path.lexists(path):
        raise CopyNotWritten(f"{path} is there already and is not replaced")
    temporary = path.with_name(f".evd-{os.urandom(8).hex()}.part")
    with _refusals(path):
        file = open(temporary, "xb")  # noqa: SIM115 - closed below, before it is removed
    try:
        with file:
            yield CopyTarget(path, file)
    finally:
        temporary.unlink(missing_ok=True)


def write_new(path: Path, data: bytes) -> None:
    """Write a small file that was not there before, durably.

    Raises:
        CopyNotWritten: The file exists already, or the disk refused.
    """
    with copy_target(path) as target:
        target.take([data], hashlib.sha256(data).hexdigest(), lambda _: None)


def pour(chunks: Iterable[bytes], file: BinaryIO, sha256: str, told: Callable[[int], None]) -> None:
    """Write bytes to a file that is open, and prove at the end what they were.

    Raises:
        DigestMismatch: They are not the recording.
    """
    digest, done = hashlib.sha256(), 0
    for chunk in chunks:
        file.write(chunk)
        digest.update(chunk)
        done += len(chunk)
        told(done)
    if digest.hexdigest() != sha256:
        raise DigestMismatch(f"the copy has sha256:{digest.hexdigest()}, not sha256:{sha256}")


@contextlib.contextmanager
def _refusals(path: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise CopyNotWritten(f"cannot write {path}: {error.strerror or error}") from error


def _sync_names(directory: Path) -> None:
    descriptor = os.open(directory, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _name(temporary: Path, path: Path) -> None:
    """Give a finished copy its name, never over another file.

    A medium without hard links, such as a FAT stick, leaves a moment between looking and
    naming in which another program could make the file.
    """
    try:
        os.link(temporary, path, follow_symlinks=False)
    except OSError as error:
        if error.errno not in _NO_HARD_LINKS:
            raise
        if os.path.lexists(path):
            raise FileExistsError(errno.EEXIST, os.strerror(errno.EEXIST)) from error
        temporary.rename(path)
