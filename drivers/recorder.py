"""The protocol every driver offers: list the files of a docked recorder and read them.

Every other call is optional, because the recorders of one bureau differ in everything but
having files. What a driver can do beyond that it says by also satisfying one of the small
protocols below (:class:`HasClock`, :class:`HasPort`); callers ask with ``isinstance``.

Paths are bytes: a recorder's file system may hold names that are not valid text, and a name
that cannot be spelled must still be read.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from types import TracebackType
from typing import Protocol, Self, runtime_checkable

from drivers.usb_port import UsbPort


class SkipReason(StrEnum):
    """Why something found on a recorder is not a file to be archived."""

    SYMLINK = "symlink"
    FIFO = "fifo"
    SOCKET = "socket"
    CHARACTER_DEVICE = "character_device"
    BLOCK_DEVICE = "block_device"
    OTHER_FILE_SYSTEM = "other_file_system"


class MtimeZone(StrEnum):
    """What a file's modification time means."""

    UTC = "utc"
    """An instant, as POSIX file systems keep it."""
    LOCAL_DIGITS = "local_digits"
    """The recorder's wall clock read as if it were UTC, as FAT keeps it."""


@dataclass(frozen=True, slots=True)
class RecorderFile:
    """One regular file as the listing saw it.

    Attributes:
        path: Relative to the recorder's root, ``/`` between parts, raw bytes.
        size_bytes: Size at the time of listing.
        mtime_us: Modification time in microseconds since 1970, read as ``mtime_zone`` says.
    """

    path: bytes
    size_bytes: int
    mtime_us: int
    mtime_zone: MtimeZone = MtimeZone.UTC


@dataclass(frozen=True, slots=True)
class SkippedNode:
    """Something that is not a regular file, and why it is not archived."""

    path: bytes
    reason: SkipReason


@dataclass(frozen=True, slots=True)
class UnreadableNode:
    """A name whose file or folder could not be examined; counts as failed."""

    path: bytes
    detail: str


@dataclass(frozen=True, slots=True)
class Listing:
    """Everything found on a recorder, sorted by path."""

    files: tuple[RecorderFile, ...]
    skipped: tuple[SkippedNode, ...] = ()
    unreadable: tuple[UnreadableNode, ...] = ()

    @property
    def found(self) -> int:
        """How many names were found: files, skipped nodes and unreadable ones."""
        return len(self.files) + len(self.skipped) + len(self.unreadable)


@dataclass(frozen=True, slots=True)
class IdentityEvidence:
    """One observation that says which recorder this is.

    Attributes:
        kind: ``option``, ``usb_serial``, ``volume_serial``, ``volume_label``,
            ``device_token`` (from file names) or ``folder``.
        value: The value as observed.
        weight: How much it counts, 0 to 100.
    """

    kind: str
    value: str
    weight: int


@dataclass(frozen=True, slots=True)
class ClockReading:
    """A recorder's clock beside the station's, read in the same moment.

    Attributes:
        device_local: What the recorder says, without a zone.
        station_utc: The station's clock at the middle of the exchange.
        uncertainty: Half the duration of the exchange.
        method: How it was read, for the log.
    """

    device_local: datetime
    station_utc: datetime
    uncertainty: timedelta
    method: str


class OpenFile(Protocol):
    """A recorder's file, open for reading at any offset. Used by one thread at a time."""

    def read_into(self, buffer: memoryview, offset: int) -> int:
        """Fill ``buffer`` from ``offset``; the number of bytes read, 0 at the end.

        Raises:
            UnreadableExtent: The medium refused these bytes; the recorder is still there.
            RecorderVanished: The recorder is gone.
        """

    def restat(self) -> tuple[int, int]:
        """Size in bytes and modification time in microseconds, as they are now.

        Raises:
            RecorderVanished: The recorder is gone.
        """

    def __enter__(self) -> Self: ...

    def __exit__(
        self,
        exc_type: type[BaseException] | None,
        exc: BaseException | None,
        traceback: TracebackType | None,
    ) -> None: ...


class Recorder(Protocol):
    """A docked recorder."""

    @property
    def driver(self) -> str:
        """The driver's name, as the log records it."""

    @property
    def source(self) -> str:
        """Where it is docked, for people: a path or a port."""

    def evidence(self) -> Sequence[IdentityEvidence]:
        """What can be observed of the recorder's identity without its file names."""

    def list_files(self) -> Listing:
        """Everything on the recorder, each name exactly once.

        Raises:
            RecorderVanished: The recorder is gone.
            RecorderError: It cannot be listed at all.
        """

    def open(self, file: RecorderFile) -> OpenFile:
        """Open a listed file without following links.

        Raises:
            UnreadableExtent: The file cannot be opened although the recorder is there.
            RecorderVanished: The recorder is gone.
            RecorderError: The station cannot open another file.
        """

    def is_present(self) -> bool:
        """Whether the recorder still answers."""

    def close(self) -> None:
        """Let go of the recorder. Nothing on it has changed."""


@runtime_checkable
class HasClock(Protocol):
    """A recorder whose clock can be read."""

    def read_clock(self) -> ClockReading:
        """Read the clock, without setting it."""


@runtime_checkable
class HasPort(Protocol):
    """A recorder that can tell where it is plugged in."""

    def usb_port(self) -> UsbPort | None:
        """The USB port it is read through; None where it is read through none."""


@dataclass(frozen=True, slots=True)
class ParsedName:
    """What a file name of a known grammar says. Every field is the recorder's claim.

    Attributes:
        grammar: Name of the grammar that matched.
        media: ``video``, ``audio``, ``image``, ``log`` or ``other``.
        device: Device number in the name.
        officer_no: Officer number in the name.
        local_time: The name's digits as ``YYYY-MM-DDTHH:MM:SS``: wall clock, no zone.
        counter: The running number.
        important: Whether the name carries the importance mark.
        prerecord: Whether the file lies in the pre-record ring.
    """

    grammar: str
    media: str
    device: str | None = None
    officer_no: str | None = None
    local_time: str | None = None
    counter: int | None = None
    important: bool = False
    prerecord: bool = False

    def as_body(self) -> dict[str, str | int | bool | None]:
        """The ``name`` field of an entry."""
        return {
            "grammar": self.grammar,
            "media": self.media,
            "device": self.device,
            "officer_no": self.officer_no,
            "local_time": self.local_time,
            "counter": self.counter,
            "important": self.important,
            "prerecord": self.prerecord,
        }
