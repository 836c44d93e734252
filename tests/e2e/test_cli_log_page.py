"""``evd log page``: the checkpoint on paper, read back by a camera and held against the log."""

import hashlib
from importlib.resources import files
from pathlib import Path

from tests.browser_shot import codes, needs_chromium, screenshot
from tests.evd_station import EvdStation


def test_the_page_names_what_to_compare(station: EvdStation, tmp_path: Path) -> None:
    target = tmp_path / "page.html"
    (head,) = station.ask("log", "head")
    (said,) = station.ask("log", "page", "-o", str(target), "--keeper", "督察<科>")
    assert (said["size"], said["root"]) == (head["size"], head["root"])
    text = target.read_text("utf-8")
    assert station.key in text.replace("&#43;", "+")
    assert head["root"] in text
    assert "督察&lt;科&gt;" in text
    for name in ("verify.py", "verify.html"):
        carried = files("archive.export").joinpath("verifiers", name).read_bytes()
        assert hashlib.sha256(carried).hexdigest() in text
    assert "<script" not in text


def test_a_page_that_somebody_keeps_bounds_when_footage_was_received(
    station: EvdStation, tmp_path: Path
) -> None:
    station.ask("log", "page", "-o", str(tmp_path / "page.html"), "--keeper", "auditor")
    (entry,) = station.site.acts("export")
    assert (entry["kind"], entry["purpose"], entry["recordings"]) == ("page", "auditor", [])
    assert entry["size"] == entry["seq"]
    (row,) = station.ask("find", "--limit", "1")
    *_, statement = station.ask("custody", row["id"])
    (bound,) = statement["not_later_than"]
    assert (bound["kind"], bound["by"], bound["entry"]) == ("paper", "auditor", entry["seq"])
    assert station.ask("verify", "--deep", "--key", station.key)[-1]["ok"]


def test_a_page_without_a_keeper_changes_nothing(full_station: EvdStation, tmp_path: Path) -> None:
    before = full_station.ask("log", "head")
    full_station.ask("log", "page", "-o", str(tmp_path / "page.html"))
    assert full_station.ask("log", "head") == before


@needs_chromium
def test_what_a_camera_reads_is_a_known_checkpoint(
    station: EvdStation, tmp_path: Path, cards: list[object]
) -> None:
    page, text = tmp_path / "page.html", tmp_path / "checkpoint.txt"
    station.ask("log", "page", "-o", str(page))
    (read,) = codes(screenshot(page, tmp_path, 1600))
    text.write_text(read, "utf-8")
    card = tmp_path / "card"
    card.mkdir()
    (card / "a.mp4").write_bytes(b"later")
    station.ask("ingest", str(card))
    *_, summary = station.ask("verify", "--key", station.key, "--known", str(text))
    known = next(each for each in summary["checks"] if each["check"] == 9)
    assert known["status"] == "pass"


def test_an_existing_file_is_not_replaced(full_station: EvdStation, tmp_path: Path) -> None:
    target = tmp_path / "page.html"
    target.write_text("mine")
    done = full_station.evd("log", "page", "-o", str(target))
    assert done.returncode == 50
    assert target.read_text() == "mine"
