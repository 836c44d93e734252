"""The archive's disk is full, really: intake stops, nothing half-written is left, and it goes on
when there is room again.
"""  # noqa: D205 - the summary is one sentence

import os
import resource
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest

from archive.archive import Archive
from archive.errors import DiskFull
from evidence_daemon.station.board import SlotView
from tests.archives import MEBIBYTE, ORDER, POLICY, Site, assert_sound, dock, new_site
from tests.engine_sources import MemorySource, noise
from tests.stub_recorder import StubRecorder

DISK = 24 * MEBIBYTE


def mount(folder: Path, *options: str) -> bool:
    command = ["mount", "-t", "tmpfs", "-o", ",".join(options), "none", str(folder)]
    try:
        return subprocess.run(command, capture_output=True, check=False).returncode == 0
    except FileNotFoundError:
        return False


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Path]:
    """A small disk of its own."""
    folder = tmp_path / "disk"
    folder.mkdir()
    if os.geteuid() != 0 or not mount(folder, f"size={DISK}"):
        pytest.skip("a file system can only be mounted by root where mounting is allowed")
    yield folder
    subprocess.run(["umount", "--lazy", str(folder)], check=True)


def free(disk: Path) -> int:
    state = os.statvfs(disk)
    return state.f_bavail * state.f_frsize


@contextmanager
def filled(disk: Path, left: int) -> Iterator[None]:
    """Let something else take the room, but for so many bytes."""
    filler = disk / "filler"
    with filler.open("wb") as file:
        os.posix_fallocate(file.fileno(), 0, max(1, free(disk) - left))
    yield
    filler.unlink()


def card(*sizes: int) -> StubRecorder:
    return StubRecorder({b"%d.mp4" % n: MemorySource(noise(s, n)) for n, s in enumerate(sizes)})


def assert_all_taken(site: Site, recorder: StubRecorder) -> None:
    """With room again, everything comes in, and nothing was there twice."""
    with site.open() as archive:
        ended = dock(archive, recorder)
    balance = ended.balance.summary()
    assert balance["new"] + balance["known"] == balance["found"] == len(recorder.contents)
    assert_sound(site)
    assert len(site.objects()) == len(recorder.contents)
    assert site.staging() == []


def lying(size: int, listed: int) -> StubRecorder:
    """A file that turns out to be larger than listed, so that no check beforehand helps."""
    contents = {b"a.mp4": MemorySource(noise(1000)), b"b.mp4": MemorySource(noise(size))}
    return StubRecorder(contents, claimed={b"b.mp4": (listed, 7_000_000)})


@pytest.mark.parametrize("listed", [2 * MEBIBYTE, 1000], ids=["reserved", "written"])
def test_room_that_runs_out_in_the_middle_of_a_copy(disk: Path, listed: int) -> None:
    site = new_site(disk / "site")
    recorder = lying(8 * MEBIBYTE, listed)
    views: list[SlotView] = []
    with filled(disk, 5 * MEBIBYTE):
        with site.open() as archive:
            ended = dock(archive, recorder, ORDER, views.append)
            assert site.staging() == []
            assert archive.log.fault is None
        assert isinstance(ended.error, DiskFull)
        assert str(views[-1].status) == "attention(archive_full)"
        [undock] = site.acts("undock")
        assert (undock["interrupted"], undock["state"]) == (True, "removable_incomplete")
        assert_sound(site)
    assert_all_taken(site, recorder)


def test_what_does_not_fit_is_left_and_what_fits_goes_on(disk: Path) -> None:
    site = new_site(disk / "site")
    recorder = card(500, 1000, 9 * MEBIBYTE, 2000)
    with filled(disk, 6 * MEBIBYTE):
        with site.open() as archive:
            ended = dock(archive, recorder)
        assert ended.error is None
        assert ended.balance.summary()["new"] == 3
        [told] = site.acts("quarantine")
        assert (told["path"], told["reason"]) == ("2.mp4", "no_room")
        assert_sound(site)
    assert_all_taken(site, recorder)


def test_intake_stops_while_there_is_still_room_for_the_log(disk: Path) -> None:
    site = new_site(disk / "site")
    recorder = card(3 * MEBIBYTE, 3 * MEBIBYTE, 3 * MEBIBYTE)
    policy = replace(POLICY, reserve_bytes=5 * MEBIBYTE)
    with filled(disk, 10 * MEBIBYTE):
        with site.open(policy) as archive:
            ended = dock(archive, recorder)
            taken = ended.balance.summary()["new"]
            again = dock(archive, recorder)
        assert 0 < taken < 3
        assert again.balance.summary()["known"] == taken
        assert free(disk) > MEBIBYTE
        assert_sound(site)
    assert_all_taken(site, recorder)


def dock_at_any_price(archive: Archive, recorder: StubRecorder, views: list[SlotView]) -> None:
    """Dock; where not even the end can be logged, that is a typed error."""
    try:
        dock(archive, recorder, ORDER, views.append)
    except DiskFull:
        return


@pytest.mark.parametrize("left", [0, 4096, 16 * 1024, 40 * 1024, 100 * 1024])
def test_not_even_the_log_has_room(disk: Path, left: int) -> None:
    site = new_site(disk / "site")
    recorder = card(500, 1000)
    views: list[SlotView] = []
    with site.open() as archive:
        with filled(disk, left):
            dock_at_any_price(archive, recorder, views)
        if archive.log.fault is None:
            dock_at_any_price(archive, recorder, views)
            assert str(views[-1].status) == "safe_to_remove"
        else:
            assert str(views[-1].status) == "attention(archive_full)"
    assert_all_taken(site, recorder)


@contextmanager
def files_of_at_most(size: int) -> Iterator[None]:
    """Refuse larger files, as a quota does."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


@pytest.mark.parametrize("listed", [2 * MEBIBYTE, 1000], ids=["reserved", "written"])
def test_a_file_that_may_not_be_written_to_its_end(tmp_path: Path, listed: int) -> None:
    site = new_site(tmp_path / "site")
    recorder = lying(8 * MEBIBYTE, listed)
    with site.open() as archive:
        with files_of_at_most(6 * MEBIBYTE):
            ended = dock(archive, recorder)
        assert ended.error is not None
        assert ended.error.code == "STORAGE"
        assert site.staging() == []
    assert_sound(site)
    assert_all_taken(site, recorder)
