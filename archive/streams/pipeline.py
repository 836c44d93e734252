"""Buffers on their way through several threads at once.

One thread reads; the buffer then goes down every lane (a digest; the writer and, behind it,
the read-back) at the same time, and back to the pool when the last lane is done with it. Each
stage of a lane has a thread of its own. A stage that fails makes the next
:meth:`Pipeline.pass_on` and :meth:`Pipeline.drain` raise its error; nobody waits for ever.
"""

import queue
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from archive.streams.buffers import BufferPool

Stage = Callable[[memoryview, int, int], None]
"""Called with a buffer, the bytes in it, and their offset in the stream."""


@dataclass(slots=True)
class _Chunk:
    buffer: memoryview
    length: int
    offset: int
    users: int
    lock: threading.Lock = field(default_factory=threading.Lock)


_Inbox = queue.SimpleQueue[_Chunk | None]


class Pipeline:
    """Runs stages in threads of their own, each seeing the buffers in order.

    Args:
        pool: Where buffers go back to.
        lanes: Chains of stages; every buffer passes every one.
    """

    def __init__(self, pool: BufferPool, lanes: Sequence[Sequence[Stage]]) -> None:
        self._pool = pool
        self._error: BaseException | None = None
        self._threads: list[threading.Thread] = []
        self._inlets = [self._start(lane) for lane in lanes]

    def _start(self, lane: Sequence[Stage]) -> _Inbox:
        """Start a lane's threads, the last stage first; where its buffers go in."""
        following: _Inbox | None = None
        for stage in reversed(lane):
            inbox: _Inbox = queue.SimpleQueue()
            thread = threading.Thread(
                target=self._work, args=(stage, inbox, following), daemon=True
            )
            thread.start()
            self._threads.append(thread)
            following = inbox
        assert following is not None, "a lane has at least one stage"
        return following

    def pass_on(self, buffer: memoryview, length: int, offset: int) -> None:
        """Hand a filled buffer to every stage; it belongs to the pipeline afterwards.

        Raises:
            EvidenceError: The error of a stage, if one has failed; the buffer is released.
        """
        if self._error is not None:
            self._pool.release(buffer)
            raise self._error
        chunk = _Chunk(buffer, length, offset, len(self._inlets))
        for inlet in self._inlets:
            inlet.put(chunk)

    def drain(self) -> None:
        """Wait until every stage has seen everything, and end the threads.

        Raises:
            EvidenceError: The error of a stage, if one has failed.
        """
        self.stop()
        if self._error is not None:
            raise self._error

    def stop(self) -> None:
        """End the threads after what they have been given; errors are kept to themselves."""
        for inlet in self._inlets:
            inlet.put(None)
        for thread in self._threads:
            thread.join()
        self._inlets = []

    def _work(self, stage: Stage, inbox: _Inbox, following: _Inbox | None) -> None:
        while (chunk := inbox.get()) is not None:
            try:
                if self._error is None:
                    stage(chunk.buffer, chunk.length, chunk.offset)
            except BaseException as error:  # handed to the reading thread
                self._error = error
            finally:
                if following is None:
                    self._done(chunk)
                else:
                    following.put(chunk)
        if following is not None:
            following.put(None)

    def _done(self, chunk: _Chunk) -> None:
        with chunk.lock:
            chunk.users -= 1
            last = chunk.users == 0
        if last:
            self._pool.release(chunk.buffer)
