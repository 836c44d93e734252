"""``evd verify --deep --resume``: gone on with after an interruption, honest about it."""

import json
from pathlib import Path

import pytest

from tests.evd_station import EvdStation


def objects(station: EvdStation) -> list[Path]:
    return sorted(path for path in (station.archive / "objects").rglob("*") if path.is_file())


def verify(station: EvdStation, journal: Path, code: int = 0) -> list[dict[str, object]]:
    words = ("verify", "--deep", "--key", station.key, "--resume", str(journal))
    return station.ask(*words, code=code)


def test_a_first_run_notes_every_object(full_station: EvdStation, tmp_path: Path) -> None:
    journal = tmp_path / "journal"
    *_, summary = verify(full_station, journal)
    heading, *lines = [json.loads(line) for line in journal.read_text().splitlines()]
    assert heading["algorithms"] == ["sha256"]
    assert sorted(line["sha256"] for line in lines) == [path.name for path in objects(full_station)]
    assert not any("journal" in sentence for sentence in summary["not_checked"])  # type: ignore[attr-defined]


def test_what_was_read_is_not_read_again_and_that_is_said(
    station: EvdStation, tmp_path: Path
) -> None:
    """Damage that came after the first run is out of the second one's sight: it says so."""
    journal = tmp_path / "journal"
    verify(station, journal)
    damaged = objects(station)[0]
    damaged.chmod(0o600)
    damaged.write_bytes(bytes(damaged.stat().st_size))
    *_, summary = verify(station, journal)
    sentences = summary["not_checked"]
    assert isinstance(sentences, list)
    assert any("as the journal of this verification says" in each for each in sentences)
    findings = verify(station, tmp_path / "another", code=11)
    assert findings[0]["subject"] == f"objects/{damaged.name[:2]}/{damaged.name}"


def test_an_interrupted_run_is_gone_on_with(station: EvdStation, tmp_path: Path) -> None:
    """Half a journal, its last line cut short: the others are read, and damage among them shows."""
    journal = tmp_path / "journal"
    verify(station, journal)
    lines = journal.read_bytes().splitlines(keepends=True)
    journal.write_bytes(b"".join(lines[:3]) + lines[3][:20])
    known = {json.loads(line)["sha256"] for line in lines[1:3]}
    damaged = next(path for path in objects(station) if path.name not in known)
    damaged.chmod(0o600)
    damaged.write_bytes(bytes(damaged.stat().st_size))
    findings = verify(station, journal, code=11)
    assert findings[0]["subject"] == f"objects/{damaged.name[:2]}/{damaged.name}"
    noted = [json.loads(line) for line in journal.read_text().splitlines()[1:]]
    assert damaged.name not in {line["sha256"] for line in noted}
    assert len(noted) == len(objects(station)) - 1


@pytest.mark.parametrize(
    "content", [b"{}\n", b"not a journal\n", b'{"kind":"x"}\n{"sha256":"zz","at":""}\n']
)
def test_a_file_that_is_no_journal_is_left_alone(
    full_station: EvdStation, tmp_path: Path, content: bytes
) -> None:
    journal = tmp_path / "journal"
    journal.write_bytes(content)
    (error,) = verify(full_station, journal, code=44)
    assert error["code"] == "JOURNAL_UNUSABLE"
    assert journal.read_bytes() == content


def test_another_logs_journal_is_refused(
    full_station: EvdStation, new_station: EvdStation, tmp_path: Path
) -> None:
    journal = tmp_path / "journal"
    verify(new_station, journal)
    before = journal.read_bytes()
    other = EvdStation.init(tmp_path / "other")
    verify(other, journal, code=44)
    assert journal.read_bytes() == before


def test_a_journal_of_fewer_digests_is_refused(full_station: EvdStation, tmp_path: Path) -> None:
    journal = tmp_path / "journal"
    verify(full_station, journal)
    words = ("verify", "--deep", "--digests", "all", "--key", full_station.key)
    (error,) = full_station.ask(*words, "--resume", str(journal), code=44)
    assert error["code"] == "JOURNAL_UNUSABLE"


def test_it_needs_a_deep_run(full_station: EvdStation, tmp_path: Path) -> None:
    done = full_station.evd("verify", "--resume", str(tmp_path / "journal"))
    assert done.returncode == 2


def test_a_folder_that_is_not_there(full_station: EvdStation, tmp_path: Path) -> None:
    (error,) = verify(full_station, tmp_path / "nowhere" / "journal", code=44)
    assert error["code"] == "JOURNAL_UNUSABLE"


def test_a_package_is_verified_in_one_go(station: EvdStation, tmp_path: Path) -> None:
    (row,) = station.ask("find", "--limit", "1")
    package = tmp_path / "package"
    station.ask("export", "--id", row["id"], "-o", str(package), "--purpose", "court")
    words = ("verify", str(package), "--deep", "--resume", str(tmp_path / "journal"))
    done = station.evd(*words)
    assert done.returncode == 2
    assert "in one go" in done.stderr
    assert not (tmp_path / "journal").exists()
