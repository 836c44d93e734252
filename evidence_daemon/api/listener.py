"""A Unix socket to listen on, taken without ever taking it from a living process.

A daemon that was killed leaves its socket behind. It is removed only by whoever holds the
lock beside it, and only after a connection to it was refused; anything else that stands at
the path is left alone. The lock lasts as long as the listener, and the socket's mode is set
before the first connection is possible.
"""

import errno
import fcntl
import os
import socket
import stat
from pathlib import Path

from evidence_daemon.errors import ServiceAlreadyRunning, ServiceError

SOCKET_MODE = 0o660
_BACKLOG = 128


class Listener:
    """A listening socket and the lock that makes its path ours.

    Args:
        path: Where to listen.

    Raises:
        ServiceAlreadyRunning: Another process listens there.
        ServiceError: The path cannot be used.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        try:
            self._lock = _lock(path.with_name(path.name + ".lock"))
            try:
                _remove_stale(path)
                self.socket = _listen(path)
            except BaseException:
                os.close(self._lock)
                raise
        except OSError as error:
            raise ServiceError(f"cannot listen on {path}: {error.strerror}") from error

    def close(self) -> None:
        """Stop listening and remove the socket. May be called twice."""
        if self._lock < 0:
            return
        self.path.unlink(missing_ok=True)
        self.socket.close()
        os.close(self._lock)
        self._lock = -1


def is_listening(path: Path) -> bool:
    """Whether a process listens at a path.

    Raises:
        OSError: It cannot be told, for want of permission above all.
    """
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as probe:
        try:
            probe.connect(os.fspath(path))
        except (FileNotFoundError, ConnectionRefusedError):
            return False
        except OSError as error:
            if error.errno == errno.ENOTDIR:
                return False
            raise
    return True


def _lock(path: Path) -> int:
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError as error:
        os.close(descriptor)
        raise ServiceAlreadyRunning(f"another process holds {path}") from error
    except BaseException:
        os.close(descriptor)
        raise
    return descriptor


def _remove_stale(path: Path) -> None:
    try:
        status = os.lstat(path)
    except FileNotFoundError:
        return
    if not stat.S_ISSOCK(status.st_mode):
        raise ServiceError(f"{path} is there and is not a socket")
    if is_listening(path):
        raise ServiceAlreadyRunning(f"another process listens on {path}")
    os.unlink(path)


def _listen(path: Path) -> socket.socket:
    listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    try:
        listener.bind(os.fspath(path))
        os.chmod(path, SOCKET_MODE)
        listener.listen(_BACKLOG)
    except BaseException:
        listener.close()
        raise
    return listener
