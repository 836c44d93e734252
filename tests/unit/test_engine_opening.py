"""Opening an archive: who may, with which key, and what becomes of a catalog in any state."""

import os
import sqlite3
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing, contextmanager
from pathlib import Path

import pytest

from archive import clock
from archive.archive import Archive, create_archive
from archive.catalog.rows import FindQuery
from archive.errors import (
    ArchiveBusy,
    CatalogDamaged,
    KeyUnavailable,
    NotAnArchive,
    StorageError,
)
from archive.log.writer import LogClosed
from archive.rebuilding import rebuild_catalog
from hashing.entry import Act
from hashing.errors import IntegrityError
from hashing.note import SigningKey
from tests.archives import POLICY, Site, assert_sound, dock, new_site
from tests.engine_logs import tree
from tests.engine_sources import MemorySource, noise
from tests.stub_recorder import StubRecorder

HOLDER = """
import sys
from pathlib import Path
from archive.archive import Archive
print("opening", flush=True)
with Archive.open(Path(sys.argv[1]), Path(sys.argv[2])) as archive:
    print("open", flush=True)
    sys.stdin.read()
"""


@pytest.fixture
def site(tmp_path: Path) -> Site:
    return new_site(tmp_path / "site")


def take_in(site: Site, *seeds: int) -> None:
    """Take files in, one for each seed."""
    with site.open() as archive:
        contents = {b"%d.mp4" % seed: MemorySource(noise(2000, seed)) for seed in seeds}
        dock(archive, StubRecorder(contents))


@contextmanager
def another_process(site: Site) -> Iterator["subprocess.Popen[str]"]:
    """A process that opens the archive, and keeps it open until it is told."""
    command = [sys.executable, "-c", HOLDER, str(site.root), str(site.keys)]
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        assert line(process) == "opening"
        yield process


def line(process: "subprocess.Popen[str]") -> str:
    """The next line that a process prints."""
    assert process.stdout is not None
    return process.stdout.readline().rstrip()


@pytest.mark.parametrize("end", ["closed", "killed"])
def test_a_second_process_is_told_that_the_archive_is_busy(site: Site, end: str) -> None:
    with another_process(site) as holder:
        assert line(holder) == "open"
        before = tree(site.root / "log")
        with pytest.raises(ArchiveBusy), site.open():
            pass
        with pytest.raises(ArchiveBusy):
            rebuild_catalog(site.root, lambda _done, _all: None, wait_s=0)
        assert tree(site.root / "log") == before
        if end == "killed":
            holder.kill()
        else:
            holder.communicate()
    with site.open():
        pass


def test_a_process_that_waits_comes_next(site: Site) -> None:
    with ExitStack() as first:
        first.enter_context(site.open())
        with another_process(site) as second:
            first.close()
            assert line(second) == "open"
            second.communicate()
    assert second.returncode == 0


def test_there_is_one_archive_in_a_folder(site: Site, tmp_path: Path) -> None:
    with pytest.raises(StorageError):
        create_archive(site.root, tmp_path / "other keys", "bureau", "dock-2")
    with pytest.raises(StorageError):
        create_archive(tmp_path / "other", site.keys, "bureau", "dock-2")
    with pytest.raises(NotAnArchive), Site(tmp_path / "nothing", site.key).open():
        pass


def another_station(keys: Path) -> None:
    key = SigningKey.generate_origin("bureau/dock-2")
    (keys / "log.key").write_text(f"{key.encode()}\n")


def another_key_of_the_station(keys: Path) -> None:
    name = SigningKey.parse((keys / "log.key").read_text()).name
    (keys / "log.key").write_text(f"{SigningKey.generate(name).encode()}\n")


def replaced_by(make: Callable[[Path], object]) -> Callable[[Path], None]:
    def replace(keys: Path) -> None:
        (keys / "log.key").unlink()
        make(keys / "log.key")

    return replace


def linked(path: Path) -> None:
    path.symlink_to("/etc/hostname")


KEYS: dict[str, Callable[[Path], object]] = {
    "missing": lambda keys: (keys / "log.key").unlink(),
    "folder_missing": lambda keys: (keys / "log.key").rename(keys.parent / "elsewhere"),
    "readable_by_the_group": lambda keys: (keys / "log.key").chmod(0o640),
    "readable_by_all": lambda keys: (keys / "log.key").chmod(0o644),
    "empty": lambda keys: os.truncate(keys / "log.key", 0),
    "cut_short": lambda keys: os.truncate(keys / "log.key", 40),
    "garbage": lambda keys: (keys / "log.key").write_bytes(bytes(range(256)) * 64),
    "of_another_station": another_station,
    "another_of_the_station": another_key_of_the_station,
    "a_folder": replaced_by(lambda path: path.mkdir(mode=0o700)),
    "a_fifo": replaced_by(lambda path: os.mkfifo(path, 0o600)),
    "a_link": replaced_by(linked),
}


@pytest.mark.parametrize("spoil", KEYS.values(), ids=KEYS)
def test_without_its_key_a_log_is_not_continued(
    site: Site, spoil: Callable[[Path], object]
) -> None:
    before = tree(site.root / "log")
    descriptors = len(os.listdir("/proc/self/fd"))
    spoil(site.keys)
    with pytest.raises(KeyUnavailable), site.open():
        pass
    assert len(os.listdir("/proc/self/fd")) == descriptors
    assert tree(site.root / "log") == before
    assert site.verify().ok, "what is archived can still be verified"


def test_a_checkpoint_that_the_key_did_not_sign_is_no_matter_of_the_key(site: Site) -> None:
    checkpoint = site.root / "log" / "checkpoint"
    lines = checkpoint.read_text().splitlines(keepends=True)
    checkpoint.write_text("".join([lines[0], "2\n", *lines[2:]]))
    with pytest.raises(IntegrityError), site.open():
        pass


def damage_pages(path: Path) -> None:
    with path.open("r+b") as file:
        file.seek(4096)
        file.write(b"\xff" * (path.stat().st_size - 4096))


def another_database(path: Path) -> None:
    path.unlink()
    with closing(sqlite3.connect(path)) as database, database:
        database.execute("CREATE TABLE sheep (name TEXT)")


CATALOGS: dict[str, Callable[[Path], object]] = {
    "garbage": lambda path: path.write_bytes(b"garbage" * 1000),
    "pages_overwritten": damage_pages,
    "another_database": another_database,
}


@pytest.mark.parametrize("damage", CATALOGS.values(), ids=CATALOGS)
def test_a_damaged_catalog_is_told_and_made_anew(
    site: Site, damage: Callable[[Path], object]
) -> None:
    take_in(site, 1, 2)
    damage(site.root / "catalog.sqlite")
    descriptors = len(os.listdir("/proc/self/fd"))
    with pytest.raises(CatalogDamaged), site.open():
        pass
    assert len(os.listdir("/proc/self/fd")) == descriptors
    [finding] = site.verify().findings
    assert (finding.code, finding.check) == ("CATALOG_DIFFERS", 14)
    rebuild_catalog(site.root, lambda _done, _all: None)
    assert_sound(site)
    take_in(site, 1, 3)
    assert_sound(site)
    assert len(site.objects()) == 3


def put_back(path: Path, name: str) -> Callable[[], object]:
    """Keep a catalog as it is, and put it back later."""
    kept = path.read_bytes()
    return lambda: path.with_name(name).write_bytes(kept)


def test_a_catalog_that_is_behind_catches_up(site: Site) -> None:
    take_in(site, 1)
    restore = put_back(site.root / "catalog.sqlite", "catalog.sqlite")
    take_in(site, 2, 3)
    restore()
    with site.open() as archive:
        assert len(list(archive.catalog.find(FindQuery()))) == 3
        assert not archive.recovered.anything()
    assert_sound(site)


@pytest.mark.parametrize("more", [0, 5])
def test_a_catalog_of_another_log_is_made_anew(site: Site, tmp_path: Path, more: int) -> None:
    other = new_site(tmp_path / "other")
    take_in(other, *range(10, 11 + more))
    take_in(site, 1, 2)
    put_back(other.root / "catalog.sqlite", "x")()
    (other.root / "x").replace(site.root / "catalog.sqlite")
    with site.open() as archive:
        found = {row.path for row in archive.catalog.find(FindQuery())}
    assert found == {"1.mp4", "2.mp4"}
    assert_sound(site)


@pytest.mark.parametrize("folder", ["staging", "quarantine", "notes", "seals"])
def test_a_folder_that_a_copy_left_out_is_made_again(site: Site, folder: str) -> None:
    (site.root / folder).rmdir()
    take_in(site, 1)
    assert_sound(site)


def test_a_clock_that_jumps_back_is_told_and_nothing_else_suffers(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    take_in(site, 1)
    real = clock.now_us
    monkeypatch.setattr(clock, "now_us", lambda: real() - 3_600_000_000)
    take_in(site, 1, 2)
    [alarm] = site.acts("alarm")
    assert alarm["alarm"] == "clock_went_back"
    verdict = site.verify()
    assert verdict.ok
    assert [finding.code for finding in verdict.findings] == ["CLOCK_WENT_BACK"]
    assert verdict.exit_code == 0
    assert len(site.objects()) == 2


def test_an_archive_opened_for_questions_signs_nothing(site: Site) -> None:
    take_in(site, 1)
    entries = site.entries()
    archive = Archive.open_for_questions(site.root, site.keys, POLICY)
    assert archive is not None
    with archive:
        assert len(list(archive.catalog.find(FindQuery()))) == 1
        with pytest.raises(LogClosed, match="for questions only"):
            dock(archive, StubRecorder({b"2.mp4": MemorySource(noise(2000, 2))}))
    assert site.entries() == entries
    take_in(site, 2)


def test_what_a_crash_left_is_not_recovered_by_an_opening_for_questions(site: Site) -> None:
    with site.open() as archive:
        body = {"docking": "d" * 32, "slot": None, "driver": "x", "source": "x", "timezone": "UTC"}
        archive.log.append(Act.DOCK, body, "tester")
    entries = site.entries()
    assert Archive.open_for_questions(site.root, site.keys, POLICY) is None
    assert site.entries() == entries
    with site.open() as archive:  # the lock was let go
        assert archive.recovered.truncated_dockings == ["d" * 32]
