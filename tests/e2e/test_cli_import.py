"""``evd import``: legacy footage, its provenance, and the digests that came with it."""

import hashlib
import subprocess
from pathlib import Path

import pytest

from tests.e2e.conftest import Card
from tests.evd_station import EvdStation

SOURCE = ("--source", "DVD of 2019, shelf 4", "--custodian", "100001")


@pytest.fixture
def legacy(tmp_path: Path) -> Path:
    """Legacy footage, with a name that manifests must escape."""
    folder = tmp_path / "legacy"
    (folder / "disc 1").mkdir(parents=True)
    for name in ("disc 1/a.mp4", "disc 1/back\\slash\nbreak.mp4", "录像.avi", "notes.txt"):
        (folder / name).write_bytes(f"content of {name}".encode() * 100)
    return folder


MAKERS = {
    "sha256sum": "find . -type f -print0 | xargs -0 sha256sum",
    "openssl_sm3": "find . -type f -not -name '*break*' -print0 | xargs -0 openssl dgst -sm3",
}


def make_manifest(maker: str, folder: Path, into: Path) -> Path:
    """A manifest made by the tools that people use."""
    made = subprocess.run(["sh", "-c", MAKERS[maker]], cwd=folder, capture_output=True, check=True)
    file = into / f"{maker}.txt"
    file.write_bytes(made.stdout)
    return file


@pytest.mark.parametrize("maker", MAKERS)
def test_a_manifest_that_fits_is_compared_and_logged(
    new_station: EvdStation, legacy: Path, tmp_path: Path, maker: str
) -> None:
    manifest = make_manifest(maker, legacy, tmp_path)
    told = new_station.ask("import", str(legacy), *SOURCE, "--manifest", str(manifest))
    assert told[-1]["new"] == 4
    [compared] = [each for each in told if each["type"] == "manifest"]
    assert compared["named"] == compared["matched"] > 0
    assert (compared["mismatched"], compared["missing"]) == (0, 0)
    assert compared["not_named"] == 4 - compared["named"]
    [entry] = new_station.site.acts("import")
    assert (entry["source"], entry["custodian"]) == (SOURCE[1], SOURCE[3])
    assert entry["manifest_sha256"] == hashlib.sha256(manifest.read_bytes()).hexdigest()
    assert not [each for each in new_station.site.acts("alarm") if "manifest" in each["alarm"]]


def test_a_file_that_differs_is_named_alarmed_and_ends_with_11(
    new_station: EvdStation, legacy: Path, tmp_path: Path
) -> None:
    manifest = make_manifest("sha256sum", legacy, tmp_path)
    (legacy / "disc 1/a.mp4").write_bytes(b"something else")
    told = new_station.ask("import", str(legacy), *SOURCE, "--manifest", str(manifest), code=11)
    [finding] = [each for each in told if each["type"] == "manifest_finding"]
    assert (finding["code"], finding["path"]) == ("MANIFEST_MISMATCH", "disc 1/a.mp4")
    error, summary = told[-2:]
    assert error["code"] == "MANIFEST_MISMATCH"
    assert (summary["type"], summary["new"], summary["failed"]) == ("summary", 4, 0)
    [alarm] = [each for each in new_station.site.acts("alarm") if "manifest" in each["alarm"]]
    assert alarm["subject"] == "disc 1/a.mp4"
    assert hashlib.sha256(b"something else").hexdigest() in alarm["detail"]


def test_a_file_that_is_missing_ends_with_10(
    new_station: EvdStation, legacy: Path, tmp_path: Path
) -> None:
    manifest = make_manifest("openssl_sm3", legacy, tmp_path)
    (legacy / "notes.txt").unlink()
    done = new_station.evd(
        "--lang", "zh", "import", str(legacy), *SOURCE, "--manifest", str(manifest)
    )
    assert done.returncode == 10
    assert "notes.txt" in done.stderr
    assert "错误 MANIFEST_INCOMPLETE" in done.stderr
    assert "缺失 1" in done.stderr
    [alarm] = [each for each in new_station.site.acts("alarm") if "manifest" in each["alarm"]]
    assert alarm["subject"] == "notes.txt"


def test_sm3_is_compared_where_intake_does_not_make_it(
    new_station: EvdStation, legacy: Path, tmp_path: Path
) -> None:
    new_station.set("archive", "sm3 = false")
    manifest = make_manifest("openssl_sm3", legacy, tmp_path)
    told = new_station.ask("import", str(legacy), *SOURCE, "--manifest", str(manifest))
    [compared] = [each for each in told if each["type"] == "manifest"]
    assert compared["matched"] == compared["named"] == 3


@pytest.mark.parametrize(
    "text",
    ["", "d41d8cd98f00b204e9800998ecf8427e  a.mp4\n", f"{'0' * 64}  ../elsewhere.mp4\n", "zip\n"],
    ids=["empty", "md5", "outside", "no_manifest"],
)
def test_nothing_begins_with_a_manifest_that_cannot_be_read(
    new_station: EvdStation, legacy: Path, tmp_path: Path, text: str
) -> None:
    manifest = tmp_path / "manifest.txt"
    manifest.write_text(text)
    [error] = new_station.ask("import", str(legacy), *SOURCE, "--manifest", str(manifest), code=2)
    assert error["code"] == "MANIFEST_MALFORMED"
    assert [entry["act"] for entry in new_station.site.entries()] == ["key"]


def test_provenance_must_be_given(new_station: EvdStation, cards: list[Card]) -> None:
    path = str(cards[1].path)
    assert new_station.ask("import", path, "--custodian", "1", code=2)[0]["code"] == "USAGE"
    empty = ("--source", "", "--custodian", "1")
    assert new_station.ask("import", path, *empty, code=2)[0]["code"] == "USAGE"
    told = new_station.ask("import", path, *SOURCE)
    assert told[-1]["new"] == 3
    assert "manifest_sha256" not in new_station.site.acts("import")[0]
