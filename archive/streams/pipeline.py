"""Buffers on their way through several threads at once.

One thread reads; the buffer then goes to every stage (a digest, the writer) at the same time
and back to the pool when the last of them is done with it. A stage that fails makes the next
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


class Pipeline:
    """Runs stages in threads of their own, each seeing the buffers in order.

    Args:
        pool: Where buffers go back to.
        stages: What every buffer passes.
    """

    def __init__(self, pool: BufferPool, stages: Sequence[Stage]) -> None:
        self._pool = pool
        self._queues: list[queue.SimpleQueue[_Chunk | None]] = [queue.SimpleQueue() for _ in stages]
        self._error: BaseException | None = None
        self._threads = [
            threading.Thread(target=self._work, args=(stage, inbox), daemon=True)
            for stage, inbox in zip(stages, self._queues, strict=True)
        ]
        for thread in self._threads:
            thread.start()

    def pass_on(self, buffer: memoryview, length: int, offset: int) -> None:
        """Hand a filled buffer to every stage; it belongs to the pipeline afterwards.

        Raises:
            EvidenceError: The error of a stage, if one has failed; the buffer is released.
        """
        if self._error is not None:
            self._pool.release(buffer)
            raise self._error
        chunk = _Chunk(buffer, length, offset, len(self._queues))
        for inbox in self._queues:
            inbox.put(chunk)

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
        for inbox in self._queues:
            inbox.put(None)
        for thread in self._threads:
            thread.join()
        self._queues = []

    def _work(self, stage: Stage, inbox: "queue.SimpleQueue[_Chunk | None]") -> None:
        while (chunk := inbox.get()) is not None:
            try:
                if self._error is None:
                    stage(chunk.buffer, chunk.length, chunk.offset)
            except BaseException as error:  # handed to the reading thread
                self._error = error
            finally:
                self._done(chunk)

    def _done(self, chunk: _Chunk) -> None:
        with chunk.lock:
            chunk.users -= 1
            last = chunk.users == 0
        if last:
            self._pool.release(chunk.buffer)
