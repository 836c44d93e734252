"""Entries: what is built is what is parsed, and what is refused either way."""

from dataclasses import replace
from typing import Any

import pytest

from hashing import canonical
from hashing.acts import SCHEMAS, Act, BodyMismatch
from hashing.entry import (
    COMMON_FIELDS,
    MAX_ENTRY_BYTES,
    ZERO_PREV,
    EntryTooLarge,
    MalformedEntry,
    MalformedTime,
    Stamp,
    build,
    format_time,
    parse,
    parse_time,
)
from hashing.schema import Field

STAMP = Stamp(
    time="2026-01-02T03:04:05.000006Z",
    mono_ms=7,
    clock="synchronised",
    station="station-1",
    boot="0" * 32,
    actor="station",
)
ALARM = {"alarm": "CLONE", "subject": "slot 7", "detail": "Zwei gleiche — 两台相同"}


def made(**changes: object) -> bytes:
    return canonical.encode(
        {**parse(build(0, ZERO_PREV, STAMP, Act.ALARM, ALARM)).fields} | changes
    )


def test_what_is_built_is_what_is_parsed() -> None:
    entry = parse(build(12, "a" * 64, STAMP, Act.ALARM, ALARM))
    assert (entry.seq, entry.prev, entry.act) == (12, "a" * 64, Act.ALARM)
    assert format_time(entry.time_us) == STAMP.time
    assert (entry.clock, entry.station, entry.boot, entry.actor) == (
        STAMP.clock,
        STAMP.station,
        STAMP.boot,
        STAMP.actor,
    )
    assert entry.body == ALARM
    assert set(entry.fields) == COMMON_FIELDS | set(ALARM)


@pytest.mark.parametrize(
    "changes",
    [
        {"v": 2},
        {"v": True},
        {"v": "1"},
        {"seq": -1},
        {"seq": True},
        {"seq": "0"},
        {"prev": "a" * 63},
        {"prev": "A" * 64},
        {"prev": None},
        {"mono_ms": -1},
        {"clock": "good"},
        {"clock": []},
        {"station": None},
        {"boot": "0" * 31},
        {"actor": 1},
        {"act": "Not An Act"},
        {"act": None},
        {"time": None},
    ],
    ids=repr,
)
def test_malformed_common_fields_are_refused(changes: dict[str, Any]) -> None:
    with pytest.raises(MalformedEntry):
        parse(made(**changes))


@pytest.mark.parametrize("name", sorted(COMMON_FIELDS))
def test_missing_common_fields_are_refused(name: str) -> None:
    fields = canonical.decode(made())
    del fields[name]
    with pytest.raises(MalformedEntry, match=name):
        parse(canonical.encode(fields))


@pytest.mark.parametrize(
    "text",
    [
        "",
        "2026-01-02T03:04:05Z",
        "2026-01-02 03:04:05.000006Z",
        "2026-13-02T03:04:05.000006Z",
        "2026-02-30T03:04:05.000006Z",
        "2026-01-02T24:00:00.000000Z",
        "2026-01-02T03:04:60.000000Z",
        "2026-01-02T03:04:05.000006+00:00",
        "2026-W01-1T10:00:00.123456Z",
        "0000-01-02T03:04:05.000006Z",
        "２０２６-01-02T03:04:05.000006Z",
        "2026-01-02T03:04:05.000006Z\n",
    ],
)
def test_malformed_times_are_refused(text: str) -> None:
    with pytest.raises(MalformedTime):
        parse_time(text)
    with pytest.raises(MalformedTime):
        parse(made(time=text))


@pytest.mark.parametrize("us", [0, 1, -1, 1_767_225_600_000_000, -62_135_596_800_000_000])
def test_times_come_back(us: int) -> None:
    assert parse_time(format_time(us)) == us


@pytest.mark.parametrize("us", [10**18, -(10**18), 10**40])
def test_times_outside_the_calendar_are_refused(us: int) -> None:
    with pytest.raises(MalformedTime):
        format_time(us)


def test_an_unknown_act_and_unknown_fields_are_read() -> None:
    entry = parse(made(act="teleport", to="elsewhere"))
    assert entry.act == "teleport"
    assert entry.body["to"] == "elsewhere"


def test_the_largest_entry_fits_and_a_larger_one_does_not() -> None:
    room = MAX_ENTRY_BYTES - len(build(0, ZERO_PREV, STAMP, Act.ALARM, ALARM | {"detail": ""}))
    data = build(0, ZERO_PREV, STAMP, Act.ALARM, ALARM | {"detail": "x" * room})
    assert len(data) == MAX_ENTRY_BYTES
    assert parse(data).raw == data
    with pytest.raises(EntryTooLarge):
        build(0, ZERO_PREV, STAMP, Act.ALARM, ALARM | {"detail": "x" * (room + 1)})
    with pytest.raises(EntryTooLarge):
        parse(made(detail="x" * (room + 1)))


def test_a_malformed_stamp_is_not_written() -> None:
    with pytest.raises(MalformedEntry):
        build(0, ZERO_PREV, replace(STAMP, boot="x"), Act.ALARM, ALARM)
    with pytest.raises(MalformedTime):
        build(0, ZERO_PREV, replace(STAMP, time="now"), Act.ALARM, ALARM)


def test_a_reserved_act_is_not_written() -> None:
    with pytest.raises(BodyMismatch, match="reserved"):
        build(0, ZERO_PREV, STAMP, Act.DISPOSE, {})


@pytest.mark.parametrize("act", SCHEMAS)
def test_no_body_can_hide_a_common_field(act: Act) -> None:
    assert COMMON_FIELDS.isdisjoint(field.name for field in SCHEMAS[act].fields)


def walk(fields: tuple[Field, ...]) -> list[Field]:
    return [inner for field in fields for inner in (field, *walk(field.kind.fields))]


@pytest.mark.parametrize("act", SCHEMAS)
def test_every_field_is_a_key_and_is_described(act: Act) -> None:
    for field in walk(SCHEMAS[act].fields):
        assert canonical.is_key(field.name)
        assert field.doc.endswith(".")
        assert "|" not in field.doc + field.kind.name, "would break the table"
