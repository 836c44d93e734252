"""What an audit pack holds, held against the archive and its definition by other means."""

import hashlib
import json
import subprocess
from pathlib import Path

import pytest

from archive.errors import ArchiveBusy
from archive.export import audit
from archive.export.audit import Sampling
from archive.export.verifiers_inside import VerifiersMissing
from archive.stores.interface import ObjectMissing
from archive.verify.archive import Progress, Question
from archive.verify.package import verify_package
from drivers.folder import FolderRecorder
from evidence_daemon.service.exporting import Exporting
from tests.archives import Site, dock
from tests.packages import (
    POLICY,
    MadePackage,
    assert_valid_bag,
    card_site,
    export_audit,
    index,
    lay_files,
    made_audit_pack,
)
from tests.tiny_verifier import accepts


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> MadePackage:
    return made_audit_pack(tmp_path_factory.mktemp("audit"))


@pytest.fixture
def site(tmp_path: Path) -> Site:
    return card_site(tmp_path)


def _log(package: Path) -> dict[str, bytes]:
    log = package / "data/log"
    return {str(p.relative_to(log)): p.read_bytes() for p in log.rglob("*") if p.is_file()}


def test_it_is_a_bag_whose_log_another_verifier_accepts(made: MadePackage) -> None:
    assert_valid_bag(made.folder)
    assert accepts(_log(made.folder), str(made.site.key))


def test_the_log_s_files_are_those_of_the_archive(made: MadePackage) -> None:
    log = made.site.root / "log"
    theirs = {str(p.relative_to(log)): p.read_bytes() for p in log.rglob("*") if p.is_file()}
    assert _log(made.folder) == theirs
    assert {"checkpoints", "timestamps", "tile"} <= {name.split("/")[0] for name in theirs}


def test_the_list_of_objects_is_what_the_entries_say(made: MadePackage) -> None:
    said: dict[str, list[str]] = {}
    lines = []
    for entry in made.site.acts("ingest", "sighting"):
        if entry["act"] == "ingest" or entry.get("new_recording"):
            said.setdefault(entry["object"]["sha256"], []).append(entry["recording"])
    for entry in made.site.acts("ingest"):
        thing = entry["object"]
        cells = (thing["sha256"], thing.get("sm3", "-"), thing["size_bytes"], entry["seq"])
        lines.append("\t".join([*map(str, cells), ",".join(said[thing["sha256"]])]))
    heading, *rows = (made.folder / "data/objects.tsv").read_text("utf-8").splitlines()
    assert heading == "sha256\tsm3\tsize_bytes\tseq\trecordings"
    assert rows == lines
    assert index(made.folder)["objects"] == len(rows)


def test_anyone_can_draw_the_sample_again(made: MadePackage) -> None:
    sample = index(made.folder)["sample"]
    assert (sample["seed"], sample["count"]) == ("four dice", 3)
    names = [entry["object"]["sha256"] for entry in made.site.acts("ingest")]
    ranks = {n: hashlib.sha256(b"four dice\0" + n.encode()).hexdigest() for n in names}
    assert sample["objects"] == sorted(names, key=ranks.__getitem__)[:3]
    for name in sample["objects"]:
        data = (made.folder / "data/objects" / name[:2] / name).read_bytes()
        assert hashlib.sha256(data).hexdigest() == name


def test_the_commands_of_the_readme_work_as_printed(made: MadePackage, tmp_path: Path) -> None:
    package = made.copy_to(tmp_path / "package")
    lines = (package / "README.txt").read_text("utf-8").splitlines()
    script = "\n".join(line[4:] for line in lines if line.startswith("    "))
    done = subprocess.run(
        ["sh", "-eu", "-c", script], cwd=package, check=False, capture_output=True, text=True
    )
    assert (done.returncode, done.stderr) == (0, ""), done
    assert "Signature Verified Successfully" in done.stdout
    assert done.stdout.splitlines()[-3:] == index(package)["sample"]["objects"]
    name = index(package)["sample"]["objects"][0]
    (package / "data/objects" / name[:2] / name).write_bytes(b"another")
    done = subprocess.run(
        ["sh", "-eu", "-c", script], cwd=package, check=False, capture_output=True, text=True
    )
    assert done.returncode != 0


def test_the_log_says_which_recordings_left(made: MadePackage) -> None:
    [entry] = made.site.acts("export")
    sampled = index(made.folder)["sample"]["objects"]
    ids = {
        each["recording"]
        for each in made.site.acts("ingest", "sighting")
        if each["object"]["sha256"] in sampled
    }
    assert (entry["kind"], set(entry["recordings"])) == ("audit_pack", ids)


def test_a_pack_without_a_sample(site: Site, tmp_path: Path) -> None:
    with site.open(POLICY) as archive:
        said = export_audit(archive, tmp_path / "pack")
    assert said["sample"] == {"seed": "", "count": 0, "objects": []}
    assert not (tmp_path / "pack/data/objects").exists()
    assert site.acts("export")[0]["recordings"] == []


def test_footage_that_arrives_meanwhile_is_listed_and_told(
    site: Site, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The sample changes between the first look and the entry: another entry names the new one."""
    look = audit.Listing.of
    looks = 0

    with site.open(POLICY) as archive:

        def looking(*arguments: object, **options: object) -> audit.Listing:
            nonlocal looks
            looks += 1
            if looks == 2:
                late = lay_files(tmp_path / "late", {"late.avi": b"late", "later.avi": b"later"})
                assert dock(archive, FolderRecorder(str(late))).error is None
            return look(*arguments, **options)  # type: ignore[arg-type]

        monkeypatch.setattr(audit.Listing, "of", looking)
        said = export_audit(archive, tmp_path / "pack", seed="x", count=100)
    assert len(said["sample"]["objects"]) == 8
    assert [len(entry["recordings"]) for entry in site.acts("export")] == [6, 8]


def test_footage_that_arrives_behind_the_last_look_is_in_no_part_of_the_pack(
    site: Site, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    look = audit.Listing.of
    looks = 0

    with site.open(POLICY) as archive:

        def looking(*arguments: object, **options: object) -> audit.Listing:
            nonlocal looks
            looks += 1
            listing = look(*arguments, **options)  # type: ignore[arg-type]
            if looks == 2:
                late = lay_files(tmp_path / "late", {"late.avi": b"late"})
                assert dock(archive, FolderRecorder(str(late))).error is None
            return listing

        monkeypatch.setattr(audit.Listing, "of", looking)
        said = export_audit(archive, tmp_path / "pack", seed="x", count=100)
    assert said["objects"] == len(said["sample"]["objects"]) == 6
    verdict = verify_package(tmp_path / "pack", Question(site.key), Progress())
    assert verdict.ok, verdict.findings
    assert verdict.log.size == said["size"]


def test_a_sample_that_never_rests_is_given_up(
    site: Site, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    look = audit.Listing.of
    looks = 0
    with site.open(POLICY) as archive:

        def looking(*arguments: object, **options: object) -> audit.Listing:
            nonlocal looks
            looks += 1
            name, data = f"{looks}.avi", f"{looks}".encode()
            late = lay_files(tmp_path / f"late{looks}", {name: data})
            assert dock(archive, FolderRecorder(str(late))).error is None
            return look(*arguments, **options)  # type: ignore[arg-type]

        monkeypatch.setattr(audit.Listing, "of", looking)
        with pytest.raises(ArchiveBusy):
            export_audit(archive, tmp_path / "pack", seed="x", count=1000)
    assert not (tmp_path / "pack").exists()


def test_an_object_of_the_sample_that_no_store_has(site: Site, tmp_path: Path) -> None:
    for path in site.objects().values():
        path.unlink()
    with site.open(POLICY, sweep=False) as archive, pytest.raises(ObjectMissing):
        export_audit(archive, tmp_path / "pack", seed="x", count=1)
    assert site.acts("export") == []


def test_a_program_without_its_verifiers_makes_no_package(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("archive.export.verifiers_inside.VERIFIERS", ("verify.html", "gone.py"))
    with site.open(POLICY) as archive:
        exporting = Exporting(archive)
        with pytest.raises(VerifiersMissing):
            exporting.audit(Sampling("x", 1), "tester")
        recording = site.acts("ingest")[0]["recording"]
        with pytest.raises(VerifiersMissing):
            exporting.evidence([recording], "case 7", None, "tester")
    assert site.acts("export") == []


def test_both_kinds_carry_the_verifiers_as_they_are_installed(made: MadePackage) -> None:
    from archive.export import verifiers_inside

    folder = Path(verifiers_inside.__file__).parent / "verifiers"
    for name in ("verify.py", "verify.html"):
        assert (made.folder / name).read_bytes() == (folder / name).read_bytes()
    assert json.loads((made.folder / "proof/package.json").read_bytes())["kind"] == "audit_pack"
