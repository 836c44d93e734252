"""``evd catalog rebuild``, and the one writer's lock."""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.e2e.conftest import Card
from tests.evd_station import EvdStation


@pytest.mark.parametrize("damage", ["random", "truncated", "middle"])
def test_a_damaged_catalog_is_made_again_with_the_same_answers(
    station: EvdStation, damage: str
) -> None:
    before = station.ask("find")
    path = station.archive / "catalog.sqlite"
    _damage(path, damage)
    if damage in {"random", "truncated"}:
        told = station.evd("find", "--lang", "zh")
        assert told.returncode == 57
        assert told.stderr.startswith("错误 CATALOG_DAMAGED: ")
        assert "下一步：运行 evd catalog rebuild。" in told.stderr
    [summary] = station.ask("catalog", "rebuild")
    assert summary["type"] == "summary"
    assert summary["entries"] == len(station.site.entries())
    assert summary["per_second"] > 0
    assert station.ask("find") == before


def _damage(path: Path, damage: str) -> None:
    data = path.read_bytes()
    match damage:
        case "random":
            path.write_bytes(os.urandom(len(data)))
        case "truncated":
            path.write_bytes(data[: len(data) // 2 - 100])
        case "middle":
            half = len(data) // 2
            path.write_bytes(data[:half] + bytes(4096) + data[half + 4096 :])


def test_a_sound_catalog_is_rebuilt_without_a_key(station: EvdStation) -> None:
    before = station.ask("find")
    key = station.folder / "keys/log.key"
    hidden = key.rename(key.with_name("away"))
    done = station.evd("catalog", "rebuild", "--lang", "zh")
    assert done.returncode == 0
    assert f"由日志的 {len(station.site.entries())} 条重建目录" in done.stdout
    hidden.rename(key)
    assert station.ask("find") == before
    assert station.ask("verify", "--deep", "--key", station.key)[-1]["ok"]


@contextmanager
def _held(station: EvdStation) -> Iterator[None]:
    """The writer's lock, as another process holds it."""
    descriptor = os.open(station.archive / ".lock", os.O_RDWR)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)


@pytest.mark.slow
def test_a_second_writer_is_told_that_the_archive_is_busy(
    station: EvdStation, cards: list[Card]
) -> None:
    size = len(station.site.entries())
    with _held(station):
        [error] = station.ask("ingest", str(cards[0].path), code=51)
        assert error["code"] == "ARCHIVE_BUSY"
        assert station.ask("verify", "--deep", "--key", station.key)[-1]["ok"]
    assert len(station.site.entries()) == size


def test_there_is_nothing_to_rebuild(tmp_path: Path, station: EvdStation) -> None:
    [error] = station.ask(
        "catalog", "rebuild", code=56, EVD_ARCHIVE__DIRECTORY=str(tmp_path / "none")
    )
    assert error["code"] == "NOT_AN_ARCHIVE"
