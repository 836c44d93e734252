"""A recorder that exists in memory only and claims whatever a test wants."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from types import TracebackType
from typing import Self

from archive.ingest.arrival import SourceUnreadable, SourceVanished
from drivers.errors import RecorderVanished, UnreadableExtent
from drivers.recorder import (
    IdentityEvidence,
    Listing,
    MtimeZone,
    RecorderFile,
    SkippedNode,
    UnreadableNode,
)
from drivers.usb_port import UsbPort
from tests.engine_sources import MemorySource


class StubFile:
    """An open file of a stub."""

    def __init__(self, source: MemorySource) -> None:
        self._source = source

    def read_into(self, buffer: memoryview, offset: int) -> int:
        with _in_the_drivers_words():
            return self._source.read_into(buffer, offset)

    def restat(self) -> tuple[int, int]:
        return self._source.restat()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        exc_type: type[BaseException] | None,
        exc: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        pass


@contextmanager
def _in_the_drivers_words() -> Iterator[None]:
    try:
        yield
    except SourceUnreadable as error:
        raise UnreadableExtent(error.detail) from error
    except SourceVanished as error:
        raise RecorderVanished(error.detail) from error


@dataclass
class StubRecorder:
    """See :class:`drivers.recorder.Recorder`.

    Attributes:
        contents: The files by path.
        claimed: Size and time of files that the listing tells otherwise than they are.
        skipped: Names that are no files.
        unreadable: Names that cannot be examined.
        gone: Whether it has gone away.
    """

    contents: Mapping[bytes, MemorySource] = field(default_factory=dict)
    claimed: Mapping[bytes, tuple[int, int]] = field(default_factory=dict)
    skipped: Sequence[SkippedNode] = ()
    unreadable: Sequence[UnreadableNode] = ()
    gone: bool = False
    shown: Sequence[IdentityEvidence] = (IdentityEvidence("usb_serial", "4560001", 60),)
    driver: str = "stub"
    source: str = "memory"
    port: UsbPort | None = None

    def usb_port(self) -> UsbPort | None:
        return self.port

    def evidence(self) -> Sequence[IdentityEvidence]:
        return self.shown

    def list_files(self) -> Listing:
        if self.gone:
            raise RecorderVanished("unplugged")
        files = [
            RecorderFile(path, *self.claimed.get(path, source.restat()), MtimeZone.UTC)
            for path, source in sorted(self.contents.items())
        ]
        return Listing(tuple(files), tuple(self.skipped), tuple(self.unreadable))

    def open(self, file: RecorderFile) -> StubFile:
        if self.gone:
            raise RecorderVanished("unplugged")
        return StubFile(self.contents[file.path])

    def is_present(self) -> bool:
        return not self.gone

    def close(self) -> None:
        pass
