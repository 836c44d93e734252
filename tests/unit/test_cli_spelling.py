from datetime import UTC, datetime

import pytest

from evidence_daemon.cli import language
from evidence_daemon.cli.spelling import LocalTime, fields, short_id, size, status_words
from evidence_daemon.errors import ServiceBroken, UsageError

SHANGHAI = LocalTime("Asia/Shanghai")


def _us(*parts: int) -> int:
    return int(datetime(*parts, tzinfo=UTC).timestamp()) * 1_000_000  # type: ignore[misc,arg-type]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2024-03-01", _us(2024, 2, 29, 16)),
        ("2024-03-01T08:30", _us(2024, 3, 1, 0, 30)),
        ("2024-03-01 08:30:05", _us(2024, 3, 1, 0, 30, 5)),
        ("2024-03-01T08:30:00Z", _us(2024, 3, 1, 8, 30)),
        ("2024-03-01T08:30:00-05:00", _us(2024, 3, 1, 13, 30)),
        ("1969-12-31T00:00:00Z", -86_400_000_000),
    ],
)
def test_a_time_is_the_stations_unless_it_says(text: str, expected: int) -> None:
    assert SHANGHAI.parse_us(text) == expected


def test_the_end_of_a_day_is_the_beginning_of_the_next() -> None:
    assert SHANGHAI.parse_us("2024-02-29", day_ends=True) == SHANGHAI.parse_us("2024-03-01")
    moment = "2024-02-29T12:00"
    assert SHANGHAI.parse_us(moment, day_ends=True) == SHANGHAI.parse_us(moment)


@pytest.mark.parametrize("text", ["", "yesterday", "2024-13-01", "2024-02-30T00:00", "12:00"])
def test_what_is_no_time(text: str) -> None:
    with pytest.raises(UsageError):
        SHANGHAI.parse_us(text)


@pytest.mark.parametrize("text", ["0001-01-01", "9999-12-31", "9999-12-31T23:59:59-12:00"])
def test_the_ends_of_the_calendar(text: str) -> None:
    assert isinstance(SHANGHAI.parse_us(text, day_ends=True), int)


def test_an_instant_on_the_stations_clock() -> None:
    assert SHANGHAI.show("2024-03-01T00:30:01.250000Z") == "2024-03-01 08:30:01"
    assert SHANGHAI.show(None) == ""


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0, "0 B"),
        (1023, "1023 B"),
        (1024, "1.0 KiB"),
        (5 << 30, "5.0 GiB"),
        (3 << 50, "3072.0 TiB"),
    ],
)
def test_a_size_in_its_unit(value: int, text: str) -> None:
    assert size(value) == text
    assert size(None) == ""


def test_fields_on_one_line() -> None:
    told = {"path": "a b", "digest": "ab" * 32, "new": False, "none": None, "skipped": {"fifo": 1}}
    assert fields(told) == 'path=a b digest=abababababab… new=false skipped={"fifo":1}'
    assert short_id("0" * 32) == "0" * 12


def test_a_state_in_words() -> None:
    language.use("en")
    assert status_words("attention(archive_full)").startswith("needs attention: ")
    for unknown in ("dancing", "attention", "copying(archive_full)", "attention(mood)"):
        with pytest.raises(ServiceBroken):
            status_words(unknown)
