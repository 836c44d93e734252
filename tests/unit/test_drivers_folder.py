"""The folder driver on real folders: what it lists, what it reads, what it refuses."""

import os
import resource
import shutil
import socket
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from drivers.errors import NotARecorder, RecorderError, RecorderVanished, UnreadableExtent
from drivers.folder import FolderRecorder
from drivers.recorder import MtimeZone, OpenFile, Recorder, RecorderFile, SkipReason

needs_root = pytest.mark.skipif(os.geteuid() != 0, reason="makes device nodes or mounts")
NOBODY = 65534


def read_all(file: OpenFile, chunk_bytes: int = 7) -> bytes:
    data, buffer = b"", bytearray(chunk_bytes)
    while got := file.read_into(memoryview(buffer), len(data)):
        data += buffer[:got]
    return data


def file_at(path: bytes) -> RecorderFile:
    return RecorderFile(path, 0, 0)


@pytest.fixture
def card(tmp_path: Path) -> Path:
    folder = tmp_path / "card"
    (folder / "DCIM" / "100ANDRO").mkdir(parents=True)
    (folder / "DCIM" / "100ANDRO" / "a.mp4").write_bytes(b"first recording")
    (folder / "DCIM" / "b.mp4").write_bytes(b"")
    (folder / "top.txt").write_bytes(b"log")
    return folder


@pytest.fixture
def recorder(card: Path) -> Iterator[FolderRecorder]:
    opened = FolderRecorder(str(card))
    yield opened
    opened.close()


@contextmanager
def descriptors_left(count: int) -> Iterator[None]:
    """Let this process open so many descriptors more, and no others."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    with os.scandir("/proc/self/fd") as entries:
        highest = max(int(entry.name) for entry in entries)
    held = []
    while (descriptor := os.dup(0)) < highest:
        held.append(descriptor)
    os.close(descriptor)
    try:
        resource.setrlimit(resource.RLIMIT_NOFILE, (highest + 1 + count, hard))
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
        for descriptor in held:
            os.close(descriptor)


@contextmanager
def unprivileged_folder() -> Iterator[Path]:
    """A folder of an ordinary user, with this process being that user for the while."""
    folder = Path(tempfile.mkdtemp(prefix="card-"))
    was_root = os.geteuid() == 0
    if was_root:
        os.chown(folder, NOBODY, NOBODY)
        os.seteuid(NOBODY)
    try:
        yield folder
    finally:
        if was_root:
            os.seteuid(0)
        subprocess.run(["chmod", "-R", "u+rwx", str(folder)], check=True)
        shutil.rmtree(folder)


def test_it_is_a_recorder(recorder: FolderRecorder, card: Path) -> None:
    as_protocol: Recorder = recorder
    assert as_protocol.driver == "folder"
    assert as_protocol.source == str(card)


def test_every_name_once_sorted_by_bytes(recorder: FolderRecorder) -> None:
    listing = recorder.list_files()
    assert [file.path for file in listing.files] == [
        b"DCIM/100ANDRO/a.mp4",
        b"DCIM/b.mp4",
        b"top.txt",
    ]
    assert [file.size_bytes for file in listing.files] == [15, 0, 3]
    assert (listing.skipped, listing.unreadable) == ((), ())


def test_the_order_is_that_of_whole_paths_not_of_folders(tmp_path: Path) -> None:
    (tmp_path / "a").mkdir()
    (tmp_path / "a" / "x").touch()
    (tmp_path / "a!").touch()
    (tmp_path / "a0").touch()
    listing = FolderRecorder(str(tmp_path)).list_files()
    assert [file.path for file in listing.files] == [b"a!", b"a/x", b"a0"]


def test_modification_times_come_in_microseconds(card: Path, recorder: FolderRecorder) -> None:
    os.utime(card / "top.txt", ns=(0, 1_700_000_000_123_456_789))
    os.utime(card / "DCIM" / "b.mp4", ns=(0, -1_500))
    times = {file.path: file.mtime_us for file in recorder.list_files().files}
    assert times[b"top.txt"] == 1_700_000_000_123_456
    assert times[b"DCIM/b.mp4"] == -2


def test_the_caller_may_know_what_times_mean(card: Path) -> None:
    copied = FolderRecorder(str(card), mtime_zone=MtimeZone.LOCAL_DIGITS)
    assert {file.mtime_zone for file in copied.list_files().files} == {MtimeZone.LOCAL_DIGITS}


def test_reads_at_any_offset_into_the_callers_buffer(recorder: FolderRecorder) -> None:
    with recorder.open(file_at(b"DCIM/100ANDRO/a.mp4")) as file:
        assert read_all(file) == b"first recording"
        buffer = bytearray(b"#" * 12)
        assert file.read_into(memoryview(buffer), 6) == 9
        assert buffer == b"recording###"
        assert file.read_into(memoryview(buffer), 15) == 0
        assert file.read_into(memoryview(buffer), 1 << 40) == 0


def test_restat_sees_growth(card: Path, recorder: FolderRecorder) -> None:
    with recorder.open(file_at(b"top.txt")) as file:
        before = file.restat()
        with open(card / "top.txt", "ab") as writer:
            writer.write(b" more")
        os.utime(card / "top.txt", ns=(0, 5_000_000))
        assert before[0] == 3
        assert file.restat() == (8, 5_000)


def test_what_is_not_a_regular_file_is_skipped_with_its_reason(
    card: Path, recorder: FolderRecorder
) -> None:
    (card / "link").symlink_to("top.txt")
    (card / "folder-link").symlink_to("DCIM")
    (card / "dangling").symlink_to("/nowhere")
    os.mkfifo(card / "fifo")
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(os.fspath(card / "socket"))
        listing = recorder.list_files()
    assert [(node.path, node.reason) for node in listing.skipped] == [
        (b"dangling", SkipReason.SYMLINK),
        (b"fifo", SkipReason.FIFO),
        (b"folder-link", SkipReason.SYMLINK),
        (b"link", SkipReason.SYMLINK),
        (b"socket", SkipReason.SOCKET),
    ]
    assert len(listing.files) == 3
    assert listing.found == 8


@needs_root
def test_device_nodes_are_skipped(card: Path, recorder: FolderRecorder) -> None:
    os.mknod(card / "tty", 0o20666, os.makedev(5, 0))
    os.mknod(card / "disk", 0o60666, os.makedev(7, 0))
    assert [(node.path, node.reason) for node in recorder.list_files().skipped] == [
        (b"disk", SkipReason.BLOCK_DEVICE),
        (b"tty", SkipReason.CHARACTER_DEVICE),
    ]


@needs_root
def test_another_file_system_below_is_skipped(card: Path, recorder: FolderRecorder) -> None:
    (card / "mounted").mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "none", str(card / "mounted")], check=True)
    try:
        (card / "mounted" / "foreign.mp4").touch()
        listing = recorder.list_files()
        with pytest.raises(UnreadableExtent):
            recorder.open(file_at(b"mounted/foreign.mp4"))
    finally:
        subprocess.run(["umount", str(card / "mounted")], check=True)
    assert [(node.path, node.reason) for node in listing.skipped] == [
        (b"mounted", SkipReason.OTHER_FILE_SYSTEM)
    ]
    assert len(listing.files) == 3


@needs_root
def test_an_unmounted_card_has_vanished(tmp_path: Path) -> None:
    point = tmp_path / "slot"
    point.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "none", str(point)], check=True)
    try:
        (point / "a.mp4").write_bytes(b"data")
        recorder = FolderRecorder(str(point))
        file = recorder.open(file_at(b"a.mp4"))
        assert [item.kind for item in recorder.evidence()] == ["folder"]
    finally:
        subprocess.run(["umount", "--lazy", str(point)], check=True)
    assert not recorder.is_present()
    with pytest.raises(RecorderVanished):
        recorder.list_files()
    with pytest.raises(RecorderVanished):
        recorder.open(file_at(b"b.mp4"))
    file.close()
    recorder.close()


def test_a_removed_folder_has_vanished(card: Path, recorder: FolderRecorder) -> None:
    assert recorder.is_present()
    shutil.rmtree(card)
    assert not recorder.is_present()
    with pytest.raises(RecorderVanished):
        recorder.list_files()
    with pytest.raises(RecorderVanished):
        recorder.open(file_at(b"top.txt"))


def test_another_folder_of_the_same_name_is_not_the_recorder(
    card: Path, recorder: FolderRecorder
) -> None:
    card.rename(card.with_name("elsewhere"))
    card.mkdir()
    assert not recorder.is_present()


def test_bytes_the_kernel_refuses_are_an_unreadable_extent() -> None:
    # Reading the unmapped first page of a process gives a true EIO from a regular file.
    recorder = FolderRecorder(f"/proc/{os.getpid()}")
    with recorder.open(file_at(b"mem")) as file, pytest.raises(UnreadableExtent) as caught:
        file.read_into(memoryview(bytearray(16)), 0)
    assert "mem" in caught.value.detail
    recorder.close()


def test_a_recorder_that_dies_is_told_from_a_bad_sector() -> None:
    child = subprocess.Popen(["cat"], stdin=subprocess.PIPE)
    recorder = FolderRecorder(f"/proc/{child.pid}")
    assert recorder.is_present()
    child.communicate()
    with pytest.raises(RecorderVanished):
        recorder.open(file_at(b"mem"))
    recorder.close()


def test_a_file_that_is_gone_is_unreadable_and_the_recorder_stays(
    card: Path, recorder: FolderRecorder
) -> None:
    (card / "top.txt").unlink()
    with pytest.raises(UnreadableExtent):
        recorder.open(file_at(b"top.txt"))
    assert recorder.is_present()


@pytest.mark.parametrize("kind", ["fifo", "socket", "symlink", "folder"])
def test_a_node_that_took_a_files_name_is_refused_at_once(
    card: Path, recorder: FolderRecorder, kind: str
) -> None:
    path = card / "top.txt"
    path.unlink()
    with socket.socket(socket.AF_UNIX) as listener:
        match kind:
            case "fifo":
                os.mkfifo(path)
            case "socket":
                listener.bind(os.fspath(path))
            case "symlink":
                path.symlink_to("DCIM/b.mp4")
            case _:
                path.mkdir()
        with pytest.raises(UnreadableExtent):
            recorder.open(file_at(b"top.txt"))


def test_a_folder_swapped_for_a_link_leads_nowhere(card: Path, recorder: FolderRecorder) -> None:
    (card / "DCIM" / "100ANDRO").rename(card / "moved")
    (card / "DCIM" / "100ANDRO").symlink_to(card / "moved")
    with pytest.raises(UnreadableExtent):
        recorder.open(file_at(b"DCIM/100ANDRO/a.mp4"))


@pytest.mark.parametrize(
    "path",
    [b"../outside", b"/etc/passwd", b"DCIM/../top.txt", b"", b"a\0b", b"DCIM/", b"./top.txt"],
)
def test_a_path_no_listing_gives_is_refused(
    card: Path, recorder: FolderRecorder, path: bytes
) -> None:
    (card.parent / "outside").write_bytes(b"not the recorder's")
    with pytest.raises(UnreadableExtent):
        recorder.open(file_at(path))


def test_what_is_no_folder_is_no_recorder(tmp_path: Path, card: Path) -> None:
    (tmp_path / "link").symlink_to(card)
    for path in ("absent", "card/top.txt", "link", "nul\0byte"):
        with pytest.raises(NotARecorder):
            FolderRecorder(os.fspath(tmp_path / path))


def test_access_times_stay_as_they_were(card: Path, recorder: FolderRecorder) -> None:
    nodes = [card / "top.txt", card / "DCIM", card]
    for node in nodes:
        os.utime(node, (1, os.stat(node).st_mtime))
    recorder.list_files()
    with recorder.open(file_at(b"top.txt")) as file:
        read_all(file)
    assert [os.stat(node).st_atime_ns for node in nodes] == [1_000_000_000] * 3


def test_a_folder_that_may_not_be_read_is_noted_and_the_rest_listed() -> None:
    with unprivileged_folder() as folder:
        (folder / "locked").mkdir()
        (folder / "listable").mkdir()
        (folder / "listable" / "hidden.mp4").touch()
        (folder / "secret.mp4").touch()
        (folder / "locked").chmod(0)
        (folder / "listable").chmod(0o400)
        (folder / "secret.mp4").chmod(0)
        recorder = FolderRecorder(str(folder))
        listing = recorder.list_files()
        with pytest.raises(UnreadableExtent):
            recorder.open(file_at(b"secret.mp4"))
        recorder.close()
    assert [file.path for file in listing.files] == [b"secret.mp4"]
    assert [node.path for node in listing.unreadable] == [b"listable/hidden.mp4", b"locked"]
    assert {node.detail for node in listing.unreadable} == {"Permission denied"}


def test_a_root_that_stops_being_readable_is_not_an_empty_recorder() -> None:
    with unprivileged_folder() as folder:
        (folder / "a.mp4").touch()
        recorder = FolderRecorder(str(folder))
        folder.chmod(0o300)
        listing = recorder.list_files()
        recorder.close()
    assert [node.path for node in listing.unreadable] == [b"."]
    assert listing.found == 1


def test_a_file_of_another_owner_is_read_without_asking_for_no_access_time(
    card: Path,
) -> None:
    if os.geteuid() != 0:
        pytest.skip("needs a file of another user")
    with tempfile.TemporaryDirectory() as folder:
        os.chmod(folder, 0o755)
        (Path(folder) / "a.mp4").write_bytes(b"data")
        os.seteuid(NOBODY)
        try:
            with FolderRecorder(folder).open(file_at(b"a.mp4")) as file:
                assert read_all(file) == b"data"
        finally:
            os.seteuid(0)


@pytest.fixture
def deep(tmp_path: Path) -> Iterator[Path]:
    """A folder in a folder, twelve hundred times, with one file at the bottom."""
    folder = tmp_path / "deep"
    folder.mkdir()
    descriptor = os.open(folder, os.O_RDONLY)
    for _ in range(1200):
        os.mkdir("d", dir_fd=descriptor)
        below = os.open("d", os.O_RDONLY, dir_fd=descriptor)
        os.close(descriptor)
        descriptor = below
    os.close(os.open("bottom.mp4", os.O_CREAT | os.O_WRONLY, dir_fd=descriptor))
    os.close(descriptor)
    yield folder
    subprocess.run(["rm", "-rf", str(folder)], check=True)


def test_depth_costs_neither_stack_nor_descriptors(deep: Path) -> None:
    bottom = b"d/" * 1200 + b"bottom.mp4"
    recorder = FolderRecorder(str(deep))
    with descriptors_left(4):
        listing = recorder.list_files()
        with recorder.open(file_at(bottom)) as file:
            assert read_all(file) == b""
    assert [file.path for file in listing.files] == [bottom]
    recorder.close()


def test_a_path_too_long_for_the_log_is_unreadable_not_passed_over(tmp_path: Path) -> None:
    folder = tmp_path / "long"
    folder.mkdir()
    descriptor = os.open(folder, os.O_RDONLY)
    name = "n" * 255
    for _ in range(17):
        os.mkdir(name, dir_fd=descriptor)
        below = os.open(name, os.O_RDONLY, dir_fd=descriptor)
        os.close(descriptor)
        descriptor = below
    os.close(descriptor)
    listing = FolderRecorder(str(folder)).list_files()
    subprocess.run(["rm", "-rf", str(folder)], check=True)
    assert [len(node.path) for node in listing.unreadable] == [17 * 256 - 1]
    assert "4096" in listing.unreadable[0].detail


def test_a_station_without_descriptors_does_not_blame_the_card(recorder: FolderRecorder) -> None:
    with descriptors_left(0), pytest.raises(RecorderError) as caught:
        recorder.list_files()
    assert not isinstance(caught.value, UnreadableExtent | RecorderVanished)
    assert caught.value.detail.startswith("the station is out of descriptors")


def test_more_names_than_any_recorder_holds_are_refused(
    recorder: FolderRecorder, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("drivers.folder_walk.MAX_NAMES", 4)
    with pytest.raises(RecorderError) as caught:
        recorder.list_files()
    assert caught.value.code == "TOO_MANY_NAMES"


def test_closing_twice_does_no_harm_and_a_closed_recorder_is_gone(
    recorder: FolderRecorder,
) -> None:
    file = recorder.open(file_at(b"top.txt"))
    file.close()
    file.close()
    recorder.close()
    recorder.close()
    assert not recorder.is_present()
    with pytest.raises(RecorderVanished):
        recorder.list_files()


def test_an_ordinary_folder_is_known_by_its_name(tmp_path: Path) -> None:
    folder = os.fsencode(tmp_path) + b"/slot \xff"
    os.mkdir(folder)
    recorder = FolderRecorder(folder)
    (item,) = recorder.evidence()
    assert (item.kind, item.value) == ("folder", "slot \ufffd")
    assert recorder.source.endswith("slot \ufffd")
    recorder.close()
