"""The only place that makes bytes durable.

Function names are guarantees: when one returns, what its name says has happened and outlives
a power cut (except where the docstring says which second call completes it). No other module
opens an evidence file for writing. Every failure is a :class:`~archive.errors.StorageError`;
after a failed ``fsync`` the descriptor is closed and never synced again, because the kernel
may have dropped the dirty pages and would report success the second time.
"""

import contextlib
import ctypes
import errno
import os
from collections.abc import Iterator, Sequence
from pathlib import Path

from archive.errors import DiskFull, StorageError

FILE_MODE = 0o640
DIRECTORY_MODE = 0o750

_FULL = {errno.ENOSPC, errno.EDQUOT}
_NO_SUCH_CALL = {errno.EINVAL, errno.ENOSYS, errno.EPERM, errno.EOPNOTSUPP, errno.EMLINK}
"""What file systems answer that know no exclusive rename, or no hard links."""
_AT_FDCWD = -100
_RENAME_NOREPLACE = 1
_libc = ctypes.CDLL(None, use_errno=True)


@contextlib.contextmanager
def storage_errors(what: str) -> Iterator[None]:
    """Turn an ``OSError`` of the block into the storage error that names ``what``.

    Raises:
        DiskFull: The file system or the quota has no room.
        StorageError: Anything else the kernel reports.
    """
    try:
        yield
    except OSError as error:
        kind = DiskFull if error.errno in _FULL else StorageError
        raise kind(f"{what}: {error.strerror or error}") from error


def fsync_directory(directory: Path) -> None:
    """Make the names in a directory durable."""
    with storage_errors(f"cannot sync directory {directory}"):
        descriptor = os.open(directory, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)


def fsync_file(path: Path) -> None:
    """Make the bytes of a closed file durable."""
    with storage_errors(f"cannot sync {path}"):
        descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NOFOLLOW)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)


def sync_file_system(inside: Path) -> None:
    """Make everything written so far to the file system that holds ``inside`` durable.

    One call for many small files; since Linux 5.8 it also reports write-back errors.
    """
    with storage_errors(f"cannot sync the file system of {inside}"):
        descriptor = os.open(inside, os.O_RDONLY | os.O_CLOEXEC)
        try:
            if _libc.syncfs(descriptor) != 0:
                code = ctypes.get_errno()
                raise OSError(code, os.strerror(code))
        finally:
            os.close(descriptor)


def make_directory(directory: Path, mode: int = DIRECTORY_MODE) -> None:
    """Make a directory, and those above it, durably; an existing one is left as it is."""
    if directory.is_dir():
        return
    make_directory(directory.parent)
    with storage_errors(f"cannot make directory {directory}"), contextlib.suppress(FileExistsError):
        directory.mkdir(mode)
    fsync_directory(directory.parent)


def make_directories(directories: Sequence[Path], mode: int = DIRECTORY_MODE) -> None:
    """Make directories that share one parent, durably; existing ones are left as they are."""
    for directory in directories:
        with storage_errors(f"cannot make directory {directory}"):
            directory.mkdir(mode, exist_ok=True)
    for parent in {directory.parent for directory in directories}:
        fsync_directory(parent)


def _write_new(path: Path, data: bytes, flags: int, mode: int, *, sync: bool) -> None:
    descriptor = os.open(
        path, os.O_WRONLY | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW | flags, mode
    )
    try:
        view = memoryview(data)
        while view:
            view = view[os.write(descriptor, view) :]
        if sync:
            os.fsync(descriptor)
    finally:
        os.close(descriptor)


def create_exclusive(path: Path, data: bytes, mode: int = FILE_MODE) -> None:
    """Create a file that must not exist yet, its bytes and its name durable.

    Raises:
        StorageError: The name exists (nothing is changed), or the disk refuses.
    """
    with storage_errors(f"cannot create {path}"):
        try:
            _write_new(path, data, os.O_EXCL, mode, sync=True)
        except FileExistsError:
            raise
        except OSError:
            with contextlib.suppress(OSError):
                path.unlink()  # what is cut short must not keep the name
            raise
    fsync_directory(path.parent)


def replace_atomically(path: Path, data: bytes, mode: int = FILE_MODE) -> None:
    """Put ``data`` at ``path``: a reader, and a power cut, sees the old bytes or the new."""
    temporary = path.with_name(f".{path.name}.new")
    with storage_errors(f"cannot write {path}"):
        _write_new(temporary, data, os.O_TRUNC, mode, sync=True)
        temporary.replace(path)
    fsync_directory(path.parent)


def replace_group(files: Sequence[tuple[Path, bytes]]) -> None:
    """Put several files in place, all durable when the call returns.

    Each is seen, and found after a power cut, as it was or whole; in which order they change
    is not said.
    """
    temporary = [path.with_name(f".{path.name}.new") for path, _ in files]
    try:
        for (path, data), new in zip(files, temporary, strict=True):
            make_directory(path.parent)
            with storage_errors(f"cannot write {path}"):
                _write_new(new, data, os.O_TRUNC, FILE_MODE, sync=True)
        for (path, _), new in zip(files, temporary, strict=True):
            with storage_errors(f"cannot write {path}"):
                new.replace(path)
    except StorageError:
        for new in temporary:  # a full disk must not stay full of what nobody asked for
            with contextlib.suppress(StorageError):
                remove(new)
        raise
    for directory in sorted({path.parent for path, _ in files}):
        fsync_directory(directory)


def link_exclusive(staged: Path, final: Path) -> bool:
    """Give staged bytes their final name, never over an existing one.

    The name is durable after :func:`fsync_directory` of its folder or
    :func:`sync_file_system`.

    Returns:
        False when the final name exists already; nothing is changed then.
    """
    with storage_errors(f"cannot install {final}"):
        try:
            os.link(staged, final, follow_symlinks=False)
        except FileExistsError:
            return False
    return True


def move_exclusive(staged: Path, final: Path) -> bool:
    """Move staged bytes to their final name, never over an existing one; the name is durable.

    Works on shares that know neither hard links nor an exclusive rename. There the final name
    is looked up first: enough where one writer gives names that are digests.

    Returns:
        False when the final name exists already; nothing is changed then.
    """
    with storage_errors(f"cannot install {final}"):
        if final.exists() or not _rename_exclusive(staged, final):
            return False
    fsync_directory(final.parent)
    return True


def _rename_exclusive(staged: Path, final: Path) -> bool:
    names = (_AT_FDCWD, os.fsencode(staged), _AT_FDCWD, os.fsencode(final))
    if _libc.renameat2(*names, _RENAME_NOREPLACE) == 0:
        return True
    code = ctypes.get_errno()
    if code == errno.EEXIST:
        return False
    if code not in _NO_SUCH_CALL:
        raise OSError(code, os.strerror(code))
    try:
        os.link(staged, final, follow_symlinks=False)
    except FileExistsError:
        return False
    except OSError as error:
        if error.errno not in _NO_SUCH_CALL:
            raise
        staged.rename(final)
    else:
        staged.unlink()
    return True


def remove(path: Path) -> None:
    """Remove a file; one that is not there is fine. Not synced: removal is never a promise."""
    with storage_errors(f"cannot remove {path}"), contextlib.suppress(FileNotFoundError):
        path.unlink()
