"""The archive's lock: its holder is the one writer."""

import fcntl
import os
import time
from pathlib import Path

from archive.durable import FILE_MODE, storage_errors
from archive.errors import ArchiveBusy

RETRY_S = 0.05


class WriterLock:
    """An exclusive ``flock``; the kernel lets go of it when the process dies.

    Args:
        path: The lock file.
        wait_s: How long to wait for another holder, in seconds.

    Raises:
        ArchiveBusy: Another process held it all the time.
    """

    def __init__(self, path: Path, wait_s: float = 10.0) -> None:
        with storage_errors(f"cannot open {path}"):
            self._descriptor = os.open(
                path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW, FILE_MODE
            )
        try:
            with storage_errors(f"cannot lock {path}"):
                self._wait(path, time.monotonic() + wait_s)
        except BaseException:
            self.release()
            raise

    def _wait(self, path: Path, deadline_s: float) -> None:
        while not self._taken():
            if time.monotonic() >= deadline_s:
                raise ArchiveBusy(f"another process holds {path}")
            time.sleep(RETRY_S)

    def _taken(self) -> bool:
        try:
            fcntl.flock(self._descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        return True

    def release(self) -> None:
        """Let others write."""
        if self._descriptor >= 0:
            os.close(self._descriptor)
            self._descriptor = -1
