"""What the engine is given: files that have arrived, and the docking they came with."""

from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol

from archive.errors import StorageError
from hashing.paths import path_fields

LARGEST = 2**53 - 1
"""A hostile file system may claim any size and time; this is the largest an entry holds."""


def clamped_us(time_us: int) -> int:
    """A time in microseconds as an entry can hold it."""
    return max(-LARGEST, min(time_us, LARGEST))


class SourceUnreadable(StorageError):  # noqa: N818 - named for the defect
    """The source refused these bytes although it is still there."""

    code = "SOURCE_UNREADABLE"


class SourceVanished(StorageError):  # noqa: N818 - named for the event
    """The source went away while it was read."""

    code = "SOURCE_VANISHED"


class Source(Protocol):
    """An open file of a recorder. Used by one thread at a time."""

    def read_into(self, buffer: memoryview, offset: int) -> int:
        """Fill ``buffer`` from ``offset``; the number of bytes read, 0 at the end.

        Raises:
            SourceUnreadable: The medium refused these bytes.
            SourceVanished: The recorder is gone.
        """

    def restat(self) -> tuple[int, int]:
        """Size in bytes and modification time in microseconds, as they are now."""


@dataclass(frozen=True, slots=True)
class Arrival:
    """One file to be archived.

    Attributes:
        path: Raw path on the recorder.
        size_bytes: Size as listed.
        mtime_us: Modification time as listed, microseconds.
        mtime_zone: What that time means, as the log has it.
        name: The parsed name's log form, or None where no grammar matched.
        officer: Whose footage it is, or None where nobody knows yet.
        open: Opens the file.
    """

    path: bytes
    size_bytes: int
    mtime_us: int
    mtime_zone: str
    name: Mapping[str, object] | None
    officer: str | None
    open: Callable[[], AbstractContextManager[Source]]

    def as_body(self) -> dict[str, object]:
        """The fields of an occurrence's entry that are known before anything is read."""
        return {
            **path_fields(self.path),
            "mtime_us": clamped_us(self.mtime_us),
            "mtime_zone": self.mtime_zone,
            "name": dict(self.name) if self.name is not None else None,
            "officer": self.officer,
        }


@dataclass(frozen=True, slots=True)
class Docking:
    """The docking that files arrive with.

    Attributes:
        docking: 32 hexadecimal characters.
        recorder: The recorder's identity.
        actor: Who causes the entries.
    """

    docking: str
    recorder: str
    actor: str


class Result(StrEnum):
    """How one file ended. Every file found ends in exactly one of these, or is skipped."""

    NEW = "new"
    KNOWN = "known"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class Outcome:
    """How one arrival ended.

    Attributes:
        arrival: The file.
        result: Its state.
        recording: The recording's id, where there is one.
        reason: For a failure, its stable reason.
        detail: For a failure, what happened.
        size_bytes: Bytes read.
    """

    arrival: Arrival
    result: Result
    recording: str | None = None
    reason: str = ""
    detail: str = ""
    size_bytes: int = 0
