"""``evd export``: packages that are logged first, whole, and valid to others."""

import json
import subprocess
from pathlib import Path
from typing import Any

import pytest

from tests.evd_station import EvdStation
from tests.packages import assert_valid_bag, index

PURPOSE = ("--purpose", "case 7, request of the prosecutor")


@pytest.fixture
def rows(full_station: EvdStation) -> list[dict[str, Any]]:
    """Two recordings, the larger first."""
    return sorted(full_station.ask("find"), key=lambda row: -row["size_bytes"])[:2]


def _ids(rows: list[dict[str, Any]]) -> list[str]:
    return [word for row in rows for word in ("--id", row["id"][:12])]


def test_a_package_is_a_valid_bag_and_is_in_the_log(
    station: EvdStation, rows: list[dict[str, Any]], tmp_path: Path
) -> None:
    target = tmp_path / "package"
    words = ("export", *_ids(rows), *_ids(rows[:1]), "-o", str(target), *PURPOSE)
    [summary] = station.ask(*words, "--approval", "2024-117")
    assert (summary["type"], summary["recordings"]) == ("summary", 2)
    assert summary["directory"] == str(target)
    assert summary["bytes"] == sum(row["size_bytes"] for row in rows)
    assert_valid_bag(target)
    said = subprocess.run(
        ["sha256sum", target / "tagmanifest-sha256.txt"], capture_output=True, text=True, check=True
    )
    assert said.stdout.split()[0] == summary["tag_manifest_sha256"]
    [entry] = station.site.acts("export")
    assert entry["recordings"] == [row["id"] for row in rows]
    assert (entry["kind"], entry["purpose"], entry["approval"]) == (
        "package",
        PURPOSE[1],
        "2024-117",
    )
    assert [each["recording"] for each in index(target)["recordings"]] == entry["recordings"]
    *history, _ = station.ask("custody", rows[0]["id"])
    told = json.loads((target / "custody.json").read_bytes())["recordings"][0]["events"]
    assert [event["seq"] for event in told] == [event["seq"] for event in history]
    assert history[-1]["act"] == "export"
    assert [path.name for path in tmp_path.iterdir() if path.name.startswith(".")] == []


def test_a_dry_run_only_counts(
    station: EvdStation, rows: list[dict[str, Any]], tmp_path: Path
) -> None:
    before = len(station.site.entries())
    [plan] = station.ask("export", *_ids(rows), "--dry-run", "-o", str(tmp_path / "x"))
    assert plan == {
        "type": "plan",
        "recordings": 2,
        "bytes": sum(row["size_bytes"] for row in rows),
    }
    acts = [entry["act"] for entry in station.site.entries()[before:]]
    assert "export" not in acts
    assert list(tmp_path.glob("x*")) == []


@pytest.mark.parametrize(
    ("words", "code", "name"),
    [
        (["-o", "package"], 63, "PURPOSE_MISSING"),
        ([*PURPOSE], 2, "USAGE"),
        (["-o", "package", *PURPOSE, "--id", "0" * 12], 60, "NO_SUCH_RECORDING"),
        (["-o", "package", *PURPOSE, "--id", "xyz"], 2, "USAGE"),
        (["-o", "there", *PURPOSE], 50, "PACKAGE_NOT_WRITTEN"),
        (["-o", "none/package", *PURPOSE], 50, "PACKAGE_NOT_WRITTEN"),
        (["-o", "station/archive/package", *PURPOSE], 50, "PACKAGE_NOT_WRITTEN"),
        (["-o", "link/package", *PURPOSE], 50, "PACKAGE_NOT_WRITTEN"),
        (["-o", "station/keys/package", *PURPOSE], 50, "PACKAGE_NOT_WRITTEN"),
    ],
    ids=["purpose", "target", "recording", "id", "exists", "parent", "archive", "link", "keys"],
)
def test_what_is_refused_is_not_logged_and_leaves_nothing(
    station: EvdStation,
    rows: list[dict[str, Any]],
    tmp_path: Path,
    words: list[str],
    code: int,
    name: str,
) -> None:
    (tmp_path / "there").mkdir()
    (tmp_path / "link").symlink_to(station.archive)
    words = [str(tmp_path / words[1]), *words[2:]] if words[0] == "-o" else words
    target = ["-o", *words] if words[0].startswith("/") else words
    [error] = station.ask("export", *_ids(rows), *target, code=code)
    assert error["code"] == name
    assert station.site.acts("export") == []
    assert not (tmp_path / "package").exists()
    assert list(tmp_path.rglob(".evd-*")) == []
    assert list((tmp_path / "there").iterdir()) == []


def test_an_original_that_was_changed_stops_the_export(
    station: EvdStation, rows: list[dict[str, Any]], tmp_path: Path
) -> None:
    path = station.site.objects()[rows[1]["sha256"]]
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    path.write_bytes(data)
    words = ("export", *_ids(rows), "-o", str(tmp_path / "package"), *PURPOSE)
    [error] = station.ask(*words, code=11)
    assert error["code"] == "DIGEST_MISMATCH"
    assert rows[1]["sha256"] in error["detail"]
    assert list(tmp_path.glob("package*")) == list(tmp_path.glob(".evd-*")) == []


def test_people_are_told_how_to_name_the_package_later(
    station: EvdStation, rows: list[dict[str, Any]], tmp_path: Path
) -> None:
    target = tmp_path / "package"
    done = station.evd("export", *_ids(rows), "-o", str(target), *PURPOSE, "--lang", "zh")
    assert done.returncode == 0
    assert "标签清单的 SHA-256（可另行抄录）" in done.stdout
    assert "数据包" in done.stdout
