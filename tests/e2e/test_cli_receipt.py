"""``evd receipt``: listed, given as JSON and as a page, and checked without our code."""

import base64
import hashlib
import json
from pathlib import Path

import pytest
import rfc8785

from tests.browser_shot import codes, needs_chromium, screenshot
from tests.evd_station import EvdStation


def test_dockings_are_listed_newest_first(full_station: EvdStation) -> None:
    rows = full_station.ask("receipt")
    assert [row["recorder"] for row in rows] != []
    docked = [row["docked"] for row in rows]
    assert docked == sorted(docked, reverse=True)
    assert {row["state"] for row in rows} == {"safe_to_remove"}


def test_a_receipt_is_checked_with_sha256_alone(full_station: EvdStation) -> None:
    """RFC 8785 by another implementation, the leaf and the path to the root by hand."""
    (row, *_) = full_station.ask("receipt")
    (told,) = full_station.ask("receipt", row["docking"][:10])
    entry = json.loads(told["entry"])
    assert hashlib.sha256(rfc8785.dumps(told["receipt"])).hexdigest() == entry["sha256"]
    lines = told["proof"].split("\n")
    index, blank = int(lines[1].removeprefix("index ")), lines.index("")
    size, root = int(lines[blank + 2]), lines[blank + 3]
    node, last = index, size - 1
    made = hashlib.sha256(b"\x00" + told["entry"].encode()).digest()
    for sibling in map(base64.b64decode, lines[2:blank]):
        if node & 1 or node == last:
            made = hashlib.sha256(b"\x01" + sibling + made).digest()
            while not node & 1 and node:
                node, last = node >> 1, last >> 1
        else:
            made = hashlib.sha256(b"\x01" + made + sibling).digest()
        node, last = node >> 1, last >> 1
    assert base64.b64encode(made).decode() == root


def test_a_file_is_written_once(full_station: EvdStation, tmp_path: Path) -> None:
    (row, *_) = full_station.ask("receipt")
    target = tmp_path / "receipt.json"
    (said,) = full_station.ask("receipt", row["docking"], "-o", str(target))
    assert said == {"type": "receipt", "docking": row["docking"], "file": str(target)}
    assert json.loads(target.read_text("utf-8")).keys() == {"receipt", "entry", "proof"}
    refused = full_station.evd("receipt", row["docking"], "-o", str(target))
    assert refused.returncode == 50
    assert "is there already" in refused.stderr


@pytest.mark.parametrize("strange", ["f" * 32, "ffffffff"])
def test_a_docking_that_is_not_known(full_station: EvdStation, strange: str) -> None:
    done = full_station.evd("receipt", strange)
    assert done.returncode == 64
    assert "NO_RECEIPT" in done.stderr


def test_the_page_shows_everything_and_runs_nothing(
    full_station: EvdStation, tmp_path: Path
) -> None:
    (row, *_) = full_station.ask("receipt")
    (told,) = full_station.ask("receipt", row["docking"])
    page = tmp_path / "receipt.html"
    full_station.ask("receipt", row["docking"], "-o", str(page))
    text = page.read_text("utf-8")
    for file in told["receipt"]["files"]:
        assert file["path"] in text
        assert file["sha256"] in text
    assert "<script" not in text
    assert "http://" not in text.replace("http://www.w3.org/2000/svg", "")
    assert "https://" not in text


def test_names_on_the_page_are_harmless(new_station: EvdStation, tmp_path: Path) -> None:
    card = tmp_path / "card" / "DCIM"
    card.mkdir(parents=True)
    (card / "<script>alert(1)<﹨script>.mp4").write_bytes(b"x")
    (card / "cod\u202e4pm.exe").write_bytes(b"y")
    new_station.ask("ingest", str(card.parent))
    (row,) = new_station.ask("receipt")
    page = tmp_path / "receipt.html"
    new_station.ask("receipt", row["docking"], "-o", str(page))
    text = page.read_text("utf-8")
    assert "<script" not in text
    assert "&lt;script&gt;" in text
    assert "\u202e" not in text
    assert "\\u202e" in text


@needs_chromium
def test_a_camera_reads_the_checkpoint_off_the_page(
    full_station: EvdStation, tmp_path: Path
) -> None:
    (row, *_) = full_station.ask("receipt")
    (told,) = full_station.ask("receipt", row["docking"])
    page = tmp_path / "receipt.html"
    full_station.ask("receipt", row["docking"], "-o", str(page))
    note = told["proof"].partition("\n\n")[2]
    assert codes(screenshot(page, tmp_path)) == [note]


def test_a_receipt_is_a_checkpoint_known_from_elsewhere(
    station: EvdStation, tmp_path: Path
) -> None:
    (row, *_) = station.ask("receipt")
    kept = tmp_path / "receipt.json"
    station.ask("receipt", row["docking"], "-o", str(kept))
    *_, summary = station.ask("verify", "--key", station.key, "--known", str(kept))
    assert {"check": 9, "status": "pass"} in summary["checks"]


def test_a_changed_receipt_is_told_from_a_file_that_is_none(
    station: EvdStation, tmp_path: Path
) -> None:
    (row, *_) = station.ask("receipt")
    (told,) = station.ask("receipt", row["docking"])
    kept = tmp_path / "receipt.json"
    told["receipt"]["files"].pop()
    kept.write_text(json.dumps(told), "utf-8")
    done = station.evd("verify", "--key", station.key, "--known", str(kept))
    assert done.returncode == 11
    assert "the receipt has sha256:" in done.stderr
    kept.write_text("{}", "utf-8")
    assert station.evd("verify", "--key", station.key, "--known", str(kept)).returncode == 2
