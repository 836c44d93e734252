"""A recorder that fails as real ones do: bad sectors, an unplug, files still being written.

Nothing is done to the recorder behind it. What a fault changes is overlaid on what is read,
so that a test can say which bytes must end up where.

A bad extent behaves as a bad sector does under the kernel: a read that begins before it is
short and stops at it, a read that begins inside it is refused.
"""

import threading
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from types import TracebackType
from typing import Self

from drivers.errors import RecorderVanished, UnreadableExtent
from drivers.recorder import IdentityEvidence, Listing, OpenFile, Recorder, RecorderFile

_MTIME_STEP_US = 2_000_000


@dataclass(frozen=True, slots=True)
class Change:
    """A file that is still being written while it is read.

    Attributes:
        after_bytes: The change happens once a reader has got this far.
        append: What is appended.
        patch: ``(offset, bytes)`` pairs that overwrite what was there; the first change only.
        times: How many openings see a change: one more than the reader tries makes the file
            never come to rest.
    """

    after_bytes: int = 0
    append: bytes = b""
    patch: Sequence[tuple[int, bytes]] = ()
    times: int = 1


@dataclass(frozen=True, slots=True)
class Faults:
    """What goes wrong. Extents are ``(offset, length)`` in bytes; paths are those of the listing.

    Attributes:
        bad_extents: Bytes of files that the medium refuses.
        unopenable: Files that cannot even be opened.
        vanish_after_bytes: The recorder goes away once it has given so many bytes in all.
        changes: Files that change while they are read.
        read_delay_s: How long every read takes at least.
    """

    bad_extents: Mapping[bytes, Sequence[tuple[int, int]]] = field(default_factory=dict)
    unopenable: frozenset[bytes] = frozenset()
    vanish_after_bytes: int | None = None
    changes: Mapping[bytes, Change] = field(default_factory=dict)
    read_delay_s: float = 0.0


class FaultyRecorder:
    """Any recorder with faults; see :class:`drivers.recorder.Recorder`. Threads may share it.

    Args:
        inner: The recorder that is read.
        faults: What goes wrong with it.
    """

    def __init__(self, inner: Recorder, faults: Faults) -> None:
        self._inner = inner
        self._lock = threading.Lock()
        self._budget = faults.vanish_after_bytes
        self._gone = False
        self._changed: dict[bytes, int] = {}
        self.faults = faults

    @property
    def driver(self) -> str:
        """The driver behind it."""
        return self._inner.driver

    @property
    def source(self) -> str:
        """Where the recorder behind it is docked."""
        return self._inner.source

    def evidence(self) -> Sequence[IdentityEvidence]:
        """What the recorder behind it shows of itself."""
        return self._inner.evidence()

    def list_files(self) -> Listing:
        """The listing of the recorder behind it, with what has changed by now."""
        self.require_presence()
        listing = self._inner.list_files()
        return replace(listing, files=tuple(map(self._as_now, listing.files)))

    def open(self, file: RecorderFile) -> "FaultyFile":
        """Open a file, unless it is one that cannot be opened."""
        self.require_presence()
        if file.path in self.faults.unopenable:
            raise UnreadableExtent(f"{file.path!r} cannot be opened")
        return FaultyFile(self, self._inner.open(file), file.path)

    def is_present(self) -> bool:
        """Whether it has not gone away yet."""
        return not self._gone and self._inner.is_present()

    def close(self) -> None:
        """Let go of the recorder behind it."""
        self._inner.close()

    def vanish(self) -> None:
        """Go away now."""
        self._gone = True

    def require_presence(self) -> None:
        """Raise once the recorder is gone.

        Raises:
            RecorderVanished: It is.
        """
        if self._gone:
            raise RecorderVanished(f"{self.source} went away")

    def grant(self, wanted_bytes: int) -> int:
        """How many bytes a read may still give.

        Raises:
            RecorderVanished: None: this read finds the recorder gone.
        """
        with self._lock:
            if self._budget is not None:
                self._gone = self._gone or (self._budget == 0 and wanted_bytes > 0)
                wanted_bytes = min(wanted_bytes, self._budget)
        self.require_presence()
        return wanted_bytes

    def spend(self, read_bytes: int) -> None:
        """Count what a read gave."""
        with self._lock:
            if self._budget is not None:
                self._budget = max(0, self._budget - read_bytes)

    def changes_of(self, path: bytes) -> int:
        """How often a file has changed by now."""
        with self._lock:
            return self._changed.get(path, 0)

    def change(self, path: bytes) -> None:
        """Let a file change once more, if it still may."""
        with self._lock:
            done = self._changed.get(path, 0)
            self._changed[path] = min(done + 1, self.faults.changes[path].times)

    def _as_now(self, file: RecorderFile) -> RecorderFile:
        times = self.changes_of(file.path)
        if not times:
            return file
        grown_bytes = times * len(self.faults.changes[file.path].append)
        return replace(
            file,
            size_bytes=file.size_bytes + grown_bytes,
            mtime_us=file.mtime_us + times * _MTIME_STEP_US,
        )


class FaultyFile:
    """An open file of a :class:`FaultyRecorder`; one thread at a time."""

    def __init__(self, recorder: FaultyRecorder, inner: OpenFile, path: bytes) -> None:
        self._recorder = recorder
        self._inner = inner
        self._path = path
        self._change = recorder.faults.changes.get(path)
        self._may_change = self._change is not None

    def read_into(self, buffer: memoryview, offset: int) -> int:
        """Read as the file behind it does, with the faults planned for it.

        Raises:
            UnreadableExtent: ``offset`` lies in a bad extent.
            RecorderVanished: The recorder has gone away.
        """
        time.sleep(self._recorder.faults.read_delay_s)
        self._change_when_due(offset)
        length = self._until_bad(offset, len(buffer))
        length = self._recorder.grant(length)
        read = self._overlaid(buffer[:length], offset)
        self._recorder.spend(read)
        return read

    def restat(self) -> tuple[int, int]:
        """Size in bytes and modification time in microseconds, with what has changed."""
        self._recorder.require_presence()
        size_bytes, mtime_us = self._inner.restat()
        times = self._recorder.changes_of(self._path)
        return size_bytes + len(self._grown(times)), mtime_us + times * _MTIME_STEP_US

    def _change_when_due(self, offset: int) -> None:
        if self._may_change and self._change and offset >= self._change.after_bytes:
            self._may_change = False
            self._recorder.change(self._path)

    def _until_bad(self, offset: int, length: int) -> int:
        """How far a read may go before the next bad extent."""
        for start, bad_bytes in self._recorder.faults.bad_extents.get(self._path, ()):
            if start <= offset < start + bad_bytes:
                raise UnreadableExtent(f"{self._path!r} cannot be read at {offset}")
            if offset < start < offset + length:
                length = start - offset
        return length

    def _overlaid(self, buffer: memoryview, offset: int) -> int:
        read = self._inner.read_into(buffer, offset)
        times = self._recorder.changes_of(self._path)
        if read == 0 and times:
            beyond = offset - self._inner.restat()[0]
            piece = self._grown(times)[beyond : beyond + len(buffer)]
            read = len(piece)
            buffer[:read] = piece
        if times and self._change:
            for start, data in self._change.patch:
                _patch(buffer[:read], offset, start, data)
        return read

    def _grown(self, times: int) -> bytes:
        return self._change.append * times if self._change else b""

    def __enter__(self) -> Self:
        self._inner.__enter__()
        return self

    def __exit__(
        self,
        exc_type: type[BaseException] | None,
        exc: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._inner.__exit__(exc_type, exc, traceback)


def _patch(buffer: memoryview, offset: int, start: int, data: bytes) -> None:
    """Overwrite in a buffer that begins at ``offset`` what ``data`` at ``start`` covers of it."""
    begin, end = max(offset, start), min(offset + len(buffer), start + len(data))
    if begin < end:
        buffer[begin - offset : end - offset] = data[begin - start : end - start]
