"""``evd verify``: offline, written nothing, every tampering by its name."""

import base64
import shutil
import sqlite3
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from hashing.cosignature import CosigningKey
from hashing.note import SignedNote, SigningKey
from tests.evd_process import records, run
from tests.evd_station import EvdStation
from tests.read_only_medium import run_on_read_only
from tests.tiny_verifier import accepts

SUMMARY_KEYS = {"type", "ok", "origin_proven", "entries", "objects", "root", "not_checked"}
"""What the last line of ``evd verify --json`` holds at least."""


def verify(*words: str, code: int) -> tuple[list[dict[str, Any]], dict[str, Any]]:
    """The findings and the summary of a verification without configuration."""
    done = run("verify", *words, "--json")
    assert done.returncode == code, (done.stdout[-3000:], done.stderr)
    *findings, summary = records(done.stdout)
    assert {finding["type"] for finding in findings} <= {"finding"}
    assert summary["type"] == "summary"
    return findings, summary


def log_files(station: EvdStation) -> dict[str, bytes]:
    """The log's files by their names."""
    log = station.archive / "log"
    files = [path for path in log.rglob("*") if path.is_file()]
    return {str(path.relative_to(log)): path.read_bytes() for path in files}


def test_nothing_pinned_is_self_consistent_and_no_more(full_station: EvdStation) -> None:
    findings, summary = verify(str(full_station.folder), "--deep", code=101)
    assert [finding["code"] for finding in findings] == ["ORIGIN_NOT_PROVEN"]
    assert (summary["ok"], summary["origin_proven"]) == (True, False)
    assert full_station.key in findings[0]["detail"]
    told = run("verify", str(full_station.folder))
    assert told.returncode == 101
    assert f"    {summary['fingerprint']}\n" in told.stdout
    assert "origin not proven" in told.stdout


def test_a_pinned_key_proves_the_origin(full_station: EvdStation) -> None:
    words = ("--deep", "--digests", "all", "--bodies", "--key", full_station.key)
    findings, summary = verify(str(full_station.archive), *words, code=0)
    assert findings == []
    assert summary.keys() >= SUMMARY_KEYS
    assert (summary["ok"], summary["origin_proven"]) == (True, True)
    site = full_station.site
    assert summary["entries"] == len(site.entries())
    assert summary["objects"] == len(site.objects())
    root = (full_station.archive / "log/checkpoint").read_text("utf-8").splitlines()[2]
    assert summary["root"] == base64.b64decode(root).hex()
    assert [each["check"] for each in summary["checks"]] == [*range(1, 19)]
    statuses = {each["check"]: each["status"] for each in summary["checks"]}
    assert {statuses.pop(check) for check in (9, 15, 16, 17, 18)} == {"not_checked"}
    assert set(statuses.values()) == {"pass"}
    assert accepts(log_files(full_station), full_station.key)


def test_the_configuration_may_pin_the_key(station: EvdStation) -> None:
    station.set("verify", f'key = "{station.key}"')
    assert station.ask("verify")[-1]["origin_proven"] is True


def test_what_was_not_checked_is_said(full_station: EvdStation) -> None:
    _, summary = verify(str(full_station.folder), "--key", full_station.key, code=0)
    statuses = {each["check"]: each["status"] for each in summary["checks"]}
    skipped = {check for check, status in statuses.items() if status == "not_checked"}
    assert skipped == {9, 10, 12, 13, 14, 15, 16, 17, 18}
    assert any("--deep" in sentence for sentence in summary["not_checked"])


def test_the_report_is_in_both_languages(full_station: EvdStation) -> None:
    words = ("verify", str(full_station.folder), "--key", full_station.key)
    assert "[PASS] 4. Every entry is well formed" in run(*words).stdout
    assert "[NOT CHECKED] 12." in run(*words).stdout
    assert "[通过] 4. 每个条目格式规范" in run(*words, "--lang", "zh").stdout


@pytest.mark.parametrize(
    ("words", "code"),
    [
        (["--key", "nonsense"], 2),
        (["--digests", "all"], 2),
        (["--known", "/etc/hostname"], 2),
        (["--policy", "/etc/hostname"], 88),
        (["/nonexistent"], 56),
    ],
    ids=["malformed_key", "digests_of_nothing", "no_checkpoint", "no_policy", "no_archive"],
)
def test_what_cannot_be_asked(full_station: EvdStation, words: list[str], code: int) -> None:
    place = [] if words[0].startswith("/") else [str(full_station.folder)]
    done = run("verify", *place, *words, "--json")
    assert done.returncode == code
    assert records(done.stdout)[-1]["type"] == "error"


def test_another_stations_key(full_station: EvdStation) -> None:
    other = SigningKey.generate_origin("bureau/dock-1").verifier
    findings, summary = verify(str(full_station.folder), "--key", str(other), code=31)
    assert {finding["code"] for finding in findings} == {"SIGNATURE"}
    assert (summary["ok"], summary["origin_proven"]) == (False, False)


def _bundle(station: EvdStation) -> Path:
    return next((station.archive / "log/tile/entries").rglob("*.p/*"))


def _cut(bundle: bytes) -> list[bytes]:
    entries = []
    while bundle:
        length = 2 + int.from_bytes(bundle[:2], "big")
        entries.append(bundle[:length])
        bundle = bundle[length:]
    return entries


def object_byte(station: EvdStation) -> None:
    path = max(station.site.objects().values(), key=lambda path: path.stat().st_size)
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    path.write_bytes(data)


def object_removed(station: EvdStation) -> None:
    next(iter(station.site.objects().values())).unlink()


def all_objects_removed(station: EvdStation) -> None:
    shutil.rmtree(station.archive / "objects")


def entry_edited(station: EvdStation) -> None:
    bundle = _bundle(station)
    data = bundle.read_bytes()
    assert b'"officer":"100002"' in data
    bundle.write_bytes(data.replace(b'"officer":"100002"', b'"officer":"100009"', 1))


def entry_removed(station: EvdStation) -> None:
    bundle = _bundle(station)
    entries = _cut(bundle.read_bytes())
    bundle.write_bytes(b"".join(entries[:5] + entries[6:]))


def entries_moved(station: EvdStation) -> None:
    bundle = _bundle(station)
    entries = _cut(bundle.read_bytes())
    entries[5], entries[6] = entries[6], entries[5]
    bundle.write_bytes(b"".join(entries))


def tile_changed(station: EvdStation) -> None:
    tile = next((station.archive / "log/tile/0").rglob("*.p/*"))
    data = bytearray(tile.read_bytes())
    data[40] ^= 1
    tile.write_bytes(data)


def bundle_removed(station: EvdStation) -> None:
    _bundle(station).unlink()


def checkpoint_resized(station: EvdStation) -> None:
    path = station.archive / "log/checkpoint"
    lines = path.read_text("utf-8").split("\n")
    lines[1] = str(int(lines[1]) - 1)
    path.write_text("\n".join(lines), "utf-8")


def checkpoint_removed(station: EvdStation) -> None:
    (station.archive / "log/checkpoint").unlink()


def catalog_edited(station: EvdStation) -> None:
    with sqlite3.connect(station.archive / "catalog.sqlite") as catalog:
        assert catalog.execute("update recordings set officer = '100009'").rowcount > 0
    catalog.close()


def object_smuggled_in(station: EvdStation) -> None:
    folder = station.archive / "objects/ab"
    folder.mkdir(exist_ok=True)
    (folder / ("ab" * 32)).write_bytes(b"never logged")


TAMPERINGS: list[tuple[Callable[[EvdStation], None], int, str, str]] = [
    (object_byte, 11, "DIGEST_MISMATCH", "objects/"),
    (object_removed, 10, "MISSING_FILE", "objects/"),
    (all_objects_removed, 10, "MISSING_FILE", "objects/"),
    (entry_edited, 30, "LOG_INCONSISTENT", "entry "),
    (entry_removed, 30, "LOG_INCONSISTENT", ""),
    (entries_moved, 30, "LOG_INCONSISTENT", ""),
    (tile_changed, 30, "LOG_INCONSISTENT", "tile/0/"),
    (bundle_removed, 10, "MISSING_FILE", ""),
    (checkpoint_resized, 31, "SIGNATURE", "checkpoint"),
    (checkpoint_removed, 10, "MISSING_FILE", "checkpoint"),
    (catalog_edited, 34, "CATALOG_DIFFERS", "catalog.sqlite"),
    (object_smuggled_in, 102, "UNLOGGED_OBJECT", "objects/ab/"),
]


@pytest.mark.parametrize(
    ("tamper", "code", "name", "subject"),
    TAMPERINGS,
    ids=lambda each: getattr(each, "__name__", ""),
)
def test_a_tampering_is_caught_by_its_name(
    station: EvdStation,
    tamper: Callable[[EvdStation], None],
    code: int,
    name: str,
    subject: str,
) -> None:
    tamper(station)
    findings, summary = verify(str(station.folder), "--deep", "--key", station.key, code=code)
    named = [finding for finding in findings if finding["code"] == name]
    assert any(finding["subject"].startswith(subject) for finding in named), findings
    assert all({"check", "severity", "detail", "meaning", "action"} <= f.keys() for f in named)
    assert summary["ok"] is (code >= 100)
    touched = {finding["check"] for finding in findings}
    statuses = {each["check"]: each["status"] for each in summary["checks"]}
    assert all(statuses[check] in {"fail", "warn"} for check in touched)


def test_people_are_told_what_a_tampering_means(station: EvdStation) -> None:
    object_byte(station)
    done = station.evd("verify", "--deep", "--key", station.key, "--lang", "zh")
    assert done.returncode == 11
    assert "[失败] 12." in done.stdout
    assert "DIGEST_MISMATCH · objects/" in done.stdout
    assert "→ 文件内容与记录时不同，不能再作为原件使用。" in done.stdout


def test_a_rollback_shows_against_a_checkpoint_kept_elsewhere(
    station: EvdStation, full_station: EvdStation, tmp_path: Path
) -> None:
    [row] = station.ask("find", "--limit", "1")
    station.ask("get", row["id"], "-o", str(tmp_path / "copy"), "--purpose", "a later entry")
    known = tmp_path / "known.txt"
    known.write_text(station.evd("log", "head").stdout, "utf-8")
    pinned = ("--key", station.key, "--known", str(known))
    _, summary = verify(str(station.folder), *pinned, code=0)
    assert {"check": 9, "status": "pass"} in summary["checks"]
    findings, _ = verify(str(full_station.folder), *pinned, code=33)
    assert [finding["code"] for finding in findings] == ["ROLLED_BACK"]


def test_a_known_checkpoint_that_was_changed(full_station: EvdStation, tmp_path: Path) -> None:
    note = (full_station.archive / "log/checkpoint").read_text("utf-8")
    size = note.split("\n")[1]
    known = tmp_path / "known.txt"
    known.write_text(note.replace(f"\n{size}\n", f"\n{int(size) - 1}\n"), "utf-8")
    words = ("--key", full_station.key, "--known", str(known))
    findings, _ = verify(str(full_station.folder), *words, code=31)
    assert {finding["code"] for finding in findings} == {"SIGNATURE"}


def test_a_known_checkpoint_of_an_unknown_signer(full_station: EvdStation, tmp_path: Path) -> None:
    text, _ = (full_station.archive / "log/checkpoint").read_text("utf-8").split("\n\n")
    known = tmp_path / "known.txt"
    stranger = base64.b64encode(b"1234" + bytes(64)).decode()
    known.write_text(f"{text}\n\n— stranger {stranger}\n", "utf-8")
    words = ("--key", full_station.key, "--known", str(known))
    _, summary = verify(str(full_station.folder), *words, code=0)
    assert any("who signed the known checkpoint" in each for each in summary["not_checked"])


def test_a_policy_pins_the_key_and_its_witnesses_count(
    full_station: EvdStation, tmp_path: Path
) -> None:
    """Whoever relies on the log holds a policy, and a checkpoint that a witness cosigned."""
    witness = CosigningKey.generate("witness.example/w1")
    note = SignedNote.parse((full_station.archive / "log/checkpoint").read_bytes())
    line = witness.cosign(note.text, 1_790_000_000)
    cosigned = tmp_path / "cosigned.txt"
    cosigned.write_bytes(SignedNote(note.text, (*note.signatures, line)).encode())
    policy = tmp_path / "policy.txt"
    policy.write_text(
        f"log {full_station.key}\nwitness w1 {witness.verifier}\nquorum w1\n", "utf-8"
    )
    words = (str(full_station.folder), "--policy", str(policy))
    findings, summary = verify(*words, "--known", str(cosigned), code=0)
    assert [finding["code"] for finding in findings] == ["WITNESSED"]
    assert (summary["ok"], summary["origin_proven"]) == (True, True)
    statuses = {each["check"]: each["status"] for each in summary["checks"]}
    assert (statuses[2], statuses[9], statuses[16]) == ("pass", "pass", "pass")
    assert not any("times:" in sentence for sentence in summary["not_checked"])
    findings, _ = verify(*words, code=31)
    assert [finding["code"] for finding in findings] == ["QUORUM_NOT_REACHED"]
    told = run("verify", *words, "--known", str(cosigned), "--lang", "zh")
    assert "[通过] 16." in told.stdout
    assert "WITNESSED · witness.example/w1: cosigned" in told.stdout


def test_a_policy_for_another_log(full_station: EvdStation, tmp_path: Path) -> None:
    other = SigningKey.generate_origin("bureau/dock-1").verifier
    policy = tmp_path / "policy.txt"
    policy.write_text(f"log {other}\nquorum none\n", "utf-8")
    findings, summary = verify(str(full_station.folder), "--policy", str(policy), code=31)
    assert [finding["code"] for finding in findings] == ["SIGNATURE"]
    assert summary["origin_proven"] is False
    policy.write_text("quorum none\n", "utf-8")
    verify(str(full_station.folder), "--policy", str(policy), code=101)


def test_a_proof_is_a_known_checkpoint(full_station: EvdStation, tmp_path: Path) -> None:
    row = full_station.ask("find", "--limit", "1")[0]
    proof = tmp_path / "recording.tlog-proof"
    proof.write_text(full_station.evd("log", "prove", row["id"]).stdout, "utf-8")
    words = (str(full_station.folder), "--key", full_station.key, "--known", str(proof))
    _, summary = verify(*words, code=0)
    assert {"check": 9, "status": "pass"} in summary["checks"]


def test_sm3_alone_may_tell_a_log_that_was_written_wrong(
    new_station: EvdStation, tmp_path: Path
) -> None:
    """A log whose SM3 is not the object's: only ``--digests all`` reads it."""
    card = tmp_path / "card"
    card.mkdir()
    (card / "a.mp4").write_bytes(b"footage")
    code = (
        "import sys; from hashing.digest import Digest, MultiDigest\n"
        "whole = MultiDigest.finish\n"
        "def wrong(self):\n"
        "    made = whole(self)\n"
        "    return type(made)(made.sha256, made.sm3 and Digest.sm3('0' * 64), made.size_bytes)\n"
        "MultiDigest.finish = wrong\n"
        "from evidence_daemon.cli.main import main; sys.exit(main(sys.argv[1:]))"
    )
    words = ("--config", str(new_station.config), "ingest", str(card))
    subprocess.run([sys.executable, "-c", code, *words], check=True, capture_output=True)
    pinned = (str(new_station.folder), "--deep", "--key", new_station.key)
    verify(*pinned, code=0)
    findings, _ = verify(*pinned, "--digests", "all", code=11)
    assert "sm3:" in findings[0]["detail"]


@pytest.mark.parametrize("words", [["verify", "--deep"], ["find", "--limit", "1"]])
def test_an_archive_on_a_medium_that_cannot_be_written(
    full_station: EvdStation, words: list[str]
) -> None:
    words = ["--config", str(full_station.config), *words, "--json"]
    code = f"from evidence_daemon.cli.main import main; main({words!r})"
    shown = records(run_on_read_only(full_station.archive, code))
    assert shown[-1].get("ok", True)
    assert shown[-1].keys() & {"root", "sha256"}
