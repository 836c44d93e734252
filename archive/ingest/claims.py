"""Who is deciding about which bytes.

Two dockings may bring the same bytes in the same moment. Whether bytes are new is decided, and
logged, by one of them at a time; the other waits and finds a known object.
"""

import threading
from collections.abc import Iterable, Iterator
from contextlib import contextmanager


class Claims:
    """Exclusive claims on digests, shared by all workers."""

    def __init__(self) -> None:
        self._held: set[str] = set()
        self._freed = threading.Condition()

    @contextmanager
    def holding(self, digests: Iterable[str]) -> Iterator[None]:
        """Claim all of ``digests`` at once for the block; waits until none is taken."""
        wanted = set(digests)
        with self._freed:
            while self._held & wanted:
                self._freed.wait()
            self._held |= wanted
        try:
            yield
        finally:
            with self._freed:
                self._held -= wanted
                self._freed.notify_all()
