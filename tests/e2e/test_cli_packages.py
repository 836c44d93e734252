"""``evd verify`` on packages, and ``evd audit pack``, as processes."""

from pathlib import Path
from typing import Any

import pytest

from hashing.note import SigningKey
from tests.evd_process import records, run
from tests.evd_station import EvdStation
from tests.packages import assert_valid_bag, index
from tests.read_only_medium import run_on_read_only

PURPOSE = ("--purpose", "case 7")


def verify(folder: Path, *words: str, code: int) -> tuple[list[dict[str, Any]], dict[str, Any]]:
    """The findings and the summary, without any configuration."""
    done = run("verify", str(folder), *words, "--json")
    assert done.returncode == code, (done.stdout[-2000:], done.stderr[-2000:])
    *findings, summary = records(done.stdout)
    return findings, summary


def statuses(summary: dict[str, Any]) -> dict[int, str]:
    return {each["check"]: each["status"] for each in summary["checks"]}


def _package(station: EvdStation, target: Path) -> dict[str, Any]:
    rows = sorted(station.ask("find"), key=lambda row: -row["size_bytes"])[:2]
    ids = [word for row in rows for word in ("--id", row["id"])]
    return station.ask("export", *ids, "-o", str(target), *PURPOSE)[-1]


def test_a_package_verifies_where_the_station_is_unknown(
    station: EvdStation, tmp_path: Path
) -> None:
    target = tmp_path / "package"
    _package(station, target)
    findings, summary = verify(target, "--key", station.key, code=0)
    assert findings == []
    assert (summary["ok"], summary["origin_proven"], summary["objects"]) == (True, True, 2)
    ended = statuses(summary)
    assert {check for check, status in ended.items() if status == "pass"} == {
        1, 2, 4, 7, 11, 12, 17, 18,
    }  # fmt: skip
    assert set(ended.values()) == {"pass", "not_checked"}
    assert len(ended) == len(summary["checks"]) == 18 - (15 not in ended)
    [warning], summary = verify(target, code=101)
    assert warning["code"] == "ORIGIN_NOT_PROVEN"
    assert summary["origin_proven"] is False
    told = run("verify", str(target), "--key", station.key, "--lang", "zh")
    assert "[通过] 17." in told.stdout
    assert "[未检查] 3." in told.stdout


def test_a_package_forged_as_a_whole_is_only_told_by_the_key(
    station: EvdStation, tmp_path: Path
) -> None:
    """Another station with its own key and log; everything in its package agrees."""
    forger = EvdStation.init(tmp_path / "forger")
    card = tmp_path / "card"
    card.mkdir()
    (card / "MOVI0001.avi").write_bytes(b"staged")
    forger.ask("ingest", str(card))
    target = tmp_path / "package"
    _package(forger, target)
    findings, summary = verify(target, code=101)
    assert [finding["code"] for finding in findings] == ["ORIGIN_NOT_PROVEN"]
    assert summary["fingerprint"] != station.key
    findings, summary = verify(target, "--key", station.key, code=31)
    assert {finding["code"] for finding in findings} == {"SIGNATURE"}
    assert (summary["ok"], summary["origin_proven"]) == (False, False)
    other = SigningKey.generate_origin("bureau/dock-1").verifier
    verify(target, "--key", str(other), code=31)


def test_known_checkpoints_and_a_package(station: EvdStation, tmp_path: Path) -> None:
    target = tmp_path / "package"
    _package(station, target)
    same, forked, later = (tmp_path / name for name in ("same", "forked", "later"))
    same.write_bytes((target / "proof/checkpoint").read_bytes())
    _package(station, tmp_path / "another")
    later.write_text(station.evd("log", "head").stdout, "utf-8")
    pinned = ("--key", station.key)
    _, summary = verify(target, *pinned, "--known", str(same), code=0)
    assert statuses(summary)[9] == "pass"
    _, summary = verify(target, *pinned, "--known", str(later), code=0)
    assert any("no proof to that size" in each for each in summary["not_checked"])
    other = EvdStation.init(tmp_path / "other")
    forked.write_text(other.evd("log", "head").stdout, "utf-8")
    findings, _ = verify(target, *pinned, "--known", str(forked), code=33)
    assert [finding["code"] for finding in findings] == ["ROLLED_BACK"]


def test_an_audit_pack_has_the_log_and_the_sample_and_no_other_footage(
    station: EvdStation, tmp_path: Path
) -> None:
    target = tmp_path / "pack"
    words = ("audit", "pack", "-o", str(target), "--sample", "3", "--seed", "four dice: 4163")
    [summary] = station.ask(*words)
    assert (summary["sample"], summary["logged"]) == (3, True)
    assert summary["objects"] == len(station.site.objects())
    assert_valid_bag(target)
    drawn = {path.name for path in (target / "data/objects").rglob("*") if path.is_file()}
    assert drawn == set(index(target)["sample"]["objects"])
    findings, said = verify(target, "--key", station.key, "--bodies", code=0)
    assert findings == []
    ended = statuses(said)
    assert {check for check, status in ended.items() if status == "not_checked"} <= {
        9, 14, 15, 16, 17,
    }  # fmt: skip
    assert said["entries"] == summary["entries"]
    [entry] = station.site.acts("export")
    assert entry["kind"] == "audit_pack"
    assert "four dice: 4163" in entry["purpose"]
    sampled = {e["object"]["sha256"] for e in station.site.acts("ingest", "sighting")
               if e["recording"] in entry["recordings"]}  # fmt: skip
    assert drawn <= sampled
    rules = [path.name for path in (target / "data/rules").iterdir()]
    assert rules == ["file_names"]


def test_a_sample_needs_a_seed(full_station: EvdStation, tmp_path: Path) -> None:
    words = ("audit", "pack", "-o", str(tmp_path / "pack"), "--sample", "3")
    assert full_station.ask(*words, code=2)[0]["code"] == "USAGE"


def test_an_audit_pack_of_an_archive_that_cannot_be_written(
    full_station: EvdStation, tmp_path: Path
) -> None:
    target = tmp_path / "pack"
    words = ["--config", str(full_station.config), "audit", "pack", "-o", str(target), "--json"]
    code = f"from evidence_daemon.cli.main import main; main({words!r})"
    [summary] = records(run_on_read_only(full_station.archive, code))
    assert summary["logged"] is False
    assert any("could not be written" in each for each in index(target)["not_included"])
    verify(target, "--key", full_station.key, code=0)


@pytest.mark.parametrize("sizes", [1, 2])
def test_a_log_rolled_back_or_forked_shows_against_a_known_checkpoint(
    station: EvdStation, full_station: EvdStation, tmp_path: Path, sizes: int
) -> None:
    """The pack of a station that went back, and of one that went on from there otherwise."""
    _package(station, tmp_path / "later")
    known = tmp_path / "known"
    known.write_text(station.evd("log", "head").stdout, "utf-8")
    back = full_station.copy_to(tmp_path / "back")
    for number in range(sizes - 1):
        _package(back, tmp_path / f"other{number}")
        _package(back, tmp_path / f"another{number}")
    back.ask("audit", "pack", "-o", str(tmp_path / "pack"))
    pinned = ("--key", station.key, "--known", str(known))
    findings, _ = verify(tmp_path / "pack", *pinned, code=33)
    assert [finding["code"] for finding in findings] == ["ROLLED_BACK"]
