"""What the canonical form refuses."""

import datetime
import uuid
from collections.abc import Mapping

import pytest

from hashing.canonical import NotCanonical, decode, encode

LARGEST = 2**53 - 1

NOT_CANONICAL = {
    "white space": b'{"a": 1}',
    "trailing newline": b'{"a":1}\n',
    "unsorted keys": b'{"b":1,"a":2}',
    "duplicate keys": b'{"a":1,"a":1}',
    "escape that is not needed": rb'{"a":"\u0041"}',
    "upper-case escape": rb'{"a":"\u000F"}',
    "escaped slash": rb'{"a":"\/"}',
    "lone surrogate": rb'{"a":"\ud800"}',
    "surrogate in UTF-8": b'{"a":"\xed\xa0\x80"}',
    "overlong UTF-8": b'{"a":"\xc0\xaf"}',
    "invalid UTF-8": b'{"a":"\xff"}',
    "byte order mark": b'\xef\xbb\xbf{"a":1}',
    "float": b'{"a":1.5}',
    "float with no fraction": b'{"a":1.0}',
    "float in a list": b'{"a":[1,[2,{"b":1.5}]]}',
    "exponent": b'{"a":1e5}',
    "minus zero": b'{"a":-0}',
    "minus zero float": b'{"a":-0.0}',
    "integer of 2^53": b'{"a":9007199254740992}',
    "integer of -2^53": b'{"a":-9007199254740992}',
    "integer of 2^64": b'{"a":18446744073709551616}',
    "huge integer": b'{"a":' + b"9" * 400 + b"}",
    "leading zero": b'{"a":01}',
    "NaN": b'{"a":NaN}',
    "upper-case key": b'{"A":1}',
    "key with a digit first": b'{"1a":1}',
    "empty key": b'{"":1}',
    "key with a dash": b'{"a-b":1}',
    "key that is not ASCII": '{"é":1}'.encode(),
    "key inside a list": b'{"a":[{"B":1}]}',
    "key with a newline": rb'{"a\n":1}',
    "a list": b"[]",
    "a string": b'"a"',
    "null": b"null",
    "nothing": b"",
    "two objects": b"{}{}",
    "too deep": b'{"a":' + b"[" * 2000 + b"]" * 2000 + b"}",
    "deep enough to read, too deep to write": b'{"a":' + b"[" * 500 + b"]" * 500 + b"}",
}


@pytest.mark.parametrize("data", NOT_CANONICAL.values(), ids=NOT_CANONICAL.keys())
def test_these_bytes_are_refused(data: bytes) -> None:
    with pytest.raises(NotCanonical):
        decode(data)


UNWRITABLE: dict[str, dict[str, object]] = {
    "float": {"a": 1.0},
    "nested float": {"a": [{"b": 0.5}]},
    "NaN": {"a": float("nan")},
    "infinity": {"a": float("inf")},
    "integer of 2^53": {"a": LARGEST + 1},
    "date": {"a": datetime.date(2026, 1, 1)},
    "time": {"a": datetime.datetime(2026, 1, 1, tzinfo=datetime.UTC)},
    "uuid": {"a": uuid.UUID(int=0)},
    "bytes": {"a": b"x"},
    "tuple": {"a": (1, 2)},
    "set": {"a": {1}},
    "lone surrogate": {"a": "\ud800"},
    "upper-case key": {"A": 1},
}


@pytest.mark.parametrize("value", UNWRITABLE.values(), ids=UNWRITABLE.keys())
def test_these_values_are_refused(value: Mapping[str, object]) -> None:
    with pytest.raises(NotCanonical):
        encode(value)


def test_a_value_that_holds_itself_is_refused() -> None:
    value: dict[str, object] = {}
    value["a"] = value
    with pytest.raises(NotCanonical):
        encode(value)


def test_keys_that_are_no_strings_are_refused() -> None:
    with pytest.raises(NotCanonical):
        encode({1: "a"})  # type: ignore[dict-item]


def test_the_largest_integers_fit() -> None:
    data = encode({"a": LARGEST, "b": -LARGEST})
    assert decode(data) == {"a": LARGEST, "b": -LARGEST}


def test_more_distinct_keys_than_are_remembered() -> None:
    value: dict[str, object] = {f"k{number}": number for number in range(5000)}
    assert decode(encode(value)) == value
