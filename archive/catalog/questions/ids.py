"""Ids by their beginnings: the one row that a shortened id means."""

from collections.abc import Sequence
from typing import Any, Final

from sqlalchemy import Column, ColumnElement, and_

from archive.catalog.errors import AmbiguousId

ID_LENGTH: Final = 32
MATCHES_LISTED: Final = 10

_HEX: Final = frozenset("0123456789abcdef")
_BEYOND_HEX: Final = "g"


def hex_prefix(text: str) -> str | None:
    """The beginning of an id in lower case, or None for what begins none."""
    prefix = text.lower()
    return prefix if prefix and set(prefix) <= _HEX else None


def beginning_with(column: Column[Any], prefix: str) -> ColumnElement[bool]:
    """The rows whose id begins so, by the column's index."""
    return and_(column >= prefix, column < prefix + _BEYOND_HEX)


def ambiguous(prefix: str, matches: Sequence[str]) -> AmbiguousId:
    """What to say of an id that begins several."""
    listed = tuple(matches[:MATCHES_LISTED])
    more = " and more" if len(matches) > len(listed) else ""
    return AmbiguousId(f"{prefix} begins the ids {', '.join(listed)}{more}", listed)
