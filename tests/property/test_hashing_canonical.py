"""The canonical form against an independent implementation of RFC 8785."""

import json
from typing import Any

import rfc8785
from hypothesis import given
from hypothesis import strategies as st

from hashing.canonical import NotCanonical, decode, encode
from hashing.entry import parse
from hashing.errors import EvidenceError

LARGEST = 2**53 - 1

keys = st.from_regex(r"[a-z][a-z0-9_]{0,8}", fullmatch=True)
texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)
scalars = st.none() | st.booleans() | st.integers(-LARGEST, LARGEST) | texts
values = st.recursive(
    scalars,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(keys, inner, max_size=4),
    max_leaves=20,
)
objects = st.dictionaries(keys, values, max_size=6)


@given(objects)
def test_encoding_is_rfc8785(value: dict[str, Any]) -> None:
    assert encode(value) == rfc8785.dumps(value)


@given(objects)
def test_what_is_encoded_comes_back(value: dict[str, Any]) -> None:
    assert decode(encode(value)) == value


foreign = st.recursive(
    scalars | st.floats() | st.integers(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(texts, inner, max_size=4),
    max_leaves=20,
)


@given(st.dictionaries(texts, foreign, max_size=6), st.booleans(), st.booleans())
def test_any_json_is_canonical_or_refused(value: Any, ascii_only: bool, spaced: bool) -> None:
    separators = (", ", ": ") if spaced else (",", ":")
    text = json.dumps(value, ensure_ascii=ascii_only, separators=separators, sort_keys=True)
    data = text.encode()
    try:
        read = decode(data)
    except NotCanonical:
        return
    assert rfc8785.dumps(read) == data


@given(objects, st.data())
def test_any_changed_byte_gives_another_value_or_none(value: dict[str, Any], data: Any) -> None:
    good = bytearray(encode(value))
    at = data.draw(st.integers(0, len(good) - 1))
    good[at] ^= data.draw(st.integers(1, 255))
    try:
        read = decode(bytes(good))
    except NotCanonical:
        return
    assert read != value
    assert encode(read) == bytes(good)


@given(st.binary(max_size=200))
def test_bytes_are_refused_in_the_one_tree(data: bytes) -> None:
    for read in (decode, parse):
        try:
            read(data)
        except EvidenceError:
            continue
        assert rfc8785.dumps(json.loads(data)) == data
