"""What an evidence package holds, held against the archive without the code that made it."""

import base64
import hashlib
import json
import re
import subprocess
from pathlib import Path
from typing import Any

import pytest

from archive.errors import NoSuchRecording
from archive.export.anchors import StoredAnchors
from archive.export.proving import ProvenLog
from archive.log.reader import LogFiles
from archive.read_only import ArchiveReadOnly, ReadOnlyArchive
from archive.stores.interface import ObjectMissing
from evidence_daemon.service.exporting import Exporting
from evidence_daemon.service.reading import PurposeMissing
from hashing.canonical import encode
from hashing.cosignature import CosigningKey
from hashing.entry import Act
from hashing.errors import DigestMismatch
from hashing.merkle import verify_consistency, verify_inclusion
from tests.archives import Site
from tests.logbook import Logbook, leaf, naive_root
from tests.packages import (
    POLICY,
    MadePackage,
    assert_valid_bag,
    card_site,
    export,
    index,
    keep_checkpoint,
    made_package,
    recordings,
)


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> MadePackage:
    return made_package(tmp_path_factory.mktemp("evidence"))


@pytest.fixture
def site(tmp_path: Path) -> Site:
    return card_site(tmp_path)


def _raw_entries(package: Path) -> dict[int, bytes]:
    return {int(path.stem): path.read_bytes() for path in package.glob("proof/entries/*.json")}


def _checkpoint(package: Path, name: str = "proof/checkpoint") -> tuple[int, bytes]:
    _, size, root = (package / name).read_text("utf-8").split("\n")[:3]
    return int(size), base64.b64decode(root)


def test_it_is_a_bag(made: MadePackage) -> None:
    assert_valid_bag(made.folder)
    for manifest in ("manifest-sha256.txt", "tagmanifest-sha256.txt"):
        words = ["sha256sum", "--check", "--strict", "--quiet", manifest]
        subprocess.run(words, cwd=made.folder, check=True)


def test_the_index_is_canonical_and_names_the_originals(made: MadePackage) -> None:
    data = (made.folder / "proof/package.json").read_bytes()
    said = index(made.folder)
    assert encode(said) == data
    assert (said["v"], said["kind"]) == (1, "evidence_package")
    assert said["vkey"] == str(made.site.key)
    entries = {entry["seq"]: entry for entry in made.site.entries()}
    assert len(said["recordings"]) == 2
    for recording in said["recordings"]:
        original = (made.folder / recording["path"]).read_bytes()
        assert hashlib.sha256(original).hexdigest() == recording["sha256"]
        assert hashlib.new("sm3", original).hexdigest() == recording["sm3"]
        assert len(original) == recording["size_bytes"]
        entry = entries[recording["seq"]]
        assert entry["recording"] == recording["recording"]
        assert entry["object"]["sha256"] == recording["sha256"]
        assert recording["path"].split("/")[2] == recording["recording"]


def test_the_entries_are_those_of_the_log_and_none_is_forgotten(made: MadePackage) -> None:
    said = index(made.folder)
    logged = {entry["seq"]: entry for entry in made.site.entries()}
    raw = _raw_entries(made.folder)
    assert sorted(raw) == said["entries"]
    assert {seq: json.loads(data) for seq, data in raw.items()} == {
        seq: logged[seq] for seq in said["entries"]
    }
    ids = {recording["recording"] for recording in said["recordings"]}
    dockings = {e["docking"] for e in logged.values() if e.get("recording") in ids}
    wanted = {
        seq
        for seq, entry in logged.items()
        if entry["act"] in {"key", "stamp", "witness"}
        or entry.get("recording") in ids
        or ids & set(entry.get("recordings", ()))
        or (entry.get("docking") in dockings and entry["act"] not in {"ingest", "sighting"})
    }
    assert set(raw) == wanted
    [exported] = [entry for entry in logged.values() if entry["act"] == "export"]
    assert exported["seq"] in raw
    assert (exported["kind"], exported["approval"]) == ("package", "2024-117")


def test_every_proof_leads_to_the_checkpoint(made: MadePackage) -> None:
    size, root = _checkpoint(made.folder)
    log = (made.folder / "proof/checkpoint").read_bytes()
    for seq, data in _raw_entries(made.folder).items():
        proof = (made.folder / f"proof/entries/{seq}.tlog-proof").read_bytes()
        head, checkpoint = proof.split(b"\n\n", 1)
        assert checkpoint == log
        form, place, *hashes = head.decode().split("\n")
        assert (form, place) == ("c2sp.org/tlog-proof@v1", f"index {seq}")
        verify_inclusion(leaf(data), seq, size, root, [base64.b64decode(each) for each in hashes])


def test_anchors_are_of_the_log_s_past(made: MadePackage) -> None:
    size, root = _checkpoint(made.folder)
    witnessed, stamped = index(made.folder)["anchors"]
    for anchor in (witnessed, stamped):
        folder = f"proof/anchors/{anchor['size']}"
        old_size, old_root = _checkpoint(made.folder, f"{folder}/checkpoint")
        lines = (made.folder / folder / "consistency").read_text("ascii").splitlines()
        hashes = [base64.b64decode(each) for each in lines]
        verify_consistency(old_size, size, old_root, root, hashes)
    note = made.folder / f"proof/anchors/{witnessed['size']}/checkpoint"
    assert "witness.example/one" in note.read_text("utf-8")
    assert stamped["tokens"] == ["tsa.example"]


def test_the_token_verifies_with_openssl_as_the_readme_says(
    made: MadePackage, tmp_path: Path
) -> None:
    lines = (made.folder / "README.txt").read_text("utf-8").splitlines()
    commands = [line.strip() for line in lines if re.match(r"  (sed|openssl ts) ", line)]
    size = index(made.folder)["anchors"][1]["size"]
    script = "\n".join(commands).replace("SIZE", str(size)).replace("AUTHORITY", "tsa.example")
    script = script.replace("ROOT.pem", "proof/authorities/tsa.example.pem")
    package = made.copy_to(tmp_path / "package")
    done = subprocess.run(
        ["sh", "-eu", "-c", script], cwd=package, check=False, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    assert "Verification: OK" in done.stdout + done.stderr


def test_the_history_is_readable_escaped_and_has_no_script(made: MadePackage) -> None:
    said = json.loads((made.folder / "custody.json").read_bytes())
    logged = {entry["seq"]: entry for entry in made.site.entries()}
    for recording in said["recordings"]:
        assert [event["seq"] for event in recording["events"]] == sorted(
            {event["seq"] for event in recording["events"]}
        )
        for event in recording["events"]:
            assert (event["act"], event["time"]) == (
                logged[event["seq"]]["act"],
                logged[event["seq"]]["time"],
            )
        bounds = recording["statement"]["not_later_than"]
        assert {bound["kind"] for bound in bounds} == {"stamp", "witness"}
        assert all(recording["entry"] < bound["size"] for bound in bounds)
    page = (made.folder / "custody.html").read_text("utf-8")
    assert "不晚于 / Not later than" in page
    assert "监管链 / Chain of custody" in page
    for word in ("归档<br>archived", "再次出现<br>seen again", "case 7, for the prosecutor"):
        assert word in page
    assert not re.search(r"<script|<img|<link|https?:|javascript:|\son\w+=", page)


def test_hostile_names_and_words_do_no_harm(site: Site, tmp_path: Path) -> None:
    with site.open(POLICY) as archive:
        purpose = '<script>alert(1)</script> "&\u202e'
        exporting = Exporting(archive)
        package = exporting.evidence(recordings(site), purpose, None, "tester")
        parts = {part.path: b"".join(part.chunks) for part in package.parts}
    page = parts["custody.html"].decode("utf-8")
    assert "<script" not in page
    assert "&lt;script&gt;alert(1)&lt;/script&gt; &quot;&amp;[U+202E]" in page
    assert "100%[U+202E]gpj.exe" in page
    names = {path.rpartition("/")[2] for path in parts if path.startswith("data/")}
    assert {"100__gpj.exe", "_con.avi", "empty.avi", "出警 现场.mp4"} <= names


def test_the_commands_of_the_readme_work_as_printed(made: MadePackage, tmp_path: Path) -> None:
    package = made.copy_to(tmp_path / "package")
    done = run_readme(package)
    assert (done.returncode, done.stderr) == (0, ""), done
    assert done.stdout.count("Signature Verified Successfully") == 1
    for line in (
        "the checkpoint is of the key's log",
        "the entry names these bytes",
        "the proof has the right length",
        "the entry is in the log",
    ):
        assert f"{line}\n" in done.stdout
    seq = index(package)["recordings"][0]["seq"]
    assert f"{leaf(_raw_entries(package)[seq]).hex()}  -\n" in done.stdout


def run_readme(package: Path) -> subprocess.CompletedProcess[str]:
    """Run the indented lines of README.txt in a POSIX shell, in the package's folder."""
    lines = (package / "README.txt").read_text("utf-8").splitlines()
    script = "\n".join(line[4:] for line in lines if line.startswith("    "))
    command = ["sh", "-eu", "-c", script]
    return subprocess.run(command, cwd=package, check=False, capture_output=True, text=True)


def _flip(path: Path, at: int) -> None:
    data = bytearray(path.read_bytes())
    data[at] ^= 1
    path.write_bytes(data)


def test_the_commands_of_the_readme_refuse_what_was_changed(
    made: MadePackage, tmp_path: Path
) -> None:
    recording = index(made.folder)["recordings"][0]
    original = made.copy_to(tmp_path / "original")
    _flip(original / recording["path"], 5)
    assert run_readme(original).returncode != 0
    entry = made.copy_to(tmp_path / "entry")
    _flip(entry / f"proof/entries/{recording['seq']}.json", 30)
    _rehash(entry)
    assert "the entry is in the log" not in run_readme(entry).stdout
    signature = made.copy_to(tmp_path / "signature")
    note = signature / "proof/checkpoint"
    text = note.read_text("utf-8")
    size = text.split("\n")[1]
    note.write_text(text.replace(f"\n{size}\n", f"\n{int(size) + 1}\n"), "utf-8")
    _rehash(signature)
    assert "Signature Verified Successfully" not in run_readme(signature).stdout


def _rehash(package: Path) -> None:
    """Make the tag manifest fit again, as a forger would."""
    manifest = package / "tagmanifest-sha256.txt"
    names = [line.split("  ", 1)[1] for line in manifest.read_text("utf-8").splitlines()]
    lines = (
        f"{hashlib.sha256((package / name).read_bytes()).hexdigest()}  {name}" for name in names
    )
    manifest.write_text("".join(f"{line}\n" for line in lines), "utf-8")


def test_damaged_bytes_are_not_passed_off_as_an_original(site: Site, tmp_path: Path) -> None:
    wanted = recordings(site)[1]
    [entry] = [e for e in site.acts("ingest") if e["recording"] == wanted]
    _flip(site.objects()[entry["object"]["sha256"]], 100)
    target = tmp_path / "package"
    with site.open(POLICY) as archive, pytest.raises(DigestMismatch, match="sha256"):
        export(archive, [wanted], target)
    assert not target.exists()
    assert not list(tmp_path.glob(".evd-*"))
    assert len(site.acts("export")) == 1, "it was asked for"


def test_what_cannot_be_exported_is_not_logged(site: Site, tmp_path: Path) -> None:
    wanted = recordings(site)[1]
    target = tmp_path / "package"
    with site.open(POLICY) as archive:
        exporting = Exporting(archive)
        with pytest.raises(PurposeMissing):
            exporting.evidence([wanted], "  ", None, "tester")
        with pytest.raises(NoSuchRecording):
            export(archive, [wanted, "0" * 32], target)
        [entry] = [e for e in site.acts("ingest") if e["recording"] == wanted]
        site.objects()[entry["object"]["sha256"]].unlink()
        with pytest.raises(ObjectMissing):
            export(archive, [wanted], target)
        with pytest.raises(ObjectMissing):
            exporting.plan([wanted])
    assert site.acts("export") == []
    assert not target.exists()


def test_an_archive_that_is_only_read_gives_no_evidence(site: Site) -> None:
    archive = ReadOnlyArchive.open(site.root)
    try:
        exporting = Exporting(archive)
        assert exporting.plan(recordings(site))["recordings"] == 6
        with pytest.raises(ArchiveReadOnly):
            exporting.evidence(recordings(site), "case 7", None, "tester")
    finally:
        archive.close()


def test_many_recordings_are_logged_in_entries_that_fit(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("evidence_daemon.service.exporting.RECORDINGS_PER_ENTRY", 4)
    with site.open(POLICY) as archive:
        package = Exporting(archive).evidence(recordings(site), "case 7", None, "tester")
        paths = {part.path for part in package.parts for _ in part.chunks}
    exports = site.acts("export")
    assert [len(entry["recordings"]) for entry in exports] == [4, 2]
    assert {f"proof/entries/{entry['seq']}.json" for entry in exports} <= paths


class TestAnchors:
    """Which checkpoints of the past a package takes along."""

    def _sizes(self, site: Site, seqs: list[int]) -> list[int]:
        size = len(site.entries())
        return [a.size for a in StoredAnchors(site.root / "log", size).chosen(seqs)]

    def _grow(self, site: Site, count: int = 1) -> None:
        with site.open(POLICY) as archive:
            for _ in range(count):
                archive.log.append(
                    Act.ALARM, {"alarm": "test", "subject": "slot", "detail": "grow"}, "tester"
                )

    def test_the_first_that_covers_and_the_newest_of_each(self, site: Site) -> None:
        witness = CosigningKey.generate("witness.example/one")
        sizes: dict[str, int] = {}
        steps: list[tuple[str, dict[str, Any]]] = [
            ("first_a", {"tokens": {"a": b"a1"}}),
            ("second_a", {"tokens": {"a": b"a2"}}),
            ("first_b", {"tokens": {"a": b"a3", "b": b"b1"}}),
            ("cosigned", {"witness": witness}),
            ("plain", {}),
            ("between", {"tokens": {"a": b"a4"}}),
            ("newest", {"tokens": {"a": b"a5"}, "witness": witness}),
            ("last_b", {"tokens": {"b": b"b2"}}),
        ]
        for name, kept in steps:
            sizes[name] = keep_checkpoint(site, **kept)
            self._grow(site)
        newest = [sizes["newest"], sizes["last_b"]]
        firsts = [sizes["first_a"], sizes["first_b"], sizes["cosigned"]]
        assert self._sizes(site, [3]) == sorted({*firsts, *newest})
        late = sizes["plain"]
        assert self._sizes(site, [late]) == sorted({sizes["between"], *newest})
        assert self._sizes(site, [len(site.entries()) - 1]) == newest

    def test_what_is_no_anchor_is_passed_over(self, site: Site) -> None:
        size = keep_checkpoint(site, tokens={"a": b"token"})
        log = site.root / "log"
        (log / "checkpoints" / "x").write_bytes(b"stray")
        (log / "checkpoints" / "1").write_bytes(b"no note")
        (log / "checkpoints" / "2").write_bytes((log / "checkpoint").read_bytes())
        (log / "checkpoints" / "99999").write_bytes((log / "checkpoint").read_bytes())
        (log / "timestamps" / str(size) / "B AD.tsr").write_bytes(b"no authority")
        assert self._sizes(site, [0]) == [size]
        [anchor] = StoredAnchors(log, size).chosen([0])
        assert anchor.tokens == ("a",)
        assert not anchor.is_cosigned

    def test_an_anchor_of_the_checkpoint_itself_needs_no_consistency(
        self, site: Site, tmp_path: Path
    ) -> None:
        keep_checkpoint(site, tokens={"tsa.one": b"token"})
        with site.open(POLICY) as archive:
            export(archive, recordings(site)[:1], tmp_path / "p", {"tsa.one": b"pem", "x": b"no"})
        [anchor] = index(tmp_path / "p")["anchors"]
        folder = tmp_path / "p/proof/anchors" / str(anchor["size"])
        assert (folder / "tsa.one.tsr").read_bytes() == b"token"
        assert (tmp_path / "p/proof/authorities/tsa.one.pem").read_bytes() == b"pem"
        assert not (tmp_path / "p/proof/authorities/x.pem").exists()
        assert (folder / "consistency").exists()

    def test_a_log_without_anchors(self, site: Site, tmp_path: Path) -> None:
        with site.open(POLICY) as archive:
            said = export(archive, recordings(site)[:1], tmp_path / "package")
        assert said["anchors"] == []
        assert not (tmp_path / "package/proof/anchors").exists()


def test_a_rotated_key_is_in_the_package_with_its_rotation(tmp_path: Path) -> None:
    book = Logbook().fill(300)
    book.rotate()
    book.fill(600)
    for name, data in book.files().items():
        path = tmp_path / "log" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
    log = ProvenLog(LogFiles(tmp_path / "log"))
    assert [entry.seq for entry in log.key_entries()] == [0, 300]
    assert log.head.root == naive_root([leaf(entry) for entry in book.entries])
    assert dict(log.entries([599, 3, 3])) == {3: book.entries[3], 599: book.entries[599]}
