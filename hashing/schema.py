"""Kinds of values, to say in a table what an act's body holds and to check that it does.

A :class:`Kind` names itself for ``docs/formats.md`` and finds the first place in a value
that is not of the kind. Kinds are combined (:func:`list_of`, :func:`record`) instead of
programmed, so that the table that is printed is the table that is checked.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from hashing.canonical import is_key
from hashing.note import strict_base64

Fault = str | None
"""Where inside a value the fault lies (``""`` is the value itself), or None for none."""


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of value.

    Attributes:
        name: What the documentation prints in the type column.
        find: The first fault in a value.
        fields: The fields of a record, or of the records in a list of them.
    """

    name: str
    find: Callable[[object], Fault]
    fields: tuple["Field", ...] = ()


@dataclass(frozen=True, slots=True)
class Field:
    """One field of an object.

    Attributes:
        name: The key.
        kind: What its value is.
        doc: One sentence for the documentation.
        required: Whether it stands in every object of the kind.
    """

    name: str
    kind: Kind
    doc: str
    required: bool = True


def optional(name: str, kind: Kind, doc: str) -> Field:
    """A field that may be absent."""
    return Field(name, kind, doc, required=False)


def _leaf(name: str, holds: Callable[[object], bool]) -> Kind:
    return Kind(name, lambda value: None if holds(value) else "")


def _whole(value: object, lowest: int) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and value >= lowest


def _matching(name: str, pattern: str) -> Kind:
    fullmatch = re.compile(pattern, re.ASCII).fullmatch
    return _leaf(name, lambda value: isinstance(value, str) and fullmatch(value) is not None)


TEXT = _leaf("text", lambda value: isinstance(value, str))
BOOLEAN = _leaf("boolean", lambda value: isinstance(value, bool))
TRUE = _leaf("`true`", lambda value: value is True)
COUNT = _leaf("integer ≥ 0", lambda value: _whole(value, 0))
ORDINAL = _leaf("integer ≥ 1", lambda value: _whole(value, 1))
INTEGER = _leaf("integer", lambda value: isinstance(value, int) and not isinstance(value, bool))
HEX32 = _matching("32 hex", r"[0-9a-f]{32}")
HEX64 = _matching("64 hex", r"[0-9a-f]{64}")
BASE64 = _leaf("base64", lambda value: isinstance(value, str) and strict_base64(value) is not None)
LOG_TIME = _matching("log time", r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z")
OUTSIDER = _matching("short name", r"[a-z0-9][a-z0-9._-]{0,63}")
LOCAL_TIME = _matching("local time", r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d")


def one_of(*values: str) -> Kind:
    """One of a closed list of texts."""
    allowed = frozenset(values)
    name = " or ".join(f"`{value}`" for value in values)
    return _leaf(name, lambda value: isinstance(value, str) and value in allowed)


def nullable(kind: Kind) -> Kind:
    """The kind, or null."""
    return Kind(
        f"{kind.name} or null",
        lambda value: None if value is None else kind.find(value),
        kind.fields,
    )


def list_of(kind: Kind) -> Kind:
    """A list of any length whose items are of the kind."""

    def find(value: object) -> Fault:
        if not isinstance(value, list):
            return ""
        for position, item in enumerate(value):
            fault = kind.find(item)
            if fault is not None:
                return f"[{position}]{fault}"
        return None

    return Kind(f"list of {kind.name}", find, kind.fields)


def tuple_of(*kinds: Kind) -> Kind:
    """A list of a fixed length."""

    def find(value: object) -> Fault:
        if not isinstance(value, list) or len(value) != len(kinds):
            return ""
        for position, (kind, item) in enumerate(zip(kinds, value, strict=True)):
            fault = kind.find(item)
            if fault is not None:
                return f"[{position}]{fault}"
        return None

    return Kind("[" + ", ".join(kind.name for kind in kinds) + "]", find)


def map_of(kind: Kind) -> Kind:
    """An object with keys of its own choosing and values of the kind."""

    def find(value: object) -> Fault:
        if not isinstance(value, dict):
            return ""
        for key, item in value.items():
            if not isinstance(key, str) or not is_key(key) or kind.find(item) is not None:
                return f".{key}"
        return None

    return Kind(f"object of {kind.name}", find)


def record(name: str, fields: Sequence[Field]) -> Kind:
    """An object with exactly the fields of a table."""
    table = tuple(fields)

    def find(value: object) -> Fault:
        return find_in_record(table, value) if isinstance(value, dict) else ""

    return Kind(name, find, table)


def find_in_record(table: Sequence[Field], value: Mapping[str, object]) -> Fault:
    """The first field that is missing, malformed or not in the table, as ``.name…``."""
    present = 0
    for field in table:
        if field.name in value:
            present += 1
            fault = field.kind.find(value[field.name])
            if fault is not None:
                return f".{field.name}{fault}"
        elif field.required:
            return f".{field.name}"
    if present < len(value):
        unknown = value.keys() - {field.name for field in table}
        return f".{min(unknown)}"
    return None
