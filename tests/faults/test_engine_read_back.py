"""The disk gives other bytes back than were written, or held others under the name before."""

import hashlib
import os
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from archive.archive import Archive
from archive.durable import sync_file_system
from archive.streams.staged import StagedFile
from tests.archives import MEBIBYTE, POLICY, Site, assert_sound, dock, new_site
from tests.engine_sources import MemorySource, noise
from tests.stub_recorder import StubRecorder

SIZES = {"small": 3000, "alone": MEBIBYTE + 5, "large": 9 * MEBIBYTE + 1}


@pytest.fixture
def site(tmp_path: Path) -> Site:
    return new_site(tmp_path / "site")


@pytest.fixture
def archive(site: Site) -> Iterator[Archive]:
    with site.open() as opened:
        yield opened


def flip(path: Path, offset: int) -> None:
    """Change one byte behind the program's back."""
    descriptor = os.open(path, os.O_RDWR)
    byte = os.pread(descriptor, 1, offset)
    os.pwrite(descriptor, bytes([byte[0] ^ 1]), offset)
    os.fsync(descriptor)
    os.close(descriptor)


def lying_disk(monkeypatch: pytest.MonkeyPatch, at: Callable[[int], int]) -> None:
    """Let the disk change a byte of what it has just acknowledged."""
    real_write = StagedFile.write

    def write(file: StagedFile, buffer: memoryview, length: int, offset: int) -> None:
        real_write(file, buffer, length, offset)
        if file.direct:
            flip(file.path, offset + at(length))

    def sync(staging: Path) -> None:
        sync_file_system(staging)
        for path in staging.glob("*.part"):
            flip(path, at(path.stat().st_size))

    monkeypatch.setattr(StagedFile, "write", write)
    monkeypatch.setattr("archive.ingest.engine.sync_file_system", sync)


PLACES: dict[str, Callable[[int], int]] = {
    "first": lambda _: 0,
    "middle": lambda length: length // 2,
    "last": lambda length: length - 1,
}


@pytest.mark.parametrize("at", PLACES.values(), ids=PLACES)
@pytest.mark.parametrize("size", SIZES.values(), ids=SIZES)
def test_a_byte_that_changes_on_its_way_is_found(
    site: Site,
    archive: Archive,
    monkeypatch: pytest.MonkeyPatch,
    size: int,
    at: Callable[[int], int],
) -> None:
    recorder = StubRecorder({b"a.mp4": MemorySource(noise(size))})
    with monkeypatch.context() as patch:
        lying_disk(patch, at)
        ended = dock(archive, recorder)
    assert ended.balance.summary()["failed"] == 1
    assert not ended.balance.complete()
    [told] = site.acts("quarantine")
    assert (told["reason"], told["path"]) == ("read_back_mismatch", "a.mp4")
    assert (site.objects(), site.staging(), site.acts("ingest")) == ({}, [], [])
    assert dock(archive, recorder).balance.summary()["new"] == 1
    assert_sound(site)


def test_a_bad_file_does_not_take_its_group_with_it(
    site: Site, archive: Archive, monkeypatch: pytest.MonkeyPatch
) -> None:
    contents = {b"%d.mp4" % n: MemorySource(noise(1000 + n)) for n in range(5)}

    def sync(staging: Path) -> None:
        sync_file_system(staging)
        flip(next(p for p in staging.glob("*.part") if p.stat().st_size == 1003), 10)

    with monkeypatch.context() as patch:
        patch.setattr("archive.ingest.engine.sync_file_system", sync)
        ended = dock(archive, StubRecorder(contents))
    assert ended.balance.summary() == {"found": 5, "new": 4, "known": 0, "failed": 1, "skipped": 0}
    assert [entry["path"] for entry in site.acts("quarantine")] == ["3.mp4"]
    assert_sound(site)


def test_without_the_read_back_only_a_verification_finds_it(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    with site.open(replace(POLICY, read_back=False)) as archive, monkeypatch.context() as patch:
        lying_disk(patch, PLACES["middle"])
        dock(archive, StubRecorder({b"a.mp4": MemorySource(noise(3000))}))
    assert [finding.code for finding in site.verify().findings] == ["DIGEST_MISMATCH"]


def other_bytes(path: Path, data: bytes) -> None:
    path.write_bytes(data[:-1] + b"!")


def cut_short(path: Path, data: bytes) -> None:
    path.write_bytes(data[:-1])


def link(path: Path, data: bytes) -> None:
    (path.parent / "elsewhere").write_bytes(data)
    path.symlink_to("elsewhere")


def folder(path: Path, _data: bytes) -> None:
    path.mkdir()


def fifo(path: Path, _data: bytes) -> None:
    os.mkfifo(path)


PLANTED: dict[str, Callable[[Path, bytes], Any]] = {
    "other_bytes": other_bytes,
    "cut_short": cut_short,
    "symbolic_link": link,
    "folder": folder,
    "fifo": fifo,
}


@pytest.mark.parametrize("plant", PLANTED.values(), ids=PLANTED)
@pytest.mark.parametrize("size", SIZES.values(), ids=SIZES)
def test_what_was_planted_under_a_digest_is_set_aside(
    site: Site, archive: Archive, plant: Callable[[Path, bytes], Any], size: int
) -> None:
    data = noise(size)
    digest = hashlib.sha256(data).hexdigest()
    plant(archive.layout.objects / digest[:2] / digest, data)
    ended = dock(archive, StubRecorder({b"a.mp4": MemorySource(data)}))
    assert ended.balance.summary()["new"] == 1
    [told] = site.acts("quarantine")
    assert told["path"] == f"objects/{digest[:2]}/{digest}"
    assert told["kept_as"] in os.listdir(archive.layout.quarantine)
    assert site.objects()[digest].read_bytes() == data
    assert not site.objects()[digest].is_symlink()


def test_the_right_bytes_planted_under_a_digest_are_as_good(site: Site, archive: Archive) -> None:
    data = noise(3000)
    digest = hashlib.sha256(data).hexdigest()
    (archive.layout.objects / digest[:2] / digest).write_bytes(data)
    dock(archive, StubRecorder({b"a.mp4": MemorySource(data)}))
    assert site.acts("quarantine") == []
    assert_sound(site)


@pytest.mark.parametrize("plant", PLANTED.values(), ids=PLANTED)
def test_an_object_nobody_vouches_for_is_set_aside_at_the_next_start(
    site: Site, plant: Callable[[Path, bytes], Any]
) -> None:
    digest = hashlib.sha256(b"orphan").hexdigest()
    plant(site.root / "objects" / digest[:2] / digest, b"orphan")
    with site.open() as archive:
        assert archive.recovered.quarantined == 1
    [told] = site.acts("quarantine")
    assert told["path"] == f"objects/{digest[:2]}/{digest}"
    assert os.listdir(site.root / "quarantine") == [told["kept_as"]]
    [recover] = site.acts("recover")
    assert recover["quarantined"] == 1
    with site.open() as archive:
        assert not archive.recovered.anything(), "once is enough"


def test_without_a_sweep_an_orphan_waits(site: Site) -> None:
    digest = hashlib.sha256(b"orphan").hexdigest()
    other_bytes(site.root / "objects" / digest[:2] / digest, b"orphan")
    with site.open(sweep=False) as archive:
        assert not archive.recovered.anything()


def test_what_lies_in_quarantine_without_an_entry_gets_one(site: Site) -> None:
    (site.root / "quarantine" / "left behind").write_bytes(b"x")
    for expected in (1, 0):
        with site.open() as archive:
            assert archive.recovered.quarantined == expected
    [told] = site.acts("quarantine")
    assert (told["path"], told["kept_as"]) == ("quarantine/left behind", "left behind")
