"""Backups taken, taken again, refused; stations restored from them and from stores."""

import shutil
import sqlite3
import stat
import threading
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest

from archive.archive import Archive
from archive.backup.backup import BackedUp, Station, back_up, back_up_keys
from archive.backup.restore import restore, restore_objects
from archive.errors import DiskFull, KeyUnavailable, NotAnArchive, StorageError, StoreUnavailable
from archive.keys import create_witness_key, load_log_key, load_witness_key
from archive.layout import Layout
from archive.log.reader import LogFiles
from archive.log.writer import Draft
from archive.replication.heads import signed_by
from archive.replication.mirror import mirror_log
from archive.replication.reader import ObjectReader
from archive.state.database import StateDatabase
from archive.stores.documents import FolderDocuments
from archive.stores.interface import Document
from archive.stores.landing import LandingStore
from archive.streams.buffers import BufferPool
from archive.verify.archive import Progress, Question, verify_archive
from hashing.checkpoint import Checkpoint
from hashing.entry import Act
from hashing.errors import IntegrityError, RolledBack, SignatureInvalid
from tests.archives import Site, assert_sound, new_site
from tests.stores import ShareSite, ingested_site


@pytest.fixture(scope="module")
def pristine(tmp_path_factory: pytest.TempPathFactory) -> Site:
    site = ingested_site(tmp_path_factory.mktemp("pristine"))
    (site.folder / "config.toml").write_text("# the station's settings\n", "utf-8")
    with StateDatabase.open(site.folder / "state.sqlite") as state:
        state.enqueue("test", ["a job"], 1)
    return site


@pytest.fixture
def site(tmp_path: Path, pristine: Site) -> Site:
    shutil.copytree(pristine.folder, tmp_path / "site")
    return Site(tmp_path / "site", pristine.key)


def station(site: Site) -> Station:
    folder = site.folder
    keys = [site.key]
    return Station(site.root, folder / "state.sqlite", folder / "config.toml", keys)


def grow(archive: Archive, entries: int) -> None:
    bodies = [{"alarm": "test", "subject": "station", "detail": str(n)} for n in range(entries)]
    drafts = [Draft(Act.ALARM, body, "tester") for body in bodies]
    for start in range(0, entries, 200):
        archive.log.submit(drafts[start : start + 200]).result()


def tree(folder: Path) -> dict[str, bytes]:
    paths = (path for path in folder.rglob("*") if path.is_file())
    return {str(path.relative_to(folder)): path.read_bytes() for path in paths}


def root_of(dest: Path) -> Path:
    return dest / "archive"


def head(root: Path) -> Checkpoint:
    return LogFiles(root / "log").head()


def test_a_backup_holds_what_its_checkpoint_covers_and_no_key(site: Site, tmp_path: Path) -> None:
    dest = tmp_path / "backup"
    made = back_up(station(site), dest)
    assert made == BackedUp(head(site.root), 0, 0, [])
    assert tree(root_of(dest) / "log") == tree(site.root / "log")
    assert {path.name for path in dest.iterdir()} == {"archive", "state.sqlite", "config.toml"}
    assert {path.name for path in root_of(dest).iterdir()} == {"log"}
    secret = load_log_key(site.keys).encode().encode()
    assert not any(secret in data for data in tree(dest).values())
    assert (dest / "config.toml").read_bytes() == (site.folder / "config.toml").read_bytes()
    with StateDatabase.open(dest / "state.sqlite") as state:
        assert state.pending()["test"].jobs == 1
    verdict = verify_archive(root_of(dest), Question(site.key), Progress()).log
    assert (verdict.ok, verdict.origin_proven) == (True, True)


def test_a_backup_taken_again_copies_only_what_is_new(site: Site, tmp_path: Path) -> None:
    dest = tmp_path / "backup"
    before = back_up(station(site), dest).checkpoint.size
    full = {p: p.stat().st_mtime_ns for p in (root_of(dest) / "log").rglob("*") if p.is_file()}
    with site.open() as archive:
        grow(archive, 700)
    made = back_up(station(site), dest)
    assert (made.before, made.checkpoint.size) == (before, before + 700)
    assert tree(root_of(dest) / "log") == tree(site.root / "log")
    again = {p: p.stat().st_mtime_ns for p in (root_of(dest) / "log").rglob("*") if p.is_file()}
    back_up(station(site), dest)
    assert again == {
        p: p.stat().st_mtime_ns for p in (root_of(dest) / "log").rglob("*") if p.is_file()
    }
    assert full != again


def test_a_backup_with_objects_has_them_and_names_those_it_lacks(
    site: Site, tmp_path: Path
) -> None:
    dest = tmp_path / "backup"
    lost, *_ = sorted(site.objects())
    site.objects()[lost].unlink()
    made = back_up(station(site), dest, objects=True)
    assert (made.missing, made.objects) == ([lost], len(site.objects()))
    copies = {path.name for path in (root_of(dest) / "objects").rglob("*") if path.is_file()}
    assert copies == set(site.objects())
    made = back_up(station(site), dest, objects=True)
    assert (made.missing, made.objects) == ([lost], 0)


def test_the_state_is_backed_up_while_it_is_written(site: Site, tmp_path: Path) -> None:
    with StateDatabase.open(site.folder / "state.sqlite") as state:
        state.enqueue("test", ["another job"], 2)
        back_up(station(site), tmp_path / "backup")
    with sqlite3.connect(tmp_path / "backup" / "state.sqlite") as copy:
        assert copy.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        assert copy.execute("SELECT count(*) FROM jobs").fetchone() == (2,)
    copy.close()


def test_keys_go_apart_and_only_when_asked_for(site: Site, tmp_path: Path) -> None:
    dest, keys_to = tmp_path / "backup", tmp_path / "safe" / "keys"
    back_up(station(site), dest)
    back_up_keys(site.keys, keys_to, station(site), dest)
    back_up_keys(site.keys, keys_to, station(site), dest)
    assert load_log_key(keys_to).verifier == site.key
    assert stat.S_IMODE(keys_to.stat().st_mode) == 0o700
    assert stat.S_IMODE((keys_to / "log.key").stat().st_mode) == 0o600
    for inside in (dest / "keys", site.root / "keys"):
        with pytest.raises(StorageError, match="lies in"):
            back_up_keys(site.keys, inside, station(site), dest)
    other = new_site(tmp_path / "other")
    with pytest.raises(StorageError, match="another key"):
        back_up_keys(other.keys, keys_to, station(site), dest)
    assert load_log_key(keys_to).verifier == site.key
    with pytest.raises(KeyUnavailable):
        back_up_keys(tmp_path / "nothing", keys_to, station(site), dest)


def test_a_backup_is_never_made_of_another_log(site: Site, tmp_path: Path) -> None:
    dest = tmp_path / "backup"
    other = new_site(tmp_path / "other")
    back_up(Station(other.root, other.folder / "state.sqlite", None, [other.key]), dest)
    before = tree(dest)
    with pytest.raises(SignatureInvalid):
        back_up(station(site), dest)
    assert tree(dest) == before
    with pytest.raises(StorageError, match="lies in"):
        back_up(station(site), site.root / "backup")


def test_a_backup_that_knows_more_or_another_branch_is_left_as_it_is(
    site: Site, tmp_path: Path
) -> None:
    dest = tmp_path / "backup"
    shutil.copytree(site.folder, tmp_path / "earlier")
    earlier = Site(tmp_path / "earlier", site.key)
    with site.open() as archive:
        grow(archive, 5)
    back_up(station(site), dest)
    before = tree(dest)
    with pytest.raises(RolledBack, match=r"the backup in .* knows a longer log"):
        back_up(station(earlier), dest)
    with earlier.open() as archive:
        grow(archive, 9)
    with pytest.raises(RolledBack, match="knows another log"):
        back_up(station(earlier), dest)
    assert tree(dest) == before


def test_a_backup_taken_while_the_station_writes_restores_to_what_it_covered(
    site: Site, tmp_path: Path
) -> None:
    stop = threading.Event()
    made: list[BackedUp] = []
    with site.open() as archive:

        def write() -> None:
            while not stop.is_set():
                grow(archive, 1)

        writers = [threading.Thread(target=write) for _ in range(3)]
        for writer in writers:
            writer.start()
        try:
            for number in range(12):
                made.append(back_up(station(site), tmp_path / f"backup-{number % 3}"))
        finally:
            stop.set()
            for writer in writers:
                writer.join()
    assert len({each.checkpoint.size for each in made}) > 1
    entries = site.entries()
    for number in range(3):
        dest, into = tmp_path / f"backup-{number}", tmp_path / f"restored-{number}"
        covered = made[9 + number].checkpoint
        assert head(root_of(dest)) == covered
        restore(dest, into, site.keys)
        restored = Site(into, site.key).entries()
        assert restored[: covered.size] == entries[: covered.size]
        assert [entry["act"] for entry in restored[covered.size :]] == ["restore"]


def test_a_restored_station_witnesses_under_no_key_that_it_had(site: Site, tmp_path: Path) -> None:
    """Its state is old: it has forgotten what it cosigned since."""
    create_witness_key(site.keys, "witness.example/w1")
    dest, into = tmp_path / "backup", tmp_path / "restored"
    back_up(station(site), dest)
    restore(dest, into, site.keys)
    with pytest.raises(KeyUnavailable):
        load_witness_key(into / "keys")
    retired = (into / "keys/witness.retired").read_bytes()
    assert retired == (site.keys / "witness.key").read_bytes()
    create_witness_key(into / "keys", "witness.example/w2")


def restored_site(site: Site, dest: Path, into: Path) -> Site:
    done = restore(dest, into, site.keys)
    made = Site(into, site.key)
    assert done.size == len(made.entries())
    return made


def test_a_restored_station_goes_on_where_the_backup_ends(site: Site, tmp_path: Path) -> None:
    dest = tmp_path / "backup"
    covered = back_up(station(site), dest, objects=True).checkpoint
    made = restored_site(site, dest, tmp_path / "restored")
    (entry,) = made.acts("restore")
    assert (entry["source"], entry["size"]) == (str(dest), covered.size)
    assert (entry["root"], entry["seq"]) == (covered.root.hex(), covered.size)
    assert stat.S_IMODE((made.keys / "log.key").stat().st_mode) == 0o600
    for name in ("config.toml", "state.sqlite"):
        assert (made.folder / name).read_bytes() == (dest / name).read_bytes()
    backup = LandingStore(Layout(root_of(dest)), BufferPool())
    with made.open(sweep=False) as archive:
        assert archive.catalog.counts().recordings
        done = restore_objects(archive, ObjectReader([backup]))
        assert (done.present, done.missing) == (0, [])
        assert done.restored == len(site.objects())
        grow(archive, 3)
    assert {p.name: p.read_bytes() for p in made.objects().values()} == {
        p.name: p.read_bytes() for p in site.objects().values()
    }
    assert_sound(made)


def test_objects_that_nobody_has_are_named_and_can_be_brought_later(
    site: Site, tmp_path: Path
) -> None:
    back_up(station(site), tmp_path / "backup")
    made = restored_site(site, tmp_path / "backup", tmp_path / "restored")
    with made.open(sweep=False) as archive:
        done = restore_objects(archive, ObjectReader([]))
        assert done.missing == sorted(site.objects())
        original = LandingStore(Layout(site.root), BufferPool())
        assert restore_objects(archive, ObjectReader([original])).missing == []
    assert_sound(made)


def test_a_damaged_object_is_not_restored(site: Site, tmp_path: Path) -> None:
    dest = tmp_path / "backup"
    back_up(station(site), dest, objects=True)
    path = next(
        p for p in (root_of(dest) / "objects").rglob("*") if p.is_file() and p.stat().st_size
    )
    path.write_bytes(b"other bytes")
    made = restored_site(site, dest, tmp_path / "restored")
    backup = LandingStore(Layout(root_of(dest)), BufferPool())
    with made.open(sweep=False) as archive, pytest.raises(StorageError, match="read back"):
        restore_objects(archive, ObjectReader([backup]))
    assert path.name not in made.objects()


def test_nothing_is_restored_over_an_archive(site: Site, tmp_path: Path) -> None:
    back_up(station(site), tmp_path / "backup")
    before = tree(site.folder)
    with pytest.raises(StorageError, match="holds an archive already"):
        restore(tmp_path / "backup", site.folder, site.keys)
    assert tree(site.folder) == before


def test_nothing_is_restored_from_what_is_no_backup_or_with_another_key(
    site: Site, tmp_path: Path
) -> None:
    dest, into = tmp_path / "backup", tmp_path / "restored"
    back_up(station(site), dest)
    other = new_site(tmp_path / "other")
    with pytest.raises(NotAnArchive):
        restore(tmp_path / "nothing", into, site.keys)
    for keys in (other.keys, tmp_path / "nothing"):
        with pytest.raises(KeyUnavailable):
            restore(dest, into, keys)
    assert not into.exists()


@pytest.mark.parametrize("pattern", ["tile/entries/**/*", "tile/0/**/*", "checkpoint"])
def test_a_backup_that_was_tampered_with_is_not_restored(
    site: Site, tmp_path: Path, pattern: str
) -> None:
    dest, into = tmp_path / "backup", tmp_path / "restored"
    back_up(station(site), dest)
    path = next(p for p in (root_of(dest) / "log").glob(pattern) if p.is_file())
    data = bytearray(path.read_bytes())
    data[-2] = ord("A") if data[-2] != ord("A") else ord("Q")
    path.write_bytes(data)
    with pytest.raises(IntegrityError):
        restore(dest, into, site.keys)
    assert not into.exists()


@pytest.fixture
def ahead(site: Site, tmp_path: Path) -> Iterator[ShareSite]:
    """A further store whose mirror is ahead of the backup in ``backup``."""
    key = load_log_key(site.keys)
    back_up(station(site), tmp_path / "backup")
    with ShareSite(tmp_path / "share", key) as share:
        with site.open() as archive:
            grow(archive, 300)
        documents = FolderDocuments(site.root)
        mirror_log(documents, share.direct(), signed_by([key.verifier]), name="nas")
        yield share


def test_a_restored_station_adopts_what_a_store_knows_beyond_the_backup(
    site: Site, tmp_path: Path, ahead: ShareSite
) -> None:
    into = tmp_path / "restored"
    done = restore(tmp_path / "backup", into, site.keys, stores=[ahead.direct()])
    assert (done.reconciled.adopted_from, done.reconciled.adopted) == ("nas", 300)
    made, entries = Site(into, site.key), site.entries()
    assert made.entries()[: len(entries)] == entries
    assert [entry["act"] for entry in made.entries()[len(entries) :]] == ["restore"]


def test_nothing_is_restored_while_a_store_cannot_be_asked(
    site: Site, tmp_path: Path, ahead: ShareSite
) -> None:
    into = tmp_path / "restored"
    (ahead.folder / "store.json").unlink()
    with pytest.raises(StoreUnavailable):
        restore(tmp_path / "backup", into, site.keys, stores=[ahead.direct()])
    assert not into.exists()


def test_a_backup_behind_a_checkpoint_that_nobody_can_continue_is_not_gone_on_with(
    site: Site, tmp_path: Path, ahead: ShareSite
) -> None:
    into = tmp_path / "restored"
    known = head(site.root)
    with pytest.raises(RolledBack):
        restore(tmp_path / "backup", into, site.keys, known=[known])
    assert not (into / "archive" / "log" / "checkpoint").exists()
    done = restore(tmp_path / "backup", into, site.keys, known=[known], stores=[ahead.direct()])
    assert done.reconciled.adopted == 300


def test_a_station_is_restored_from_the_mirror_in_a_store(
    site: Site, tmp_path: Path, ahead: ShareSite
) -> None:
    done = restore(ahead.folder, tmp_path / "restored", site.keys)
    assert done.checkpoint == head(site.root)
    assert Site(tmp_path / "restored", site.key).entries()[:-1] == site.entries()


def test_a_full_disk_leaves_the_backup_before_whole(
    site: Site, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    dest = tmp_path / "backup"
    back_up(station(site), dest)
    covered = head(root_of(dest))
    with site.open() as archive:
        grow(archive, 600)
    write, left = FolderDocuments.write_documents, [1]

    def fill(self: FolderDocuments, documents: Sequence[Document]) -> None:
        if not left[0]:
            raise DiskFull("no room")
        left[0] -= 1
        write(self, documents)

    with monkeypatch.context() as full:
        full.setattr(FolderDocuments, "write_documents", fill)
        with pytest.raises(DiskFull):
            back_up(station(site), dest)
    assert head(root_of(dest)) == covered
    assert verify_archive(root_of(dest), Question(site.key), Progress()).log.ok
    assert back_up(station(site), dest).checkpoint == head(site.root)
