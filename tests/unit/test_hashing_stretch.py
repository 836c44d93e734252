"""A defect anywhere in a bundle is named by the reason that parsing that entry alone gives."""

from typing import Any

import orjson
import pytest

from hashing.canonical import NotCanonical, decode_all
from hashing.entry import COMMON_FIELDS, parse
from hashing.errors import IntegrityError
from hashing.findings import Check
from hashing.stretch import STRETCH, read_stretch
from hashing.verifier import verify_log
from tests.logbook import Logbook, MemoryLog, log_files

BOOK = Logbook().fill(300)
FILES = BOOK.files()

DEFECTS: dict[str, dict[str, Any]] = {
    "float": {"detail": 1.5},
    "float with no fraction": {"detail": 1.0},
    "float deep inside": {"detail": [[{"a": [0, {"b": 1e300}]}]]},
    "key": {"Detail": "x"},
    "key deep inside": {"detail": [{"a": {"b-c": None}}]},
    "true as v": {"v": True},
    "true as seq": {"seq": True},
    "true as mono_ms": {"mono_ms": True},
    "text as v": {"v": "1"},
    "float as v": {"v": 1.0},
    "other version": {"v": 2},
    "negative seq": {"seq": -1},
    "negative mono_ms": {"mono_ms": -1},
    "list as act": {"act": ["stop"]},
    "object as clock": {"clock": {"a": "b"}},
    "no act": {"act": "Stop"},
    "no state of the clock": {"clock": "fine"},
    "no boot": {"boot": "B" * 32},
    "number as station": {"station": 7},
    "null as actor": {"actor": None},
    "no time": {"time": "2026-01-01 00:00:00"},
    "time with a new line": {"time": "2026-01-01T00:00:00.000000Z\n"},
    "30 February": {"time": "2026-02-30T00:00:00.000000Z"},
    "number as time": {"time": 0},
    "number as prev": {"prev": 0},
}
POSITIONS = [0, 1, STRETCH - 1, STRETCH, 100, 255, 256, 299]


def damaged(at: int, defect: dict[str, Any]) -> list[bytes]:
    fields = orjson.loads(BOOK.entries[at]) | defect
    entries = list(BOOK.entries)
    entries[at] = orjson.dumps(fields, option=orjson.OPT_SORT_KEYS)
    return entries


def assert_named(entries: list[bytes], at: int) -> None:
    with pytest.raises(IntegrityError) as caught:
        parse(entries[at])
    files = {**log_files(entries), "checkpoint": FILES["checkpoint"]}
    findings = verify_log(MemoryLog(files), None).findings
    named = [(f.subject, f.detail) for f in findings if f.check == Check.ENTRIES]
    assert named == [(f"entry {at}", f"changed: {caught.value.detail}")]


@pytest.mark.parametrize("defect", DEFECTS.values(), ids=DEFECTS.keys())
@pytest.mark.parametrize("at", POSITIONS)
def test_a_defect_is_named_at_every_place(at: int, defect: dict[str, Any]) -> None:
    assert_named(damaged(at, defect), at)


@pytest.mark.parametrize("name", sorted(COMMON_FIELDS))
@pytest.mark.parametrize("at", [1, STRETCH, 299])
def test_a_missing_field_is_named(at: int, name: str) -> None:
    entries = damaged(at, {})
    fields = orjson.loads(entries[at])
    del fields[name]
    entries[at] = orjson.dumps(fields, option=orjson.OPT_SORT_KEYS)
    assert_named(entries, at)


@pytest.mark.parametrize(
    "pair",
    [(b'{"a":', b"1}"), (b'{"a":1},{"b":2}', b'{"c":3}'), (b'{"a":1', b'"b":2}'), (b"[", b"]")],
    ids=repr,
)
def test_entries_are_read_one_by_one_and_not_as_what_they_make_together(
    pair: tuple[bytes, bytes],
) -> None:
    for data in pair, pair[::-1]:
        with pytest.raises(NotCanonical):
            decode_all(data)


def test_a_stretch_holds_what_its_entries_say() -> None:
    entries = [parse(raw) for raw in BOOK.entries[:STRETCH]]
    stretch = read_stretch(BOOK.entries[:STRETCH])
    assert stretch.objects == [entry.fields for entry in entries]
    assert stretch.seq == tuple(range(STRETCH))
    assert stretch.prev == tuple(entry.prev for entry in entries)
    assert stretch.time == tuple(entry.fields["time"] for entry in entries)
    assert stretch.boot == tuple(entry.boot for entry in entries)
    assert stretch.acts == {"key", "alarm"}
