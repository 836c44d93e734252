"""A driver's open file as the archive's engine wants it.

Drivers and archive do not know each other; this is where a recorder's errors become the
engine's.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from archive.ingest.arrival import Source, SourceUnreadable, SourceVanished
from drivers.errors import RecorderVanished, UnreadableExtent
from drivers.recorder import OpenFile, Recorder, RecorderFile


@contextmanager
def _translated() -> Iterator[None]:
    try:
        yield
    except UnreadableExtent as error:
        raise SourceUnreadable(error.detail) from error
    except RecorderVanished as error:
        raise SourceVanished(error.detail) from error


class DriverSource:
    """An open file of a recorder, its errors told in the archive's words.

    Args:
        file: The driver's open file.
    """

    def __init__(self, file: OpenFile) -> None:
        self._file = file

    def read_into(self, buffer: memoryview, offset: int) -> int:
        """Fill ``buffer`` from ``offset``; see :class:`archive.ingest.arrival.Source`."""
        with _translated():
            return self._file.read_into(buffer, offset)

    def restat(self) -> tuple[int, int]:
        """Size in bytes and modification time in microseconds, as they are now."""
        with _translated():
            return self._file.restat()


def opener(recorder: Recorder, file: RecorderFile) -> Callable[[], "_Opened"]:
    """What opens one listed file for the engine."""
    return lambda: _Opened(recorder, file)


class _Opened:
    def __init__(self, recorder: Recorder, file: RecorderFile) -> None:
        self._recorder = recorder
        self._listed = file
        self._open: OpenFile | None = None

    def __enter__(self) -> Source:
        with _translated():
            self._open = self._recorder.open(self._listed)
            return DriverSource(self._open.__enter__())

    def __exit__(self, *exc: object) -> None:
        if self._open is not None:
            self._open.__exit__(None, None, None)
