"""How sizes, times and states are spelled for people, and read from what people type."""

from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import orjson

from evidence_daemon.cli.language import current
from evidence_daemon.errors import UsageError
from evidence_daemon.status import SlotStatus
from hashing.digest import HEX_LENGTH

SHOWN_ID = 12
"""Characters of an id in a table: beyond the eight that must do, so that few ever collide."""

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_STEP = 1024


def size(value: object) -> str:
    """A number of bytes in the unit that suits it; nothing for nothing."""
    if not isinstance(value, int):
        return ""
    amount = float(value)
    for unit in ("B", "KiB", "MiB", "GiB"):
        if abs(amount) < _STEP:
            return f"{value} B" if unit == "B" else f"{amount:.1f} {unit}"
        amount /= _STEP
    return f"{amount:.1f} TiB"


def short_id(value: object) -> str:
    """The beginning of a recording's id, enough to ask for it."""
    return str(value)[:SHOWN_ID]


def mark(value: object) -> str:
    """A star where something holds."""
    return "★" if value else ""


def fields(values: Mapping[str, object]) -> str:
    """An entry's fields on one line, digests shortened; what is empty is left out."""
    told = ((name, value) for name, value in values.items() if value not in (None, "", [], {}))
    return " ".join(f"{name}={_field(value)}" for name, value in told)


def _field(value: object) -> str:
    if isinstance(value, str):
        return f"{value[:SHOWN_ID]}…" if len(value) == HEX_LENGTH else value
    return orjson.dumps(value).decode()


def status_words(value: object) -> str:
    """A slot's state in the language in force."""
    return SlotStatus.parse(str(value)).words(current())


class LocalTime:
    """Times as a station's people know them.

    Args:
        zone: IANA name of the station's zone.
    """

    def __init__(self, zone: str) -> None:
        self._zone = ZoneInfo(zone)

    def show(self, value: object) -> str:
        """An instant of the API on the station's wall clock; nothing for nothing."""
        if not value:
            return ""
        instant = datetime.fromisoformat(str(value))
        return instant.astimezone(self._zone).strftime("%Y-%m-%d %H:%M:%S")

    def parse_us(self, text: str, *, day_ends: bool = False) -> int:
        """Microseconds since 1970 of what a person typed, in the station's zone unless it says.

        Args:
            text: ISO 8601: a date, or a date and a time.
            day_ends: Whether a bare date means the end of that day, not its beginning.

        Raises:
            UsageError: It is neither.
        """
        instant = self._day(text, day_ends=day_ends) or self._moment(text)
        if instant is None:
            raise UsageError(f"{text!r} is not a date such as 2024-03-01 or 2024-03-01T08:30")
        return (instant - _EPOCH) // timedelta(microseconds=1)

    def _day(self, text: str, *, day_ends: bool) -> datetime | None:
        try:
            day = date.fromisoformat(text) + timedelta(days=1 if day_ends else 0)
        except (ValueError, OverflowError):
            return None
        return datetime(day.year, day.month, day.day, tzinfo=self._zone)

    def _moment(self, text: str) -> datetime | None:
        try:
            moment = datetime.fromisoformat(text)
        except ValueError:
            return None
        return moment if moment.tzinfo else moment.replace(tzinfo=self._zone)
