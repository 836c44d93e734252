"""Every driver passes the suite on every firmware's card, and the suite fails those that lie."""

import os
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from drivers.conformance import Expected, check_recorder, tree_digest
from drivers.folder import FolderFile, FolderRecorder
from drivers.recorder import Listing, Recorder, RecorderFile
from drivers.simulator.bureau import bureau
from drivers.simulator.card import CardManifest, write_card
from drivers.simulator.faults import Faults, FaultyRecorder
from drivers.simulator.plan import CardPlan, Firmware
from tests.drivers_clips import clips

__all__ = ["clips"]

PLANS = {plan.firmware: plan for plan in bureau(5, seed=3)}


def lay(plan: CardPlan, folder: Path, clips: list[str]) -> CardManifest:
    """A card with everything on it, its access times older than its modification times."""
    whole = replace(plan, zero_byte=True, hostile_names=True, symlink=True, fifo=True)
    manifest = write_card(whole, str(folder), clips)
    for path, folders, names in os.walk(os.fsencode(folder)):
        for node in (path, *(path + b"/" + name for name in folders + names)):
            modified_ns = os.lstat(node).st_mtime_ns
            os.utime(node, ns=(1, modified_ns), follow_symlinks=False)
    return manifest


def check(opener: Callable[[], Recorder], manifest: CardManifest, folder: Path) -> None:
    check_recorder(
        opener,
        {file.path: Expected(file.sha256, file.size_bytes) for file in manifest.files},
        skipped=frozenset(node.path for node in manifest.skipped),
        look_at_card=lambda: tree_digest(str(folder)),
    )


@pytest.mark.parametrize("firmware", Firmware)
def test_the_folder_driver_conforms(tmp_path: Path, clips: list[str], firmware: Firmware) -> None:
    manifest = lay(PLANS[firmware], tmp_path / "card", clips)
    check(lambda: FolderRecorder(str(tmp_path / "card")), manifest, tmp_path / "card")


def test_the_folder_driver_conforms_on_an_empty_card(tmp_path: Path) -> None:
    check_recorder(
        lambda: FolderRecorder(str(tmp_path)),
        {},
        look_at_card=lambda: tree_digest(str(tmp_path)),
    )


def test_a_faulty_recorder_without_faults_conforms(tmp_path: Path, clips: list[str]) -> None:
    card = tmp_path / "card"
    manifest = lay(PLANS[Firmware.DCAM], card, clips)
    check(lambda: FaultyRecorder(FolderRecorder(str(card)), Faults()), manifest, card)


def _nothing(buffer: memoryview, offset: int) -> int:
    return 0


class _Liar(FolderRecorder):
    """A driver with one defect."""

    def __init__(self, path: str, defect: str) -> None:
        super().__init__(path)
        self._defect = defect

    def list_files(self) -> Listing:
        listing = super().list_files()
        files = listing.files
        match self._defect:
            case "unsorted":
                files = files[::-1]
            case "twice":
                files = (files[0], *files)
            case "drops":
                files = files[1:]
            case "size":
                files = (replace(files[0], size_bytes=7), *files[1:])
            case "follows":
                link = RecorderFile(listing.skipped[0].path, 0, 0)
                files = tuple(sorted((link, *files), key=lambda file: file.path))
        return replace(listing, files=files)

    def open(self, file: RecorderFile) -> FolderFile:
        if self._defect == "opens anything":
            return super().open(super().list_files().files[0])
        opened = super().open(file)
        inner = opened.read_into
        match self._defect:
            case "leaves an access time":
                os.utime(os.path.join(self._root.path, file.path), ns=(9, file.mtime_us * 1000))
            case "reads nothing":
                opened.read_into = _nothing  # type: ignore[method-assign]
            case "ignores the offset":
                opened.read_into = lambda buffer, offset: inner(buffer, offset % 7)  # type: ignore[method-assign]
            case "another time":
                opened.restat = lambda: (file.size_bytes, 0)  # type: ignore[method-assign]
        return opened

    def is_present(self) -> bool:
        return self._defect == "immortal" or super().is_present()


@pytest.mark.parametrize(
    ("defect", "number"),
    [
        ("unsorted", 2),
        ("twice", 2),
        ("drops", 3),
        ("size", 3),
        ("follows", 2),
        ("reads nothing", 5),
        ("ignores the offset", 5),
        ("another time", 7),
        ("opens anything", 5),
        ("immortal", 10),
        ("leaves an access time", 11),
    ],
)
def test_the_suite_fails_a_driver_that_lies(
    tmp_path: Path, clips: list[str], defect: str, number: int
) -> None:
    card = tmp_path / "card"
    manifest = lay(PLANS[Firmware.DATED], card, clips)
    with pytest.raises(AssertionError, match=f"check {number}:"):
        check(lambda: _Liar(str(card), defect), manifest, card)


def test_the_suite_sees_a_card_that_was_written_to(tmp_path: Path) -> None:
    (tmp_path / "a.mp4").write_bytes(b"data")
    before = tree_digest(str(tmp_path))
    assert tree_digest(str(tmp_path)) == before
    os.utime(tmp_path / "a.mp4", ns=(5, os.stat(tmp_path / "a.mp4").st_mtime_ns))
    assert tree_digest(str(tmp_path)) != before
