"""``evd doctor`` and ``evd store register``: what is wrong, and what to do."""

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.evd_station import EvdStation


def examine(station: EvdStation, *, code: int = 0, **env: str) -> dict[str, dict[str, Any]]:
    """The observations by their names."""
    *observations, summary = station.ask("doctor", code=code, **env)
    failures = sum(each["level"] == "fail" for each in observations)
    assert summary["type"] == "summary"
    assert (summary["ok"], summary["failures"]) == (failures == 0, failures)
    return {each["name"]: each for each in observations}


def test_a_sound_station(full_station: EvdStation) -> None:
    found = examine(full_station)
    sound = ("config", "archive", "disk", "key", "log", "catalog", "space", "state", "rules")
    assert {name: found[name]["level"] for name in sound} == dict.fromkeys(sound, "ok")
    assert found["service"]["level"] == "warn"
    assert found["clock"]["level"] in {"ok", "warn"}
    assert found["ffmpeg"]["level"] == "ok"
    size = len(full_station.site.entries())
    assert f"{size} entries" in found["log"]["words"]["en"]


@pytest.mark.parametrize(("language", "word"), [("en", "[OK] log: "), ("zh", "[OK] log: 日志")])
def test_people_are_told_what_to_do(full_station: EvdStation, language: str, word: str) -> None:
    done = full_station.evd("doctor", "--lang", language)
    assert done.returncode == 0
    assert word in done.stdout
    assert "evd station run" in done.stdout


def test_a_new_station_has_nothing_wrong_with_it(new_station: EvdStation) -> None:
    found = examine(new_station)
    assert found["catalog"]["level"] == "warn"
    assert "witnesses" not in found


def test_witnesses_are_looked_at(station: EvdStation) -> None:
    address = "127.0.0.1:18443"
    found = examine(station, code=94, EVD_WITNESS__LISTEN=address)
    assert found["witness"]["level"] == "fail"
    (made,) = station.ask("log", "witness", "init")
    assert (
        made["verifier_key"]
        in examine(station, EVD_WITNESS__LISTEN=address)["witness"]["words"]["en"]
    )
    text = station.config.read_text("utf-8")
    table = f'\n[[witnesses]]\nname = "other"\nvkey = "{made["verifier_key"]}"\n'
    station.config.write_text(text + table, "utf-8")
    found = examine(station)
    assert found["witnesses"]["level"] == "warn"
    assert "nothing yet" in found["witnesses"]["words"]["en"]


def no_archive(station: EvdStation) -> None:
    (station.archive / "log").rename(station.folder / "elsewhere")


def open_key(station: EvdStation) -> None:
    os.chmod(station.folder / "keys/log.key", 0o644)


def no_key(station: EvdStation) -> None:
    (station.folder / "keys/log.key").unlink()


def wrong_key(station: EvdStation) -> None:
    other = EvdStation.init(station.folder / "other")
    key = (other.folder / "keys/log.key").read_bytes()
    (station.folder / "keys/log.key").write_bytes(key)


def damaged_catalog(station: EvdStation) -> None:
    (station.archive / "catalog.sqlite").write_bytes(os.urandom(9000))


def damaged_head(station: EvdStation) -> None:
    (station.archive / "log/checkpoint").write_text("nonsense")


def bad_setting(station: EvdStation) -> None:
    station.set("station", "workers = 0")


def bad_rules(station: EvdStation) -> None:
    (station.folder / "names.toml").write_text("[[grammar]]\nname = 1\n")
    station.set("rules", 'file_names = "names.toml"')


def no_drop_folder(station: EvdStation) -> None:
    station.set("station", 'drop_folders = ["/nonexistent/drop"]')


@pytest.mark.parametrize(
    ("harm", "name"),
    [
        (no_archive, "archive"),
        (open_key, "key"),
        (no_key, "key"),
        (wrong_key, "log"),
        (damaged_catalog, "catalog"),
        (damaged_head, "log"),
        (bad_setting, "config"),
        (bad_rules, "rules"),
        (no_drop_folder, "drop_folder"),
    ],
    ids=lambda each: getattr(each, "__name__", ""),
)
def test_what_is_wrong_is_named_with_a_remedy(
    station: EvdStation, harm: Callable[[EvdStation], None], name: str
) -> None:
    harm(station)
    found = examine(station, code=94)
    assert found[name]["level"] == "fail"
    assert found[name]["action"]["zh"]
    assert found[name]["action"]["en"].isascii()


def test_a_full_disk_is_a_failure(full_station: EvdStation) -> None:
    found = examine(full_station, code=94, EVD_INTAKE__MINIMUM_FREE_BYTES=str(1 << 50))
    assert found["space"]["level"] == "fail"


def test_open_folders_and_a_catalog_that_is_behind_are_warnings(station: EvdStation) -> None:
    os.chmod(station.folder / "keys", 0o755)
    (station.folder / "state.sqlite").unlink()
    found = examine(station)
    assert found["keys"]["level"] == found["state"]["level"] == "warn"


@pytest.fixture
def share(station: EvdStation, tmp_path: Path) -> Path:
    """A folder that the configuration calls a further store."""
    folder = tmp_path / "share"
    folder.mkdir()
    table = f'\n[[stores]]\nname = "nas"\npath = "{folder}"\n'
    station.config.write_text(station.config.read_text("utf-8") + table, "utf-8")
    return folder


def test_a_store_counts_once_it_is_registered(station: EvdStation, share: Path) -> None:
    missing = examine(station)["store"]
    assert missing["level"] == "warn"
    assert "evd store register nas" in missing["action"]["en"]
    [card] = station.ask("store", "register", "nas")
    assert card["store"].startswith("nas/")
    assert (share / "store.json").is_file()
    found = examine(station)["store"]
    assert (found["level"], card["store"] in found["words"]["en"]) == ("ok", True)
    assert station.ask("store", "register", "nas", code=50)
    assert station.ask("store", "register", "tape", code=2)[0]["code"] == "USAGE"


def test_a_store_that_is_required_and_away_is_a_failure(station: EvdStation, share: Path) -> None:
    text = station.config.read_text("utf-8")
    station.config.write_text(f"{text}required = true\n", "utf-8")
    share.rmdir()
    assert examine(station, code=94)["store"]["level"] == "fail"
