"""Simulated cards: laid out as planned, with real clips, and told truly by their manifest."""

import hashlib
import os
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from drivers.folder import FolderRecorder
from drivers.recorder import MtimeZone
from drivers.simulator.bureau import bureau
from drivers.simulator.card import CardManifest, write_card
from drivers.simulator.clips import boxes, content
from drivers.simulator.hostile import HOSTILE_NAMES
from drivers.simulator.layout import Role
from drivers.simulator.plan import CardPlan, Firmware, LastSegment
from tests.drivers_clips import clips, decodes

__all__ = ["clips"]

EVERYTHING: Mapping[Firmware, CardPlan] = {
    Firmware.ZFY: CardPlan(
        Firmware.ZFY, holes=frozenset({2}), important=frozenset({3}), prerecord=2
    ),
    Firmware.DATED: CardPlan(Firmware.DATED, important=frozenset({1}), fat_times=True),
    Firmware.DCAM: CardPlan(Firmware.DCAM, important=frozenset({4})),
    Firmware.BOBLOV: CardPlan(Firmware.BOBLOV, log_days=7, holes=frozenset({3})),
    Firmware.MOVI: CardPlan(Firmware.MOVI, zero_byte=True, symlink=True, fifo=True),
}


def lay(plan: CardPlan, folder: Path, clips: list[str]) -> CardManifest:
    return write_card(plan, str(folder), clips)


def paths(manifest: CardManifest) -> list[str]:
    return [os.fsdecode(file.path) for file in manifest.files]


@pytest.mark.parametrize("firmware", Firmware)
def test_the_manifest_tells_what_a_driver_finds(
    tmp_path: Path, clips: list[str], firmware: Firmware
) -> None:
    plan = replace(EVERYTHING[firmware], hostile_names=True)
    manifest = lay(plan, tmp_path, clips)
    listing = FolderRecorder(str(tmp_path), mtime_zone=manifest.mtime_zone).list_files()
    assert [(file.path, file.size_bytes, file.mtime_us) for file in listing.files] == [
        (file.path, file.size_bytes, file.mtime_us) for file in manifest.files
    ]
    assert listing.skipped == manifest.skipped
    assert listing.found == manifest.found
    for file in manifest.files:
        with open(os.fsencode(tmp_path) + b"/" + file.path, "rb") as laid:
            assert hashlib.file_digest(laid, "sha256").hexdigest() == file.sha256


def test_names_of_the_android_firmware(tmp_path: Path, clips: list[str]) -> None:
    assert paths(lay(EVERYTHING[Firmware.ZFY], tmp_path, clips)) == [
        "DCIM/100ANDRO/100001_4560001_20240301083001_0001.mp4",
        "DCIM/100ANDRO/100001_4560001_20240301084001_0003.mp4",
        "DCIM/100ANDRO/100001_4560001_20240301084501_0004.mp4",
        "DCIM/101ANDRO/100001_4560001_20240301084001_0003IMP.mp4",
        "SEGTEMP/100001_4560001_20240301082916_0000.mp4",
        "SEGTEMP/100001_4560001_20240301082946_0001.mp4",
    ]


def test_names_of_dated_folders(tmp_path: Path, clips: list[str]) -> None:
    names = paths(lay(EVERYTHING[Firmware.DATED], tmp_path, clips))
    assert names[:2] == [
        "4560001/100001/20240301/20240301083001_0001.mp4",
        "4560001/100001/20240301/20240301083001_0001IMP.mp4",
    ]


def test_names_of_dcam(tmp_path: Path, clips: list[str]) -> None:
    names = paths(lay(EVERYTHING[Firmware.DCAM], tmp_path, clips))
    assert names[-1] == "DCIM/DCAM_4560001_100001_20240301_084501_IMP.mp4"


def test_names_of_a_plain_counter(tmp_path: Path, clips: list[str]) -> None:
    names = paths(lay(CardPlan(Firmware.MOVI), tmp_path, clips))
    assert names == [f"DCIM/100MEDIA/MOVI000{number}.mp4" for number in (1, 2, 3, 4)]


def test_logs_are_of_seven_days_and_show_the_gap(tmp_path: Path, clips: list[str]) -> None:
    manifest = lay(EVERYTHING[Firmware.BOBLOV], tmp_path, clips)
    logs = [file.path for file in manifest.files if file.role is Role.LOG]
    assert logs[0] == b"LOG/20240224.txt"
    assert len(logs) == 7
    lines = (tmp_path / "LOG" / "20240301.txt").read_bytes().decode("gbk").split("\r\n")
    assert lines[0] == "2024-03-01 08:30:00 -> 开机(RS:14807MB TS:14820MB)"
    assert [line.partition("(")[0] for line in lines if "电量低" in line] == [
        "2024-03-01 08:45:00 -> 电量低"
    ]
    assert lines[-1] == ""


def test_an_important_copy_has_the_same_bytes(tmp_path: Path, clips: list[str]) -> None:
    manifest = lay(EVERYTHING[Firmware.ZFY], tmp_path, clips)
    by_counter = {file.role: file.sha256 for file in manifest.files if file.counter == 3}
    assert by_counter[Role.RECORDING] == by_counter[Role.IMPORTANT_COPY]
    assert len(manifest.objects) == len(manifest.files) - 1


def test_the_ring_overlaps_the_first_recording(tmp_path: Path, clips: list[str]) -> None:
    manifest = lay(EVERYTHING[Firmware.ZFY], tmp_path, clips)
    ring_ends = max(file.mtime_us for file in manifest.files if file.role is Role.PRERECORD)
    begins = datetime(2024, 3, 1, 0, 30, 1, tzinfo=UTC).timestamp()
    assert ring_ends / 1e6 > begins


def test_fat_times_are_even_local_digits_and_others_instants(
    tmp_path: Path, clips: list[str]
) -> None:
    fat = lay(EVERYTHING[Firmware.DATED], tmp_path / "fat", clips)
    ext = lay(EVERYTHING[Firmware.DCAM], tmp_path / "ext", clips)
    assert (fat.mtime_zone, ext.mtime_zone) == (MtimeZone.LOCAL_DIGITS, MtimeZone.UTC)
    assert fat.files[0].mtime_us / 1e6 == datetime(2024, 3, 1, 8, 35, 0, tzinfo=UTC).timestamp()
    assert ext.files[0].mtime_us / 1e6 == datetime(2024, 3, 1, 0, 35, 1, tzinfo=UTC).timestamp()


def test_a_laid_out_recording_plays(tmp_path: Path, clips: list[str]) -> None:
    manifest = lay(CardPlan(Firmware.MOVI, recordings=2), tmp_path, clips)
    for file in manifest.files:
        assert decodes(tmp_path / os.fsdecode(file.path))


@pytest.mark.parametrize("ending", [LastSegment.CUT, LastSegment.NO_MOOV, LastSegment.ZERO_TAIL])
def test_a_broken_last_segment_does_not_play_and_the_others_do(
    tmp_path: Path, clips: list[str], ending: LastSegment
) -> None:
    manifest = lay(CardPlan(Firmware.MOVI, recordings=2, last_segment=ending), tmp_path, clips)
    whole, broken = (tmp_path / os.fsdecode(file.path) for file in manifest.files)
    assert decodes(whole)
    assert not decodes(broken)
    assert [file.ending for file in manifest.files] == [LastSegment.WHOLE, ending]
    if ending is LastSegment.ZERO_TAIL:
        assert broken.read_bytes().endswith(bytes(1000))


def test_boxes_of_every_size_form_are_found(tmp_path: Path) -> None:
    path = tmp_path / "boxes.mp4"
    large = (1).to_bytes(4, "big") + b"wide" + (20).to_bytes(8, "big") + b"data"
    path.write_bytes(b"\0\0\0\x08ftyp" + large + b"\0\0\0\0mdat" + b"rest")
    assert [(box.kind, box.offset, box.size_bytes) for box in boxes(str(path))] == [
        (b"ftyp", 0, 8),
        (b"wide", 8, 20),
        (b"mdat", 28, 12),
    ]


def test_what_has_no_index_cannot_lose_it(tmp_path: Path) -> None:
    path = tmp_path / "picture.jpg"
    path.write_bytes(b"\0\0\0\0")
    with pytest.raises(ValueError, match="no moov"):
        b"".join(content(str(path), "serial", LastSegment.NO_MOOV))


def test_equal_plans_give_equal_cards_and_other_recorders_other_bytes(
    tmp_path: Path, clips: list[str]
) -> None:
    plan = CardPlan(Firmware.ZFY)
    first, again = (lay(plan, tmp_path / name, clips) for name in "ab")
    other = lay(replace(plan, device="4560002"), tmp_path / "c", clips)
    assert first == again
    assert not first.objects & other.objects


def test_a_card_is_used_again(tmp_path: Path, clips: list[str]) -> None:
    lay(CardPlan(Firmware.ZFY), tmp_path, clips)
    with pytest.raises(FileExistsError):
        lay(CardPlan(Firmware.ZFY), tmp_path, clips)
    lay(CardPlan(Firmware.ZFY, first_counter=5), tmp_path, clips)
    assert len(FolderRecorder(str(tmp_path)).list_files().files) == 8


def test_every_hostile_name_is_legal_and_different() -> None:
    assert len(set(HOSTILE_NAMES.values())) == len(HOSTILE_NAMES)
    for name in HOSTILE_NAMES.values():
        assert 1 <= len(name) <= 255
        assert b"/" not in name
        assert b"\0" not in name


@pytest.mark.parametrize(
    "wrong",
    [
        {"holes": frozenset({9})},
        {"important": frozenset({2}), "holes": frozenset({2})},
        {"firmware": Firmware.MOVI, "important": frozenset({1})},
        {"firmware": Firmware.DCAM, "prerecord": 1},
        {"firmware": Firmware.ZFY, "log_days": 1},
    ],
)
def test_a_plan_beyond_its_firmware_is_refused(wrong: dict[str, object]) -> None:
    with pytest.raises(ValueError, match=r"counters|does not|has no|keeps no"):
        CardPlan(**({"firmware": Firmware.ZFY} | wrong))  # type: ignore[arg-type]


def test_a_bureau_is_the_same_for_the_same_seed_and_mixed() -> None:
    plans = list(bureau(99, seed=7))
    assert plans == list(bureau(99, seed=7))
    assert plans != list(bureau(99, seed=8))
    assert len({plan.device for plan in plans}) == len({plan.officer_no for plan in plans}) == 99
    assert {plan.firmware for plan in plans[:5]} == set(Firmware)
    assert {plan.last_segment for plan in plans} == set(LastSegment)
    assert any(plan.holes for plan in plans)


def test_a_bureau_has_at_most_ninety_nine() -> None:
    with pytest.raises(ValueError, match="99"):
        list(bureau(100))


def test_a_bureaus_cards_can_be_laid_out(tmp_path: Path, clips: list[str]) -> None:
    for plan in bureau(10, seed=1):
        manifest = lay(plan, tmp_path / plan.name, clips)
        assert manifest.found == len(FolderRecorder(str(tmp_path / plan.name)).list_files().files)
