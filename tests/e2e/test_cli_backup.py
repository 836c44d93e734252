"""``evd backup`` and ``evd restore``: a station lost and made again."""

import shutil
import stat
from pathlib import Path
from typing import Any

import pytest

from tests.e2e.conftest import Card
from tests.evd_process import records, run
from tests.evd_station import EvdStation


def test_a_station_is_made_again_elsewhere(
    station: EvdStation, cards: list[Card], tmp_path: Path
) -> None:
    rows = station.ask("find")
    dest, keys, into = tmp_path / "backup", tmp_path / "safe", tmp_path / "again"
    [made] = station.ask("backup", str(dest), "--keys-to", str(keys), "--objects")
    assert (made["entries"], made["before"]) == (len(station.site.entries()), 0)
    assert (made["objects"], made["missing"]) == (len(station.site.objects()), [])
    assert stat.S_IMODE(keys.stat().st_mode) == 0o700
    assert not list(dest.rglob("*.key"))
    shutil.rmtree(station.folder)

    words = ("restore", str(dest), "--into", str(into), "--keys", str(keys))
    [restored] = station_less(*words)
    assert restored["entries"] == made["entries"] + 1
    assert (restored["objects"], restored["missing"]) == (made["objects"], [])
    again = EvdStation(into, station.key)
    assert again.ask("verify", "--deep", "--key", station.key)[-1]["origin_proven"]
    assert again.ask("find") == rows
    assert again.site.acts("restore")[0]["size"] == made["entries"]
    assert again.ask("ingest", str(cards[0].path))[-1]["new"] == 0


def station_less(*words: str, code: int = 0) -> list[dict[str, Any]]:
    """What a command says that needs no configuration."""
    done = run(*words, "--json")
    assert done.returncode == code, (done.stdout, done.stderr)
    return records(done.stdout)


def test_a_backup_goes_on_where_it_ended(station: EvdStation, tmp_path: Path) -> None:
    dest = tmp_path / "backup"
    [first] = station.ask("backup", str(dest))
    [row] = station.ask("find", "--limit", "1")
    station.ask("get", row["id"], "-o", str(tmp_path / "copy"), "--purpose", "one more entry")
    [second] = station.ask("backup", str(dest))
    assert second["before"] == first["entries"]
    assert second["entries"] == first["entries"] + 1
    told = station.evd("backup", str(dest), "--lang", "zh")
    assert "备份已覆盖日志" in told.stdout
    assert "密钥不在备份中" in told.stderr
    held = (dest / "archive/log/checkpoint").read_bytes()
    assert held == (station.archive / "log/checkpoint").read_bytes()


def test_objects_come_back_later(station: EvdStation, tmp_path: Path) -> None:
    log_only, whole = tmp_path / "log-only", tmp_path / "whole"
    keys, into = tmp_path / "safe", tmp_path / "again"
    station.ask("backup", str(log_only), "--keys-to", str(keys))
    station.ask("backup", str(whole), "--objects")
    shutil.copytree(keys, into / "keys")
    words = ("--into", str(into))
    *_, summary, error = station_less("restore", str(log_only), *words, code=10)
    assert len(summary["missing"]) == len(station.site.objects())
    assert error["code"] == "MISSING_FILE"
    [later] = station_less("restore", str(whole), *words, "--objects-only")
    assert (later["restored"], later["missing"]) == (len(station.site.objects()), [])
    assert EvdStation(into, station.key).ask("verify", "--deep", "--key", station.key)[-1]["ok"]


def test_an_object_that_nobody_has_is_named(station: EvdStation, tmp_path: Path) -> None:
    digest, path = next(iter(station.site.objects().items()))
    path.unlink()
    summary, error = station.ask("backup", str(tmp_path / "backup"), "--objects", code=10)
    assert summary["missing"] == [digest]
    assert error["code"] == "MISSING_FILE"


def test_a_restored_configuration_speaks_of_the_new_folder(
    station: EvdStation, tmp_path: Path
) -> None:
    station.set("station", "workers = 7")
    dest, keys, into = tmp_path / "backup", tmp_path / "safe", tmp_path / "again"
    station.ask("backup", str(dest), "--keys-to", str(keys), "--objects")
    station_less("restore", str(dest), "--into", str(into), "--keys", str(keys))
    shown = EvdStation(into, station.key).ask("config", "show")
    values = {row["key"]: row["value"] for row in shown}
    assert values["archive.directory"] == str(into / "archive")
    assert values["archive.keys_directory"] == str(into / "keys")
    assert values["archive.state_file"] == str(into / "state.sqlite")
    assert values["station.socket"] == str(into / "api.sock")
    assert (values["archive.organisation"], values["station.workers"]) == ("bureau", 7)


def test_nothing_is_restored_over_an_archive_or_without_a_key(
    station: EvdStation, new_station: EvdStation, tmp_path: Path
) -> None:
    dest, keys = tmp_path / "backup", tmp_path / "safe"
    station.ask("backup", str(dest), "--keys-to", str(keys))
    head = (new_station.archive / "log/checkpoint").read_bytes()
    words = ("restore", str(dest), "--keys", str(keys), "--into")
    station_less(*words, str(new_station.folder), code=50)
    assert (new_station.archive / "log/checkpoint").read_bytes() == head
    [error] = station_less("restore", str(dest), "--into", str(tmp_path / "again"), code=85)
    assert error["code"] == "KEY_UNAVAILABLE"


@pytest.mark.parametrize("inside", ["archive/backup", "archive"])
def test_a_backup_does_not_lie_in_its_archive(station: EvdStation, inside: str) -> None:
    assert station.ask("backup", str(station.folder / inside), code=50)


def test_an_old_backup_shows_against_a_known_checkpoint(
    station: EvdStation, tmp_path: Path
) -> None:
    dest, keys, into = tmp_path / "backup", tmp_path / "safe", tmp_path / "again"
    station.ask("backup", str(dest), "--keys-to", str(keys))
    [row] = station.ask("find", "--limit", "1")
    station.ask("get", row["id"], "-o", str(tmp_path / "copy"), "--purpose", "one more entry")
    known = tmp_path / "known.txt"
    known.write_text(station.evd("log", "head").stdout, "utf-8")
    words = ("restore", str(dest), "--into", str(into), "--keys", str(keys))
    [error] = station_less(*words, "--known", str(known), code=33)
    assert error["code"] == "ROLLED_BACK"
