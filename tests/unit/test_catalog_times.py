"""When a recording was made, as far as its file says."""

from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from archive.catalog.times import TimeSource, recorded_at
from tests.catalog_story import named

MTIME_US = 1_700_000_000_123_456


def body(local_time: str | None = None, *, zone: str = "utc", mtime_us: int = MTIME_US) -> Any:
    name = None if local_time is None else named(local_time, 1)
    return {"name": name, "mtime_us": mtime_us, "mtime_zone": zone}


def instant(text: str, zone: str) -> int:
    return int(datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(zone)).timestamp()) * 1_000_000


@pytest.mark.parametrize("zone", ["Asia/Shanghai", "Europe/Berlin", "UTC"])
@pytest.mark.parametrize("text", ["2023-07-01T12:00:00", "2010-01-01T00:00:00"])
def test_the_digits_of_the_name_in_the_zone_of_the_docking(text: str, zone: str) -> None:
    assert recorded_at(body(text), zone) == (instant(text, zone), TimeSource.NAME)


def test_an_hour_that_comes_twice_is_the_first_of_them() -> None:
    made_us, _ = recorded_at(body("2023-10-29T02:30:00"), "Europe/Berlin")
    assert made_us == instant("2023-10-29T00:30:00", "UTC")


def test_an_instant_needs_no_zone() -> None:
    assert recorded_at(body(), "Asia/Shanghai") == (MTIME_US, TimeSource.MTIME)


def test_digits_of_the_file_system_are_read_in_the_zone_of_the_docking() -> None:
    made_us, source = recorded_at(body(zone="local_digits"), "Asia/Shanghai")
    assert (made_us, source) == (MTIME_US - 8 * 3_600_000_000, TimeSource.MTIME)


@pytest.mark.parametrize(
    "text", ["2023-02-30T10:00:00", "2023-01-01T25:00:00", "0000-01-01T00:00:00"]
)
def test_a_name_with_no_such_time_falls_back_to_the_file_system(text: str) -> None:
    assert recorded_at(body(text), "UTC") == (MTIME_US, TimeSource.MTIME)


def test_a_name_without_a_time_falls_back_too() -> None:
    fields = body() | {"name": named(None, 1)}
    assert recorded_at(fields, "UTC") == (MTIME_US, TimeSource.MTIME)


@pytest.mark.parametrize(
    "zone", [None, "", "Atlantis/Capital", "../etc/passwd", "/etc", "Asia", "\0"]
)
def test_a_zone_that_is_none_means_utc(zone: str | None) -> None:
    made_us, _ = recorded_at(body("2023-07-01T12:00:00"), zone)
    assert made_us == instant("2023-07-01T12:00:00", "UTC")


@pytest.mark.parametrize("mtime_us", [-(2**53), 2**53, -62_135_596_800_000_000, 0])
@pytest.mark.parametrize("zone", ["Asia/Shanghai", "America/New_York"])
def test_any_time_a_file_can_bear_is_read(mtime_us: int, zone: str) -> None:
    made_us, _ = recorded_at(body(zone="local_digits", mtime_us=mtime_us), zone)
    assert abs(made_us - mtime_us) < 15 * 3_600_000_000


@pytest.mark.parametrize("text", ["0001-01-01T00:00:00", "9999-12-31T23:59:59"])
@pytest.mark.parametrize("zone", ["Asia/Shanghai", "America/New_York"])
def test_the_ends_of_the_calendar(text: str, zone: str) -> None:
    made_us, source = recorded_at(body(text), zone)
    assert source is TimeSource.NAME
    assert abs(made_us - instant_utc(text)) < 15 * 3_600_000_000


def instant_utc(text: str) -> int:
    return instant(text, "UTC")
