"""A bounded rate of reading that gives way to copying and ends at once when asked to."""

import threading
import time
from collections.abc import Callable


class Interrupted(Exception):  # noqa: N818 - an event, caught where reading began
    """Reading was asked to end in the middle of an object."""


class Pace:
    """Told of bytes as they are read, it sleeps as long as the rate asks for.

    Used by one thread. Time that was spent waiting for others is not made up for.

    Args:
        bytes_per_s: The rate.
        stop: Set when reading should end.
        busy: Whether something more important uses the disk just now.
    """

    BUSY_WAIT_S = 1.0

    def __init__(self, bytes_per_s: float, stop: threading.Event, busy: Callable[[], bool]) -> None:
        self._bytes_per_s = bytes_per_s
        self._stop = stop
        self._busy = busy
        self._due_s = time.monotonic()

    def __call__(self, size_bytes: int) -> None:
        """Count bytes, and wait.

        Raises:
            Interrupted: Reading should end.
        """
        self._due_s += size_bytes / self._bytes_per_s
        self._wait(max(0.0, self._due_s - time.monotonic()))
        while self._busy():
            self._wait(self.BUSY_WAIT_S)
        self._due_s = max(self._due_s, time.monotonic())

    def _wait(self, seconds: float) -> None:
        if self._stop.wait(seconds):
            raise Interrupted
