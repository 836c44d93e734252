"""A real drop folder, watched by the real watchdog."""

import ctypes
import errno
import os
import shutil
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from drivers.drop_folder import DropEvent, DropFolder
from drivers.errors import NotARecorder
from drivers.settling import DropChange

WAIT_S = 30.0
NEVER_S = 3600.0
"""A rescan that does not come by itself: what happens is then owed to a hint."""

needs_root = pytest.mark.skipif(os.geteuid() != 0, reason="mounts")


@pytest.fixture
def drop_path(tmp_path: Path) -> Path:
    folder = tmp_path / "drop"
    folder.mkdir()
    return folder


@pytest.fixture
def drop(drop_path: Path) -> Iterator[DropFolder]:
    with DropFolder(str(drop_path), stable_s=0.1, rescan_s=0.1) as watched:
        yield watched


def put_card(folder: Path, name: str = "a.mp4") -> None:
    (folder / "DCIM").mkdir(parents=True, exist_ok=True)
    (folder / "DCIM" / name).write_bytes(b"recording")


def wait_until(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + WAIT_S
    while not condition():
        assert time.monotonic() < deadline, "it never came true"
        time.sleep(0.02)


def event(change: DropChange, path: Path) -> DropEvent:
    return DropEvent(change, os.fsencode(path))


def test_a_folder_arrives_grows_and_goes(drop: DropFolder, drop_path: Path) -> None:
    card = drop_path / "recorder 7"
    put_card(card)
    assert drop.next_event(WAIT_S) == event(DropChange.ARRIVED, card)
    put_card(card, "b.mp4")
    assert drop.next_event(WAIT_S) == event(DropChange.CHANGED, card)
    shutil.rmtree(card)
    changes = [drop.next_event(WAIT_S)]
    if changes[0] == event(DropChange.CHANGED, card):  # seen between the two removals
        changes.append(drop.next_event(WAIT_S))
    assert changes[-1] == event(DropChange.REMOVED, card)


def test_what_lies_there_already_arrives(drop_path: Path) -> None:
    for name in ("one", "two"):
        put_card(drop_path / name)
    with DropFolder(str(drop_path), stable_s=0.1, rescan_s=0.1) as drop:
        found = [drop.next_event(WAIT_S), drop.next_event(WAIT_S)]
    assert found == [event(DropChange.ARRIVED, drop_path / name) for name in ("one", "two")]


def test_names_that_are_no_text_arrive(drop: DropFolder, drop_path: Path) -> None:
    path = os.fsencode(drop_path) + b"/\xff\xfe"
    os.mkdir(path)
    os.close(os.open(path + b"/a.mp4", os.O_CREAT | os.O_WRONLY))
    assert drop.next_event(WAIT_S) == DropEvent(DropChange.ARRIVED, path)


def test_an_event_makes_the_rescan_come_sooner(drop_path: Path) -> None:
    with DropFolder(str(drop_path), stable_s=0.1, rescan_s=NEVER_S) as drop:
        wait_until(lambda: drop.rescan_age_s is not None)
        ready = drop_path.parent / "ready"
        put_card(ready)
        ready.rename(drop_path / "moved in")
        assert drop.next_event(WAIT_S) == event(DropChange.ARRIVED, drop_path / "moved in")
        (drop_path / "moved in").rename(drop_path.parent / "moved out")
        assert drop.next_event(WAIT_S) == event(DropChange.REMOVED, drop_path / "moved in")


@needs_root
def test_a_mount_that_gives_no_event_is_found_by_the_rescan(
    drop: DropFolder, drop_path: Path
) -> None:
    slot = drop_path / "slot 1"
    slot.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "none", str(slot)], check=True)
    try:
        assert drop.next_event(WAIT_S) == event(DropChange.ARRIVED, slot)
        put_card(slot)
        assert drop.next_event(WAIT_S) == event(DropChange.CHANGED, slot)
    finally:
        subprocess.run(["umount", "--lazy", str(slot)], check=True)
    assert drop.next_event(WAIT_S) == event(DropChange.REMOVED, slot)


def test_loose_files_and_links_are_strays_not_recorders(
    drop: DropFolder, drop_path: Path, tmp_path: Path
) -> None:
    put_card(tmp_path / "elsewhere")
    (drop_path / "loose.mp4").touch()
    (drop_path / "link").symlink_to(tmp_path / "elsewhere")
    wait_until(lambda: drop.strays == (b"link", b"loose.mp4"))
    put_card(drop_path / "card")
    assert drop.next_event(WAIT_S) == event(DropChange.ARRIVED, drop_path / "card")


def test_an_empty_folder_waits_for_nothing(drop: DropFolder, drop_path: Path) -> None:
    (drop_path / "slot").mkdir()
    put_card(drop_path / "card")
    assert drop.next_event(WAIT_S) == event(DropChange.ARRIVED, drop_path / "card")
    assert drop.waiting == ()


def test_a_folder_that_grows_is_waiting(drop_path: Path) -> None:
    with DropFolder(str(drop_path), stable_s=NEVER_S, rescan_s=0.05) as drop:
        put_card(drop_path / "card")
        wait_until(lambda: drop.waiting == (b"card",))


def test_a_drop_folder_that_went_away_concludes_nothing(drop: DropFolder, drop_path: Path) -> None:
    put_card(drop_path / "card")
    assert drop.next_event(WAIT_S) == event(DropChange.ARRIVED, drop_path / "card")
    away = drop_path.with_name("away")
    drop_path.rename(away)
    wait_until(lambda: (drop.rescan_age_s or 0) > 0.5)
    away.rename(drop_path)
    wait_until(lambda: (drop.rescan_age_s or NEVER_S) < 0.5)
    shutil.rmtree(drop_path / "card")
    assert drop.next_event(WAIT_S) == event(DropChange.REMOVED, drop_path / "card")


def test_it_stops_cleanly_at_any_time(drop_path: Path) -> None:
    before = set(threading.enumerate())
    drop = DropFolder(str(drop_path), stable_s=NEVER_S, rescan_s=NEVER_S)
    assert drop.rescan_age_s is None
    drop.stop()
    drop = DropFolder(str(drop_path), stable_s=NEVER_S, rescan_s=NEVER_S)
    drop.start()
    drop.stop()
    drop.stop()
    assert set(threading.enumerate()) == before
    assert drop.next_event(0.01) is None


@pytest.mark.parametrize("refused", ["inotify_init", "inotify_add_watch"])
def test_without_inotify_the_rescan_does_it_alone(
    drop_path: Path, monkeypatch: pytest.MonkeyPatch, refused: str
) -> None:
    def nothing_left(*arguments: object) -> int:
        ctypes.set_errno(errno.ENOSPC)
        return -1

    monkeypatch.setattr(f"watchdog.observers.inotify_c.{refused}", nothing_left)
    before = set(threading.enumerate())
    with DropFolder(str(drop_path), stable_s=0.1, rescan_s=0.1) as drop:
        assert set(threading.enumerate()) - before == {drop._thread}
        put_card(drop_path / "card")
        assert drop.next_event(WAIT_S) == event(DropChange.ARRIVED, drop_path / "card")


def test_what_is_no_folder_is_no_drop_folder(tmp_path: Path) -> None:
    for path in ("absent", "file"):
        (tmp_path / "file").touch()
        with pytest.raises(NotARecorder):
            DropFolder(str(tmp_path / path))
