"""``evd get``: copies that are logged, whole and proven."""

import subprocess
from pathlib import Path
from typing import Any

import pytest

from tests.evd_process import EVD, environment
from tests.evd_station import EvdStation

PURPOSE = ("--purpose", "case 7, request of the prosecutor")


@pytest.fixture
def row(full_station: EvdStation) -> dict[str, Any]:
    """A recording of some bytes."""
    return max(full_station.ask("find"), key=lambda row: row["size_bytes"])


def test_a_copy_is_the_recording_and_is_in_the_log(
    station: EvdStation, row: dict[str, Any], tmp_path: Path
) -> None:
    target = tmp_path / "out" / "copy.mp4"
    target.parent.mkdir()
    words = ("get", row["id"][:8], "-o", str(target), *PURPOSE, "--approval", "2024-117")
    [record] = station.ask(*words)
    assert record["sha256"] == row["sha256"]
    summed = subprocess.run(["sha256sum", target], capture_output=True, text=True, check=True)
    assert summed.stdout.split()[0] == row["sha256"]
    assert [path.name for path in target.parent.iterdir()] == ["copy.mp4"]
    [entry] = station.site.acts("export")
    assert entry["recordings"] == [row["id"]]
    assert (entry["purpose"], entry["approval"]) == (PURPOSE[1], "2024-117")
    assert station.ask("custody", row["id"])[-2]["act"] == "export"


@pytest.mark.parametrize("purpose", [(), ("--purpose", "  ")], ids=["none", "blank"])
def test_without_a_purpose_nothing_leaves(
    station: EvdStation, row: dict[str, Any], tmp_path: Path, purpose: tuple[str, ...]
) -> None:
    target = tmp_path / "copy.mp4"
    [error] = station.ask("get", row["id"], "-o", str(target), *purpose, code=63)
    assert error["code"] == "PURPOSE_MISSING"
    assert not station.site.acts("export")
    assert not list(tmp_path.glob("*copy*"))


def test_an_existing_file_is_left_alone_and_nothing_is_logged(
    station: EvdStation, row: dict[str, Any], tmp_path: Path
) -> None:
    target = tmp_path / "copy.mp4"
    target.write_text("precious")
    [error] = station.ask("get", row["id"], "-o", str(target), *PURPOSE, code=50)
    assert error["code"] == "COPY_NOT_WRITTEN"
    assert target.read_text() == "precious"
    missing = tmp_path / "none" / "copy.mp4"
    assert station.evd("get", row["id"], "-o", str(missing), *PURPOSE).returncode == 50
    assert not station.site.acts("export")


def test_standard_output(station: EvdStation, row: dict[str, Any]) -> None:
    words = ["--config", str(station.config), "get", row["id"], "-o", "-", *PURPOSE]
    done = subprocess.run([EVD, *words], capture_output=True, env=environment(), check=True)
    assert done.stdout == station.site.objects()[row["sha256"]].read_bytes()


@pytest.mark.parametrize("output", ["copy.mp4", "-"])
def test_damaged_bytes_are_not_passed_off_as_the_recording(
    station: EvdStation, row: dict[str, Any], tmp_path: Path, output: str
) -> None:
    path = station.site.objects()[row["sha256"]]
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    path.write_bytes(data)
    target = output if output == "-" else str(tmp_path / output)
    words = ["--config", str(station.config), "get", row["id"], "-o", target, *PURPOSE]
    done = subprocess.run([EVD, *words], capture_output=True, env=environment(), check=False)
    assert done.returncode == 11
    assert b"DIGEST_MISMATCH" in done.stderr
    assert not list(tmp_path.glob("*copy*"))
