"""When a recording was made, as far as its file says: pure.

The recorder's claim is the name's digits, else the file system's time. Both are wall-clock
digits unless the file system keeps instants, and are read in the zone that the docking
assumed; the entry keeps the digits, the zone and the source apart, so that a better reading
(with the recorder's clock offset) can be made later without touching an original.

The zone's rules are those of the installed tz database.
"""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta, tzinfo
from enum import StrEnum
from functools import lru_cache
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)
_LOCAL_DIGITS = "local_digits"


class TimeSource(StrEnum):
    """Where a recording's time comes from."""

    NAME = "name"
    MTIME = "mtime"


def recorded_at(body: Mapping[str, Any], zone_name: str | None) -> tuple[int, TimeSource]:
    """When the recording of an ``ingest`` or ``sighting`` was made.

    Args:
        body: The entry's fields.
        zone_name: IANA name of the zone of its docking; None or an unknown one means UTC.

    Returns:
        Microseconds since 1970 UTC, and what says so.
    """
    zone = _zone(zone_name)
    name = body["name"]
    if name is not None and name["local_time"] is not None:
        named = _from_text(name["local_time"], zone)
        if named is not None:
            return named, TimeSource.NAME
    mtime_us: int = body["mtime_us"]
    if body["mtime_zone"] == _LOCAL_DIGITS:
        mtime_us = _from_digits(mtime_us, zone)
    return mtime_us, TimeSource.MTIME


@lru_cache(maxsize=64)
def _zone(name: str | None) -> tzinfo:
    try:
        return ZoneInfo(name) if name else UTC
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return UTC


def _from_text(text: str, zone: tzinfo) -> int | None:
    """The instant of ``YYYY-MM-DDTHH:MM:SS``; None where the calendar has no such time."""
    try:
        return _instant_us(datetime.fromisoformat(text).replace(tzinfo=zone))
    except ValueError:
        return None


def _from_digits(mtime_us: int, zone: tzinfo) -> int:
    """The instant whose wall clock reads as ``mtime_us`` does when taken for UTC."""
    try:
        return _instant_us((_EPOCH + mtime_us * _MICROSECOND).replace(tzinfo=zone))
    except OverflowError:
        return mtime_us


def _instant_us(at: datetime) -> int:
    return (at - _EPOCH) // _MICROSECOND
