"""``evd init`` and ``evd ingest``: from nothing to archived footage."""

import hashlib
import os
import stat
import subprocess
from pathlib import Path

import pytest

from tests.e2e.conftest import Card
from tests.evd_process import records, run
from tests.evd_station import EvdStation


def test_init_makes_a_station_and_prints_the_key_to_keep(tmp_path: Path) -> None:
    folder = tmp_path / "a" / "station"
    words = ("--organisation", "bureau", "--station", "dock-7")
    done = run("init", str(folder), *words)
    assert done.returncode == 0
    facts = dict(line.split(": ", 1) for line in done.stdout.splitlines())
    origin = facts["Origin"]
    assert origin.startswith("bureau/dock-7/")
    assert facts["Verifier key"].startswith(f"{origin}+")
    assert (folder / "archive/log/checkpoint").read_text("utf-8").startswith(f"{origin}\n1\n")
    assert stat.S_IMODE((folder / "keys").stat().st_mode) == 0o700
    assert stat.S_IMODE((folder / "keys/log.key").stat().st_mode) == 0o600
    assert (folder / "state.sqlite").is_file()
    assert f"--key {facts['Verifier key']}" in done.stderr
    assert f'key = "{facts["Verifier key"]}"' in done.stderr
    checked = run("--config", str(folder / "config.toml"), "config", "check")
    assert checked.returncode == 0


def test_init_leaves_a_station_alone(new_station: EvdStation) -> None:
    def state() -> dict[Path, bytes]:
        files = [path for path in new_station.folder.rglob("*") if path.is_file()]
        return {path: path.read_bytes() for path in files}

    before = state()
    done = run("init", str(new_station.folder), "--json")
    assert done.returncode == 50
    assert records(done.stdout)[0]["code"] == "STATION_EXISTS"
    assert state() == before


@pytest.mark.parametrize(
    ("words", "setting"),
    [
        (["--organisation", "a b"], "archive.organisation"),
        (["--station", "a/b"], "archive.station"),
    ],
)
def test_init_refuses_a_name_that_cannot_be_an_origin(
    tmp_path: Path, words: list[str], setting: str
) -> None:
    folder = tmp_path / "station"
    done = run("init", str(folder), *words)
    assert done.returncode == 83
    assert f"{setting} ({words[0]})" in done.stderr
    assert not folder.exists()


def test_cards_are_taken_in_whole(new_station: EvdStation, cards: list[Card]) -> None:
    told = new_station.ask("ingest", *(str(card.path) for card in cards))
    found = sum(card.manifest.found for card in cards)
    objects = set[str]().union(*(card.manifest.objects for card in cards))
    summary = told[-1]
    assert set(summary) >= {"type", "found", "new", "known", "failed", "skipped"}
    assert summary["type"] == "summary"
    assert (summary["found"], summary["failed"], summary["skipped"]) == (found, 0, 0)
    assert summary["new"] == len(objects)
    assert summary["known"] == found - len(objects)
    dockings = {each["recorder"]: each for each in told if each["type"] == "docking"}
    assert set(dockings) >= {"4560001", "4560002"}
    assert dockings["4560002"]["found"] == cards[1].manifest.found
    assert sum(each["type"] == "file" for each in told) == found
    assert _sha256sum(new_station.site.objects().values()) == objects
    assert set(new_station.site.objects()) == objects


def _sha256sum(paths: "object") -> set[str]:
    files = [os.fspath(path) for path in paths]  # type: ignore[attr-defined]
    done = subprocess.run(["sha256sum", *files], capture_output=True, text=True, check=True)
    return {line.split()[0] for line in done.stdout.splitlines()}


def test_a_second_time_nothing_is_new(station: EvdStation, cards: list[Card]) -> None:
    objects = station.site.objects().keys()
    summary = station.ask("ingest", *(str(card.path) for card in cards))[-1]
    found = sum(card.manifest.found for card in cards)
    assert summary == {
        "type": "summary",
        "found": found,
        "new": 0,
        "known": found,
        "failed": 0,
        "skipped": 0,
    }
    assert station.site.objects().keys() == objects


@pytest.mark.parametrize(
    ("language", "heading", "state", "total"),
    [
        ("en", "Recorder\tOfficer\tFound", "safe to remove", "Found 3: 3 new, 0 known"),
        ("zh", "记录仪\t警员\t发现", "采集完成，可以取出", "发现 3：新增 3，已有 0"),
    ],
)
def test_people_get_a_table_and_a_sum(
    new_station: EvdStation,
    cards: list[Card],
    language: str,
    heading: str,
    state: str,
    total: str,
) -> None:
    done = new_station.evd("--lang", language, "ingest", str(cards[1].path))
    assert done.returncode == 0
    first, row = done.stdout.splitlines()
    assert first.startswith(heading)
    assert row.startswith("4560002\t100002\t3\t3\t0\t0\t0\t")
    assert state in row
    assert total in done.stderr


def test_a_person_may_name_recorder_and_officer(new_station: EvdStation, cards: list[Card]) -> None:
    words = ("--recorder", "R-1", "--officer", "200002")
    new_station.ask("ingest", str(cards[2].path), *words)
    rows = new_station.ask("find", "--recorder", "R-1", "--officer", "200002")
    assert len(rows) == cards[2].manifest.found


def test_hostile_names_reach_neither_terminal_nor_balance_unhurt(
    new_station: EvdStation, hostile_card: Card
) -> None:
    told = new_station.ask("ingest", str(hostile_card.path))
    summary = told[-1]
    assert summary["found"] == hostile_card.manifest.found
    assert summary["skipped"] == len(hostile_card.manifest.skipped) == 2
    assert summary["failed"] == 0
    shown = new_station.evd("find").stdout
    assert not any(ord(c) < 0x20 and c not in "\t\n" for c in shown)
    assert "\u202e" not in shown
    assert "\\u202e" in shown


def test_nothing_begins_where_a_path_is_no_recorder(
    new_station: EvdStation, cards: list[Card], tmp_path: Path
) -> None:
    [error] = new_station.ask("ingest", str(cards[0].path), str(tmp_path / "none"), code=42)
    assert error["code"] == "NOT_A_RECORDER"
    assert [entry["act"] for entry in new_station.site.entries()] == ["key"]


def test_one_recorder_is_named_for_one_path_only(
    new_station: EvdStation, cards: list[Card]
) -> None:
    paths = [str(card.path) for card in cards]
    [error] = new_station.ask("ingest", *paths, "--recorder", "R-1", code=2)
    assert error["code"] == "USAGE"


def test_a_full_disk_stops_intake_and_the_summary_still_stands_last(
    new_station: EvdStation, cards: list[Card]
) -> None:
    told = new_station.ask(
        "ingest", str(cards[1].path), code=52, EVD_INTAKE__MINIMUM_FREE_BYTES=str(1 << 50)
    )
    error, summary = told[-2:]
    assert (error["type"], error["code"]) == ("error", "DISK_FULL")
    assert (summary["type"], summary["new"], summary["failed"]) == ("summary", 0, 3)
    assert not new_station.site.objects()
    again = new_station.ask("ingest", str(cards[1].path))[-1]
    assert (again["new"], again["failed"]) == (3, 0)


def test_relative_paths_start_at_the_working_folder(
    new_station: EvdStation, cards: list[Card]
) -> None:
    card = cards[1].path
    done = run("--config", str(new_station.config), "--json", "ingest", card.name, cwd=card.parent)
    assert records(done.stdout)[-1]["new"] == cards[1].manifest.found


def test_what_lies_on_a_card_stays_as_it_is(new_station: EvdStation, cards: list[Card]) -> None:
    card = cards[0]
    new_station.ask("ingest", str(card.path))
    for file in card.manifest.files:
        path = os.path.join(os.fsencode(card.path), file.path)
        with open(path, "rb") as opened:
            assert hashlib.sha256(opened.read()).hexdigest() == file.sha256
        assert os.stat(path).st_mtime_ns // 1000 == file.mtime_us
