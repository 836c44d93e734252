"""Entries: what the log is made of.

An entry is a canonical JSON object of at most 65,535 bytes. All carry ``v``, ``seq``,
``prev``, ``time``, ``mono_ms``, ``clock``, ``station``, ``boot``, ``actor`` and ``act``; the
other fields are the act's body (:mod:`hashing.acts`). ``prev`` is the leaf hash of the entry
before, so that the chain can be walked with SHA-256 alone.

:func:`parse` checks the form and the common fields. It does not check the body, and an act
it has never heard of is as good as any other.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from hashing import canonical
from hashing.acts import Act, validate
from hashing.errors import IntegrityError
from hashing.merkle import leaf_hash

__all__ = [
    "CLOCK_STATES",
    "COMMON_FIELDS",
    "COMMON_FORMS",
    "FORMAT_VERSION",
    "MAX_ENTRY_BYTES",
    "ZERO_PREV",
    "Act",
    "Entry",
    "EntryTooLarge",
    "MalformedEntry",
    "MalformedTime",
    "Stamp",
    "build",
    "check_common",
    "check_time",
    "format_time",
    "from_fields",
    "leaf_hash",
    "parse",
    "parse_time",
]

MAX_ENTRY_BYTES = 65_535
ZERO_PREV = "0" * 64
FORMAT_VERSION = 1

COMMON_FIELDS = frozenset(
    {"v", "seq", "prev", "time", "mono_ms", "clock", "station", "boot", "actor", "act"}
)
CLOCK_STATES = frozenset({"synchronised", "unsynchronised", "unknown"})

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_EPOCH_DIGITS = datetime(1970, 1, 1)  # noqa: DTZ001 - digits without a zone, quickly added to
_MICROSECOND = timedelta(microseconds=1)
_TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z", re.ASCII).fullmatch
_HEX32 = re.compile(r"[0-9a-f]{32}", re.ASCII).fullmatch
_HEX64 = re.compile(r"[0-9a-f]{64}", re.ASCII).fullmatch
_ACT = re.compile(r"[a-z][a-z0-9_]*", re.ASCII).fullmatch


class MalformedEntry(IntegrityError):  # noqa: N818 - named for the defect
    """A canonical object that is not an entry: a common field is missing or malformed."""

    code = "MALFORMED_ENTRY"


class EntryTooLarge(IntegrityError):  # noqa: N818 - named for the defect
    """An entry would not fit the 16-bit length of a bundle."""

    code = "ENTRY_TOO_LARGE"


class MalformedTime(IntegrityError):  # noqa: N818 - named for the defect
    """A text or number is not an instant that an entry can carry."""

    code = "MALFORMED_TIME"


def format_time(us: int) -> str:
    """An instant, in microseconds since 1970 UTC, as ``YYYY-MM-DDTHH:MM:SS.ffffffZ``.

    Raises:
        MalformedTime: The instant lies outside the years 1 to 9999.
    """
    try:
        at = _EPOCH_DIGITS + timedelta(microseconds=us)
    except OverflowError as error:
        raise MalformedTime(f"no such time: {us} µs since 1970") from error
    return at.isoformat(timespec="microseconds") + "Z"


def parse_time(text: str) -> int:
    """The instant that a ``YYYY-MM-DDTHH:MM:SS.ffffffZ`` names, in microseconds since 1970.

    Raises:
        MalformedTime: The text is not of that form or names no instant.
    """
    return (check_time(text) - _EPOCH) // _MICROSECOND


def check_time(text: str) -> datetime:
    """The instant that a ``YYYY-MM-DDTHH:MM:SS.ffffffZ`` names.

    Raises:
        MalformedTime: The text is not of that form or names no instant.
    """
    if not _TIME(text):
        raise MalformedTime(f"not a time of the log: {text[:40]!r}")
    try:
        return datetime.fromisoformat(text)
    except ValueError as error:
        raise MalformedTime(f"no such time: {text}") from error


@dataclass(frozen=True, slots=True)
class Stamp:
    """The moment and the hand: what every entry says besides its act.

    Attributes:
        time: The station's clock, as :func:`format_time` writes it.
        mono_ms: Milliseconds of this boot's monotonic clock.
        clock: ``synchronised``, ``unsynchronised`` or ``unknown``.
        station: The station's name.
        boot: 32 hexadecimal characters, new at every boot.
        actor: Who did it: an account, or the station itself.
    """

    time: str
    mono_ms: int
    clock: str
    station: str
    boot: str
    actor: str


@dataclass(frozen=True, slots=True)
class Entry:
    """An entry as read. ``fields`` is the whole decoded object, ``raw`` its bytes."""

    seq: int
    prev: str
    time_us: int
    clock: str
    station: str
    boot: str
    actor: str
    act: str
    fields: dict[str, Any]
    raw: bytes

    @property
    def body(self) -> dict[str, Any]:
        """The fields of the act, without the common ones."""
        return {key: value for key, value in self.fields.items() if key not in COMMON_FIELDS}

    @property
    def leaf(self) -> bytes:
        """The entry's leaf hash."""
        return leaf_hash(self.raw)


def build(seq: int, prev: str, stamp: Stamp, act: Act, body: Mapping[str, object]) -> bytes:
    """The bytes of a new entry.

    Args:
        seq: Its position in the log.
        prev: The leaf hash of the entry before, in hexadecimal.
        stamp: When, where and by whom.
        act: What it is about.
        body: The act's fields.

    Raises:
        BodyMismatch: The body is not what the act's schema says.
        MalformedEntry: The position, ``prev`` or the stamp is not of its form.
        NotCanonical: A value has no canonical form.
        EntryTooLarge: The entry is longer than 65,535 bytes.
    """
    validate(act, body)
    fields: dict[str, object] = {
        "v": FORMAT_VERSION,
        "seq": seq,
        "prev": prev,
        "time": stamp.time,
        "mono_ms": stamp.mono_ms,
        "clock": stamp.clock,
        "station": stamp.station,
        "boot": stamp.boot,
        "actor": stamp.actor,
        "act": str(act),
        **body,
    }
    check_common(fields)
    data = canonical.encode(fields)
    if len(data) > MAX_ENTRY_BYTES:
        raise EntryTooLarge(f"{act} entry {seq} has {len(data)} bytes; {MAX_ENTRY_BYTES} fit")
    return data


def parse(data: bytes) -> Entry:
    """Read an entry.

    Raises:
        EntryTooLarge: It is longer than 65,535 bytes.
        NotCanonical: It is not in canonical form.
        MalformedEntry: A common field is missing or malformed.
        MalformedTime: Its time names no instant.
    """
    if len(data) > MAX_ENTRY_BYTES:
        raise EntryTooLarge(f"an entry of {len(data)} bytes")
    return from_fields(canonical.decode(data), data)


def from_fields(fields: dict[str, Any], raw: bytes) -> Entry:
    """An entry from its decoded object.

    Raises:
        MalformedEntry: A common field is missing or malformed.
        MalformedTime: Its time names no instant.
    """
    time_us = check_common(fields)
    return Entry(
        seq=fields["seq"],
        prev=fields["prev"],
        time_us=time_us,
        clock=fields["clock"],
        station=fields["station"],
        boot=fields["boot"],
        actor=fields["actor"],
        act=fields["act"],
        fields=fields,
        raw=raw,
    )


def check_common(fields: Mapping[str, Any]) -> int:
    """Check the fields that all entries carry; the entry's time in microseconds since 1970.

    Raises:
        MalformedEntry: One is missing or malformed.
        MalformedTime: The time names no instant.
    """
    missing = COMMON_FIELDS - fields.keys()
    if missing:
        raise MalformedEntry(f"entry lacks {', '.join(sorted(missing))}")
    if not _is_count(fields["v"]) or fields["v"] != FORMAT_VERSION:
        raise MalformedEntry(f"entry has version {fields['v']!r}, not {FORMAT_VERSION}")
    for name, holds in COMMON_FORMS.items():
        if not holds(fields[name]):
            raise MalformedEntry(f"entry has a malformed {name}")
    return parse_time(fields["time"])


def _is_count(value: object) -> bool:
    return type(value) is int and value >= 0


def _is_text(value: object) -> bool:
    return isinstance(value, str)


COMMON_FORMS: dict[str, Callable[[Any], bool]] = {
    "seq": _is_count,
    "mono_ms": _is_count,
    "prev": lambda value: _is_text(value) and _HEX64(value) is not None,
    "boot": lambda value: _is_text(value) and _HEX32(value) is not None,
    "act": lambda value: _is_text(value) and _ACT(value) is not None,
    "clock": lambda value: _is_text(value) and value in CLOCK_STATES,
    "time": _is_text,
    "station": _is_text,
    "actor": _is_text,
}
"""The form of each common field but ``v``; of ``time`` only that it is text."""
