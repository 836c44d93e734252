"""Canonical JSON: one value, one spelling, so that a digest of it means something.

The form is RFC 8785 (JCS) restricted to the value domain of log entries: strings, booleans,
null, arrays, objects and integers below 2^53 in magnitude. Floating-point numbers do not
occur, and keys are ASCII ``[a-z][a-z0-9_]*``, for which sorting by bytes is the order of
RFC 8785 §3.2.3. On this domain the sorted output of ``orjson`` is the canonical form.

Rules of :func:`decode`:

* Bytes are accepted only if encoding what they say gives the same bytes again. That refuses
  white space, other escapes, duplicate or unsorted keys, byte order marks, invalid UTF-8,
  lone surrogates and integers of 2^53 and above.
* What survives the round trip and is still outside the domain (floats, other keys) is
  refused by walking the values.

Example:
    >>> encode({"b": [1, None], "a": "x"})
    b'{"a":"x","b":[1,null]}'
"""

import re
from collections.abc import Iterable, Mapping
from typing import Any

import orjson

from hashing.errors import IntegrityError

_OPTIONS = orjson.OPT_SORT_KEYS | orjson.OPT_STRICT_INTEGER
_KEY = re.compile(r"[a-z][a-z0-9_]*", re.ASCII).fullmatch
_MAX_REMEMBERED_KEYS = 4096

_known_keys: set[str] = set()
"""Keys already found well-formed. A cache shared by all threads: it is only ever added to."""


class NotCanonical(IntegrityError):  # noqa: N818 - named for the defect
    """A value or its bytes are not in the canonical form of an entry."""

    code = "NOT_CANONICAL"


def encode(value: Mapping[str, object]) -> bytes:
    """The canonical bytes of an object.

    Raises:
        NotCanonical: The value holds something outside the domain.
    """
    plain = dict(value)
    try:
        data = orjson.dumps(plain, option=_OPTIONS)
    except TypeError as error:
        raise NotCanonical(f"value has no canonical form: {error}") from error
    # The encoder also takes dates, UUIDs, tuples and NaN. What reads back as something else
    # than was given is one of those.
    if decode(data) != plain:
        raise NotCanonical("value holds a type that an entry cannot carry")
    return data


def decode(data: bytes) -> dict[str, Any]:
    """Read canonical bytes.

    Raises:
        NotCanonical: The bytes are not exactly the canonical form of an object.
    """
    value = _read(data)
    _check_domain((value,))
    return value


def decode_all(items: Iterable[bytes]) -> list[dict[str, Any]]:
    """Read several objects, each from canonical bytes of its own.

    A few dozen at once cost less than one by one; hundreds outgrow the processor's cache.

    Raises:
        NotCanonical: The bytes of one are not exactly the canonical form of an object.
    """
    values = [_read(data) for data in items]
    _check_domain(values)
    return values


def is_key(text: str) -> bool:
    """Whether the text may be a key of an entry's object."""
    return _KEY(text) is not None


def _read(data: bytes) -> dict[str, Any]:
    """An object from bytes that encoding it gives again."""
    try:
        value = orjson.loads(data)
        same = orjson.dumps(value, option=_OPTIONS) == data
    except (ValueError, TypeError) as error:
        raise NotCanonical(f"not canonical JSON: {error}") from error
    if type(value) is not dict:
        raise NotCanonical("not an object")
    if not same:
        raise NotCanonical("not in canonical form: encoding it again gives other bytes")
    return value


def _check_domain(values: Iterable[dict[str, Any]]) -> None:
    """Refuse floats and malformed keys anywhere inside. No recursion: depth is the input's."""
    pending: list[dict[str, Any] | list[Any]] = [*values]
    for container in pending:
        items: Iterable[Any] = container
        if type(container) is dict:
            if not container.keys() <= _known_keys:
                _check_keys(container)
            items = container.values()
        for item in items:
            kind = type(item)
            if kind is str or kind is int or item is None or kind is bool:
                continue
            if kind is float:
                raise NotCanonical("a floating-point number cannot stand in an entry")
            pending.append(item)


def _check_keys(container: dict[str, Any]) -> None:
    for key in container:
        if not is_key(key):
            raise NotCanonical(f"not a key of an entry: {key[:80]!r}")
        if len(_known_keys) < _MAX_REMEMBERED_KEYS:
            _known_keys.add(key)
