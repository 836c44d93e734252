"""Going on after a lost history: a new log that says so, and every object accounted for."""

import shutil
from pathlib import Path

import pytest

from archive.backup import succession
from archive.backup.succession import succeed
from archive.errors import NotAnArchive, PolicyError, StorageError
from archive.keys import load_log_key
from archive.log.reader import LogFiles
from archive.verify.archive import Progress, Question, verify_archive
from drivers.folder import FolderRecorder
from hashing.checkpoint import Checkpoint
from hashing.errors import RolledBack
from tests.archives import CARD, Site, dock
from tests.stores import ingested_site

REASON = "the disk of the station lost its newest entries"


@pytest.fixture(scope="module")
def pristine(tmp_path_factory: pytest.TempPathFactory) -> Site:
    return ingested_site(tmp_path_factory.mktemp("pristine"))


@pytest.fixture
def site(tmp_path: Path, pristine: Site) -> Site:
    shutil.copytree(pristine.folder, tmp_path / "site")
    return Site(tmp_path / "site", pristine.key)


def bundle_of(site: Site) -> Path:
    """The log's one bundle."""
    (path,) = (p for p in (site.root / "log" / "tile" / "entries").rglob("*") if p.is_file())
    return path


def damage(site: Site) -> None:
    """Change an entry that says nothing of objects, so that the log does not verify."""
    path = bundle_of(site)
    path.write_bytes(path.read_bytes().replace(b'"act":"identify"', b'"act":"identifi"', 1))


def bodies(site: Site, *acts: str) -> list[dict[str, object]]:
    """What entries say of files, without what differs from log to log."""
    own = {"seq", "prev", "time", "mono_ms", "boot", "clock", "actor", "recovered"}
    return [{k: v for k, v in entry.items() if k not in own} for entry in site.acts(*acts)]


def test_a_log_that_is_whole_is_not_given_up(site: Site) -> None:
    before = {p: p.read_bytes() for p in site.folder.rglob("*") if p.is_file()}
    with pytest.raises(PolicyError, match="whole and can go on"):
        succeed(site.root, site.keys, REASON)
    assert {p: p.read_bytes() for p in site.folder.rglob("*") if p.is_file()} == before


def assert_succeeded(site: Site, old: Site, predecessor: Checkpoint) -> Site:
    """The new log stands on its own, names the old one, and vouches for every object."""
    new = Site(site.folder, load_log_key(site.keys).verifier)
    first = new.entries()[0]
    assert first["act"] == "key"
    assert first["succeeds"] == {
        "origin": predecessor.origin,
        "size": predecessor.size,
        "root": predecessor.root.hex(),
        "reason": REASON,
    }
    assert new.key.name.rpartition("/")[0] == old.key.name.rpartition("/")[0]
    assert new.key != old.key
    with new.open() as archive:
        assert not archive.recovered.anything()
        assert archive.catalog.counts().recordings
    verdict = new.verify()
    assert verdict.ok
    assert [finding.code for finding in verdict.findings] == ["LOG_SUCCEEDS"]
    return new


def test_a_damaged_log_is_succeeded_and_its_objects_are_taken_in_again(site: Site) -> None:
    old = {"entries": bodies(site, "ingest", "sighting"), "objects": site.objects().keys()}
    head = LogFiles(site.root / "log").head()
    lost_key = load_log_key(site.keys)
    damage(site)
    made = succeed(site.root, site.keys, REASON)
    assert (made.predecessor, made.kept_as) == (head, site.root / "log.lost-1")
    assert (made.carried.objects, made.carried.failed) == (len(old["objects"]), 0)
    new = assert_succeeded(site, site, head)
    assert bodies(new, "ingest", "sighting") == old["entries"]
    assert set(new.objects()) == set(old["objects"])
    assert {e["driver"] for e in new.acts("dock")} == {"succession"}
    (imported,) = new.acts("import")
    assert imported["source"] == head.origin
    (balance,) = new.acts("undock")
    assert balance["new"] == made.carried.recordings
    assert LogFiles(made.kept_as).head() == head
    assert lost_key.encode() in (site.keys / "log.lost-1.key").read_text("utf-8")


def test_a_recorder_docked_again_after_a_succession_brings_nothing_new(
    site: Site, pristine: Site
) -> None:
    damage(site)
    succeed(site.root, site.keys, REASON)
    with site.open() as archive:
        card = pristine.folder.parent / "cards" / CARD.name
        balance = dock(archive, FolderRecorder(str(card))).balance.summary()
    assert (balance["new"], balance["failed"]) == (0, 0)


def test_a_lost_key_is_succeeded(site: Site) -> None:
    head = LogFiles(site.root / "log").head()
    (site.keys / "log.key").unlink()
    succeed(site.root, site.keys, REASON)
    assert_succeeded(site, site, head)
    assert not (site.keys / "log.lost-1.key").exists()


def test_a_log_that_others_know_longer_is_succeeded_naming_what_they_know(site: Site) -> None:
    known = Checkpoint(site.key.name, 1000, bytes(range(32)))
    made = succeed(site.root, site.keys, REASON, known=[known])
    assert made.predecessor == known
    assert_succeeded(site, site, known)
    verdict = verify_archive(site.root, Question(known=[known]), Progress())
    assert verdict.log.ok or RolledBack.code in {f.code for f in verdict.findings}


def test_a_log_that_is_gone_altogether_is_succeeded_where_a_head_is_known(site: Site) -> None:
    known = LogFiles(site.root / "log").head()
    shutil.rmtree(site.root / "log")
    with pytest.raises(NotAnArchive, match="give one kept elsewhere"):
        succeed(site.root, site.keys, REASON)
    made = succeed(site.root, site.keys, REASON, known=[known])
    assert made.carried.objects == 0
    new = Site(site.folder, load_log_key(site.keys).verifier)
    objects = set(new.objects())
    with new.open() as archive:
        assert archive.recovered.quarantined == len(objects)
    assert {entry["kept_as"][:64] for entry in new.acts("quarantine")} == objects
    assert_only_succeeds(new)


def assert_only_succeeds(site: Site) -> None:
    verdict = site.verify()
    assert {finding.code for finding in verdict.findings} == {"LOG_SUCCEEDS"}


def test_objects_that_are_missing_or_damaged_are_said_to_be(site: Site) -> None:
    damaged, missing, *_ = [name for name, p in sorted(site.objects().items()) if p.stat().st_size]
    site.objects()[missing].unlink()
    path = site.objects()[damaged]
    path.write_bytes(path.read_bytes()[:-1])
    head = LogFiles(site.root / "log").head()
    damage(site)
    made = succeed(site.root, site.keys, REASON)
    new = Site(site.folder, load_log_key(site.keys).verifier)
    told = {entry["object"]["sha256"] for entry in new.acts("quarantine")}
    assert told == {damaged, missing}
    assert made.carried.failed == len(new.acts("quarantine"))
    with new.open() as archive:
        assert archive.recovered.quarantined == 1  # the damaged file, which no entry vouches for
    assert made.predecessor == head
    assert_only_succeeds(new)


def test_entries_that_were_changed_are_passed_over(site: Site) -> None:
    path = bundle_of(site)
    first = site.acts("ingest")[0]["object"]["sha256"]
    path.write_bytes(
        path.read_bytes().replace(f'"sha256":"{first}"'.encode(), b'"sha256":"' + b"g" * 64 + b'"')
    )
    succeed(site.root, site.keys, REASON)
    new = Site(site.folder, load_log_key(site.keys).verifier)
    assert first not in {entry["object"]["sha256"] for entry in new.acts("ingest")}
    with new.open() as archive:
        assert archive.recovered.quarantined == 1
    assert_only_succeeds(new)


def test_a_succession_can_itself_be_succeeded(site: Site) -> None:
    damage(site)
    succeed(site.root, site.keys, REASON)
    head = LogFiles(site.root / "log").head()
    damage_dock(site)
    made = succeed(site.root, site.keys, REASON)
    assert made.kept_as.name == "log.lost-2"
    assert_succeeded(site, Site(site.folder, site.key), head)
    assert (site.keys / "log.lost-2.key").exists()


def damage_dock(site: Site) -> None:
    path = bundle_of(site)
    path.write_bytes(path.read_bytes().replace(b'"custodian":"station"', b'"custodian":"stat1on"'))


@pytest.mark.parametrize("step", range(12))
def test_a_succession_that_is_cut_off_is_finished_by_the_next_try(
    site: Site, monkeypatch: pytest.MonkeyPatch, step: int
) -> None:
    head = LogFiles(site.root / "log").head()
    damage(site)
    rename, left = Path.rename, [step]

    def cut(self: Path, target: Path) -> Path:
        """Fail before, or right after, one of the renames."""
        if self.parent in {site.root, site.keys}:
            left[0] -= 1
            if left[0] == -1:
                raise OSError(5, "Input/output error")
            if left[0] == 0 and step % 2:
                rename(self, target)
                raise OSError(5, "Input/output error")
        return rename(self, target)

    with monkeypatch.context() as broken:
        broken.setattr(Path, "rename", cut)
        try:
            succeed(site.root, site.keys, REASON)
        except StorageError:
            pass
        else:
            assert left[0] >= 0
    try:
        succeed(site.root, site.keys, REASON)
    except PolicyError:
        assert not (site.root / succession.NEXT_LOG).exists()
    assert_succeeded(site, site, head)
    assert LogFiles(site.root / "log.lost-1").head() == head
    assert {path.name for path in site.keys.iterdir()} == {"log.key", "log.lost-1.key"}
    assert not list(site.root.glob("log.[mn]*"))
