"""The worker processes of a guarded store: started, lent, killed, and let alone for a while."""

import contextlib
import socket
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Final

from archive.errors import StoreUnavailable
from archive.stores.opening import StoreSpec
from archive.stores.wire import Channel, ChannelBroken

WORKERS: Final = 4
IDLE_WORKERS: Final = 1
FIRST_PAUSE_S: Final = 1.0
LONGEST_PAUSE_S: Final = 300.0
END_S: Final = 1.0
"""How long a worker that was hung up on may take to end."""


class WorkerProcess:
    """A worker process and the channel to it.

    Args:
        spec: The store it serves.
        deadline_s: The longest silence on the channel, in seconds.
    """

    def __init__(self, spec: StoreSpec, deadline_s: float) -> None:
        ours, theirs = socket.socketpair()
        with theirs:
            self._process = subprocess.Popen(
                [sys.executable, "-P", "-m", "archive.stores.worker"],
                stdin=theirs.fileno(),
                cwd="/",
                start_new_session=True,
            )
        self.channel = Channel(ours, deadline_s)
        self.channel.send(spec.as_fields())

    def kill(self) -> None:
        """End it now, and do not wait for that; who waits for its answer is told at once."""
        self._process.kill()

    def has_ended(self) -> bool:
        """Whether the kernel has let go of it."""
        return self._process.poll() is not None

    def end(self) -> None:
        """Hang up and wait a little; kill it if that is not enough."""
        self.channel.close()
        try:
            self._process.wait(END_S)
        except subprocess.TimeoutExpired:
            self._process.kill()
            with contextlib.suppress(subprocess.TimeoutExpired):
                self._process.wait(END_S)


class Workers:
    """The workers of one store, and whether it is worth trying.

    Args:
        spec: The store.
        deadline_s: The longest silence, in seconds.
        clock: Seconds that only go forward.
    """

    def __init__(self, spec: StoreSpec, deadline_s: float, clock: Callable[[], float]) -> None:
        self.spec = spec
        self._deadline_s = deadline_s
        self._clock = clock
        self._free = threading.BoundedSemaphore(WORKERS)
        self._lock = threading.Lock()
        self._idle: list[WorkerProcess] = []
        self._at_work: set[WorkerProcess] = set()
        self._killed: list[WorkerProcess] = []
        self._pause_s = FIRST_PAUSE_S
        self._not_before = -float("inf")

    @contextmanager
    def one(self) -> Iterator[Channel]:
        """A worker for one call; it is killed when its channel breaks.

        Raises:
            StoreUnavailable: There is none to be had, or it broke.
        """
        self._refuse_while_paused()
        if not self._free.acquire(timeout=self._deadline_s):
            raise self._away("all its processes are at work")
        try:
            worker = self._take()
            try:
                yield worker.channel
            except ChannelBroken as error:
                self._drop(worker)
                raise self._away(error.detail) from error
            except BaseException:  # what the channel holds now is anyone's guess
                self._drop(worker, pause=False)
                raise
            self._give_back(worker)
        finally:
            self._free.release()

    def close(self) -> None:
        """End every worker; calls that are under way fail."""
        with self._lock:
            idle, self._idle = self._idle, []
            killed, self._killed = self._killed, []
            for worker in self._at_work:
                worker.kill()
        for worker in (*idle, *killed):
            worker.end()

    def _refuse_while_paused(self) -> None:
        left_s = self._not_before - self._clock()
        if left_s > 0:
            raise self._away(f"it failed lately and is tried again in {left_s:.0f} s")

    def _away(self, detail: str) -> StoreUnavailable:
        return StoreUnavailable(f"store {self.spec.name} at {self.spec.place}: {detail}")

    def _take(self) -> WorkerProcess:
        with self._lock:
            self._killed = [worker for worker in self._killed if not worker.has_ended()]
            worker = self._idle.pop() if self._idle else None
        if worker is None:
            try:
                worker = WorkerProcess(self.spec, self._deadline_s)
            except (OSError, ChannelBroken) as error:
                raise self._away(f"cannot start a process: {error}") from error
        with self._lock:
            self._at_work.add(worker)
        return worker

    def _give_back(self, worker: WorkerProcess) -> None:
        with self._lock:
            self._at_work.discard(worker)
            self._pause_s = FIRST_PAUSE_S
            keep = len(self._idle) < IDLE_WORKERS
            if keep:
                self._idle.append(worker)
        if not keep:
            worker.end()

    def _drop(self, worker: WorkerProcess, *, pause: bool = True) -> None:
        worker.kill()
        worker.channel.close()
        with self._lock:
            self._at_work.discard(worker)
            self._killed.append(worker)
            if pause:
                self._not_before = self._clock() + self._pause_s
                self._pause_s = min(2 * self._pause_s, LONGEST_PAUSE_S)
