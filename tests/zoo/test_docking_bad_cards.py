"""Cards as they should not be: each file ends in one visible state, and the account is right."""

import hashlib
import os
import socket
import stat
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from archive.archive import Archive
from archive.catalog.rows import FindQuery
from drivers.folder import FolderRecorder
from drivers.recorder import SkippedNode, SkipReason
from drivers.simulator.card import CardManifest, write_card
from drivers.simulator.faults import Change, Faults, FaultyRecorder
from drivers.simulator.hostile import HOSTILE_NAMES
from drivers.simulator.plan import CardPlan, Firmware
from evidence_daemon.station.board import SlotView
from evidence_daemon.station.docking import Ended
from hashing.paths import path_bytes
from tests.archives import (
    MEBIBYTE,
    ORDER,
    Site,
    assert_balanced,
    assert_sound,
    dock,
    new_site,
    write_clips,
)
from tests.engine_sources import MemorySource, noise
from tests.stub_recorder import StubRecorder

PLAN = CardPlan(Firmware.ZFY, recordings=2)
SIZES = (5 * MEBIBYTE + 11, 3000)
"""The recording with counter 2 is the large one, that with counter 1 the small one."""


@pytest.fixture
def site(tmp_path: Path) -> Site:
    return new_site(tmp_path / "site")


@pytest.fixture
def archive(site: Site) -> Iterator[Archive]:
    with site.open() as opened:
        yield opened


def card(folder: Path, plan: CardPlan = PLAN) -> CardManifest:
    """Lay a card out as ``folder / "card"``."""
    return write_card(plan, str(folder / "card"), write_clips(folder / "clips", SIZES))


def large_and_small(manifest: CardManifest) -> tuple[bytes, bytes]:
    """The paths of the two recordings."""
    paths = sorted(manifest.files, key=lambda file: -file.size_bytes)
    return paths[0].path, paths[1].path


def told(site: Site, ended: Ended, *acts: str) -> list[dict[str, Any]]:
    """What the log says of a docking."""
    return [entry for entry in site.acts(*acts) if entry["docking"] == ended.docking]


def by_path(entries: list[dict[str, Any]]) -> dict[bytes, dict[str, Any]]:
    found = {path_bytes(entry): entry for entry in entries}
    assert len(found) == len(entries)
    return found


def assert_account(site: Site, ended: Ended) -> dict[str, Any]:
    """The account that was logged adds up, and is that of the entries."""
    [undock] = told(site, ended, "undock")
    skipped = sum(undock["skipped"].values())
    assert undock["found"] == undock["new"] + undock["known"] + undock["failed"] + skipped
    listed = told(site, ended, "inventory")
    names = ("files", "skipped", "unreadable")
    assert undock["found"] == sum(len(part[name]) for part in listed for name in names)
    taken = told(site, ended, "ingest", "sighting")
    assert undock["new"] + undock["known"] == len(taken)
    new = [entry for entry in taken if entry["act"] == "ingest" or entry["new_recording"]]
    assert undock["new"] == len(new)
    return undock


def test_empty_files_are_recordings_like_any_other(
    tmp_path: Path, site: Site, archive: Archive
) -> None:
    (tmp_path / "card").mkdir()
    for name in ("a.mp4", "b.mp4"):
        (tmp_path / "card" / name).touch()
    ended = dock(archive, FolderRecorder(str(tmp_path / "card")))
    undock = assert_account(site, ended)
    assert (undock["new"], undock["known"], undock["state"]) == (1, 1, "safe_to_remove")
    assert site.objects()[hashlib.sha256(b"").hexdigest()].stat().st_size == 0


def test_hostile_names_come_back_to_the_byte(tmp_path: Path, site: Site, archive: Archive) -> None:
    manifest = card(tmp_path, replace(PLAN, hostile_names=True))
    ended = dock(archive, FolderRecorder(str(tmp_path / "card")))
    assert_balanced(ended, manifest)
    assert_account(site, ended)
    entries = by_path(told(site, ended, "ingest", "sighting"))
    assert {path: entry["object"]["sha256"] for path, entry in entries.items()} == {
        file.path: file.sha256 for file in manifest.files
    }
    rows = list(archive.catalog.find(FindQuery()))
    seen = [each for row in rows for each in archive.catalog.occurrences(row.id)]
    raw = {path_bytes({"path": each.path, "path_b64": each.path_b64}) for each in seen}
    assert raw == {file.path for file in manifest.files}
    assert len(raw) == len(HOSTILE_NAMES) + 2
    again = dock(archive, FolderRecorder(str(tmp_path / "card")))
    assert again.balance.summary()["known"] == len(manifest.files)


def test_what_is_no_file_is_skipped_with_its_reason(
    tmp_path: Path, site: Site, archive: Archive
) -> None:
    folder = tmp_path / "card"
    folder.mkdir()
    (folder / "link.mp4").symlink_to("/etc/passwd")
    (folder / "loop").symlink_to(".")
    os.mkfifo(folder / "fifo.mp4")
    with socket.socket(socket.AF_UNIX) as bound:
        bound.bind(str(folder / "socket.mp4"))
    expected = {"symlink": 2, "fifo": 1, "socket": 1}
    if os.geteuid() == 0:
        os.mknod(folder / "null.mp4", stat.S_IFCHR | 0o600, os.makedev(1, 3))
        expected["character_device"] = 1
    ended = dock(archive, FolderRecorder(str(folder)))
    undock = assert_account(site, ended)
    assert undock["skipped"] == expected
    assert undock["state"] == "safe_to_remove"
    assert site.objects() == {}


GROWN, PATCHED = b"more", (100, b"patched")
CHANGES = {
    "grows": Change(after_bytes=1000, append=GROWN),
    "is_overwritten": Change(after_bytes=1000, patch=[PATCHED]),
    "is_touched": Change(after_bytes=1000),
}


@pytest.mark.parametrize("large", [True, False])
@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES)
def test_a_file_that_changes_once_is_copied_again(
    tmp_path: Path, site: Site, archive: Archive, change: Change, large: bool
) -> None:
    manifest = card(tmp_path)
    path = large_and_small(manifest)[0 if large else 1]
    recorder = FaultyRecorder(
        FolderRecorder(str(tmp_path / "card")), Faults(changes={path: change})
    )
    ended = dock(archive, recorder)
    assert_balanced(ended, manifest)
    assert_account(site, ended)
    expected = bytearray((tmp_path / "card" / os.fsdecode(path)).read_bytes()) + change.append
    for offset, data in change.patch:
        expected[offset : offset + len(data)] = data
    entries = by_path(told(site, ended, "ingest"))
    assert entries[path]["object"]["sha256"] == hashlib.sha256(expected).hexdigest()
    assert [raw for raw, entry in entries.items() if entry.get("changed")] == [path]


def test_a_file_that_never_holds_still_fails_and_is_told(
    tmp_path: Path, site: Site, archive: Archive
) -> None:
    manifest = card(tmp_path)
    path, other = large_and_small(manifest)
    change = Change(after_bytes=1000, append=b"x", times=99)
    recorder = FaultyRecorder(
        FolderRecorder(str(tmp_path / "card")), Faults(changes={path: change})
    )
    views: list[SlotView] = []
    ended = dock(archive, recorder, ORDER, views.append)
    undock = assert_account(site, ended)
    assert (undock["new"], undock["failed"]) == (1, 1)
    assert (undock["state"], undock["left"]) == ("removable_incomplete", [path.decode()])
    [quarantine] = told(site, ended, "quarantine")
    assert (quarantine["path"], quarantine["reason"]) == (path.decode(), "changing")
    assert set(by_path(told(site, ended, "ingest"))) == {other}
    assert str(views[-1].status) == "attention(files_failed)"
    assert site.staging() == []


class Counting:
    """Counts what is read of a recorder.

    Attributes:
        read_bytes: Bytes read, by path.
    """

    def __init__(self, inner: FolderRecorder) -> None:
        self._inner = inner
        self.read_bytes: Counter[bytes] = Counter()

    def __getattr__(self, name: str) -> Any:
        return getattr(self._inner, name)

    def open(self, file: Any) -> Any:
        opened, count = self._inner.open(file), self.read_bytes

        class Counted:
            restat = opened.restat

            def read_into(self, buffer: memoryview, offset: int) -> int:
                length = opened.read_into(buffer, offset)
                count[file.path] += length
                return length

            def __enter__(self) -> Any:
                return self

            def __exit__(self, *exc: Any) -> None:
                opened.close()

        return Counted()


BUFFER = 4 * MEBIBYTE


def test_a_card_that_vanishes_is_gone_on_with_the_next_time(
    tmp_path: Path, site: Site, archive: Archive
) -> None:
    manifest = card(tmp_path)
    large, small = large_and_small(manifest)
    folder = str(tmp_path / "card")
    sizes = {path: manifest.by_path[path].size_bytes for path in (large, small)}
    # The small file is safe; of the large one, one whole buffer and a little more was read.
    gone = FaultyRecorder(
        FolderRecorder(folder), Faults(vanish_after_bytes=sizes[small] + BUFFER + 5000)
    )
    views: list[SlotView] = []
    ended = dock(archive, gone, ORDER, views.append)
    undock = assert_account(site, ended)
    assert (undock["interrupted"], undock["state"]) == (True, "removable_incomplete")
    assert (undock["new"], undock["failed"], undock["left"]) == (1, 1, [large.decode()])
    assert ended.error is not None
    assert ended.error.code == "RECORDER_VANISHED"
    assert str(views[-1].status) == "attention(recorder_vanished)"
    assert len(site.staging()) == 1
    counting = Counting(FolderRecorder(folder))
    again = dock(archive, counting)
    assert_balanced(again, manifest)
    assert counting.read_bytes[large] == sizes[large] - BUFFER + 2 * 65536
    assert counting.read_bytes[small] == sizes[small], "no more than its sample"
    assert site.staging() == []
    assert_sound(site)


def test_a_card_that_vanishes_while_it_is_listed(site: Site, archive: Archive) -> None:
    ended = dock(archive, StubRecorder(gone=True))
    undock = assert_account(site, ended)
    assert (undock["found"], undock["interrupted"]) == (0, True)
    assert ended.error is not None


def test_unreadable_sectors_are_zeros_on_a_map(
    tmp_path: Path, site: Site, archive: Archive
) -> None:
    manifest = card(tmp_path)
    large, _ = large_and_small(manifest)
    bad = [(70_000, 600), (BUFFER + 9, 1)]
    folder = str(tmp_path / "card")
    recorder = FaultyRecorder(FolderRecorder(folder), Faults(bad_extents={large: bad}))
    ended = dock(archive, recorder)
    assert_balanced(ended, manifest)
    entry = by_path(told(site, ended, "ingest"))[large]
    assert entry["complete"] is False
    data = bytearray((tmp_path / "card" / os.fsdecode(large)).read_bytes())
    for offset, length in entry["unreadable"]:
        data[offset : offset + length] = bytes(length)
    assert entry["object"]["sha256"] == hashlib.sha256(data).hexdigest()
    for offset, length in bad:
        assert any(at <= offset and offset + length <= at + n for at, n in entry["unreadable"])
    [row] = [r for r in archive.catalog.find(FindQuery()) if r.sha256 == entry["object"]["sha256"]]
    assert row.state.value == "archived_incomplete"
    assert_sound(site)
    # The card is read again whenever it comes back, and once it can be read it is whole.
    still = dock(archive, FaultyRecorder(FolderRecorder(folder), Faults(bad_extents={large: bad})))
    assert still.balance.summary() | {"found": 0} == {
        "found": 0, "new": 0, "known": 2, "failed": 0, "skipped": 0
    }  # fmt: skip
    whole = dock(archive, FolderRecorder(folder))
    assert whole.balance.summary()["new"] == 1
    assert manifest.by_path[large].sha256 in site.objects()


def test_a_file_that_cannot_be_opened_fails_alone(
    tmp_path: Path, site: Site, archive: Archive
) -> None:
    manifest = card(tmp_path)
    large, small = large_and_small(manifest)
    faults = Faults(unopenable=frozenset({small}))
    ended = dock(archive, FaultyRecorder(FolderRecorder(str(tmp_path / "card")), faults))
    undock = assert_account(site, ended)
    assert (undock["new"], undock["failed"], undock["left"]) == (1, 1, [small.decode()])
    [quarantine] = told(site, ended, "quarantine")
    assert quarantine["reason"] == "unreadable"
    assert set(by_path(told(site, ended, "ingest"))) == {large}


def test_a_file_larger_than_the_free_space_is_left_and_the_others_go_on(
    site: Site, archive: Archive
) -> None:
    contents = {b"a.mp4": MemorySource(noise(10)), b"b.mp4": MemorySource(noise(2_000_000))}
    recorder = StubRecorder(contents, claimed={b"b.mp4": (1 << 50, 1)})
    ended = dock(archive, recorder)
    undock = assert_account(site, ended)
    assert (undock["new"], undock["failed"], undock["left"]) == (1, 1, ["b.mp4"])
    [quarantine] = told(site, ended, "quarantine")
    assert quarantine["reason"] == "no_room"
    assert site.staging() == []


@pytest.mark.parametrize("size", [2**53, 2**60, 2**63 - 1])
@pytest.mark.parametrize("mtime_us", [2**53, -(2**53), 2**70])
def test_sizes_and_times_that_no_entry_holds(
    site: Site, archive: Archive, size: int, mtime_us: int
) -> None:
    contents = {
        b"a.mp4": MemorySource(noise(10), mtime_us=mtime_us),
        b"b.mp4": MemorySource(b""),
    }
    recorder = StubRecorder(contents, claimed={b"b.mp4": (size, mtime_us)})
    for result in ("new", "known"):
        ended = dock(archive, recorder)
        undock = assert_account(site, ended)
        assert (undock[result], undock["failed"]) == (1, 1)
    assert abs(told(site, ended, "sighting")[0]["mtime_us"]) < 2**53


def test_a_path_deeper_than_any_entry_holds_is_told_as_unreadable(
    tmp_path: Path, site: Site, archive: Archive
) -> None:
    folder = tmp_path / "card"
    folder.mkdir()
    (folder / "whole.mp4").write_bytes(b"whole")
    here = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    for _ in range(20):
        os.mkdir("d" * 250, dir_fd=here)
        deeper = os.open("d" * 250, os.O_RDONLY | os.O_DIRECTORY, dir_fd=here)
        os.close(here)
        here = deeper
    os.close(os.open("deep.mp4", os.O_WRONLY | os.O_CREAT, dir_fd=here))
    os.close(here)
    ended = dock(archive, FolderRecorder(str(folder)))
    undock = assert_account(site, ended)
    assert (undock["new"], undock["failed"], undock["state"]) == (1, 1, "removable_incomplete")


def test_a_driver_that_gives_a_path_no_entry_holds(site: Site, archive: Archive) -> None:
    recorder = StubRecorder({b"a" * 70_000: MemorySource(b"x"), b"b.mp4": MemorySource(b"y")})
    views: list[SlotView] = []
    ended = dock(archive, recorder, ORDER, views.append)
    assert ended.error is not None
    assert ended.error.code == "ENTRY_TOO_LARGE"
    [undock] = told(site, ended, "undock")
    assert (undock["found"], undock["failed"], undock["interrupted"]) == (2, 2, True)
    assert str(views[-1].status).startswith("attention(")


def test_an_account_with_very_long_names_can_still_be_closed(site: Site, archive: Archive) -> None:
    paths = [b"%03d" % n + b"\x01" * 900 for n in range(150)]
    recorder = StubRecorder({path: MemorySource(b"x", vanish_after=0) for path in paths})
    ended = dock(archive, recorder)
    undock = assert_account(site, ended)
    assert (undock["found"], undock["failed"]) == (150, 150)
    assert 0 < len(undock["left"]) < 100
    assert undock["left"] == [path.decode() for path in paths[: len(undock["left"])]]


def test_twenty_thousand_names_stand_in_one_inventory(site: Site, archive: Archive) -> None:
    nodes = [SkippedNode(b"DCIM/%06d.mp4" % n, SkipReason.SYMLINK) for n in range(20_000)]
    ended = dock(archive, StubRecorder({b"z.mp4": MemorySource(b"z")}, skipped=nodes))
    parts = told(site, ended, "inventory")
    assert len(parts) > 10
    assert {part["batch"] for part in parts} == {parts[0]["batch"]}
    assert [(part["part"], part["parts"]) for part in parts] == [
        (number, len(parts)) for number in range(1, len(parts) + 1)
    ]
    listed = [path_bytes(node) for part in parts for node in part["skipped"]]
    assert listed == [node.path for node in nodes]
    assert assert_account(site, ended)["skipped"] == {"symlink": 20_000}


def test_whose_footage_it_is(tmp_path: Path, site: Site, archive: Archive) -> None:
    """The person named at the dock, else the file's own claim, else what most files claim."""
    manifest = card(tmp_path, replace(PLAN, recordings=3))
    (tmp_path / "card" / "notes.txt").write_bytes(b"no grammar knows this name")
    claimed = manifest.plan.officer_no
    ended = dock(archive, FolderRecorder(str(tmp_path / "card")))
    [identify] = told(site, ended, "identify")
    assert (identify["officer"], identify["officer_source"]) == (claimed, "device")
    assert {entry["officer"] for entry in told(site, ended, "ingest")} == {claimed}
    (tmp_path / "card" / "more.txt").write_bytes(b"new")
    named = dock(archive, FolderRecorder(str(tmp_path / "card")), replace(ORDER, officer="200002"))
    [identify] = told(site, named, "identify")
    assert (identify["officer"], identify["officer_source"]) == ("200002", "option")
    assert {e["officer"] for e in told(site, named, "ingest", "sighting")} == {"200002"}


def test_another_file_under_an_archived_name_is_taken_and_the_first_stays(
    tmp_path: Path, site: Site, archive: Archive
) -> None:
    """Even where a crash left the staged name of the first, which is its object's other name."""
    first, second = noise(6 * MEBIBYTE, 1), noise(6 * MEBIBYTE, 2)
    taken = dock(archive, StubRecorder({b"a.mp4": MemorySource(first)}))
    gone = StubRecorder({b"a.mp4": MemorySource(second, vanish_after=5 * MEBIBYTE)})
    dock(archive, gone)
    [name] = site.staging()
    path = site.objects()[hashlib.sha256(first).hexdigest()]
    (site.root / "staging" / name).unlink()
    os.link(path, site.root / "staging" / name)
    ended = dock(archive, StubRecorder({b"a.mp4": MemorySource(second)}))
    assert taken.recorder == ended.recorder
    assert ended.balance.summary()["new"] == 1
    assert {hashlib.sha256(first).hexdigest(), hashlib.sha256(second).hexdigest()} == set(
        site.objects()
    )
    assert_sound(site)


def test_two_recorders_that_claim_one_identity_do_not_mix(site: Site, archive: Archive) -> None:
    contents = [{b"%d.mp4" % n: MemorySource(noise(n, seed)) for n in SIZES} for seed in (1, 2)]
    with ThreadPoolExecutor(2) as threads:
        ended = list(threads.map(lambda each: dock(archive, StubRecorder(each)), contents))
    assert [each.balance.summary()["new"] for each in ended] == [2, 2]
    for each in contents:
        for source in each.values():
            assert hashlib.sha256(source.data).hexdigest() in site.objects()
    assert_sound(site)
