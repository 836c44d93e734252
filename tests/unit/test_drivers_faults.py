"""The faulty recorder breaks in the ways it says, and reads truly where it does not."""

from pathlib import Path

import pytest

from drivers.errors import RecorderVanished, UnreadableExtent
from drivers.folder import FolderRecorder
from drivers.recorder import OpenFile, Recorder, RecorderFile
from drivers.simulator.faults import Change, Faults, FaultyRecorder

DATA = bytes(range(200)) * 5
PATH = b"a.mp4"
FILE = RecorderFile(PATH, len(DATA), 0)


@pytest.fixture
def card(tmp_path: Path) -> Path:
    (tmp_path / "a.mp4").write_bytes(DATA)
    (tmp_path / "b.mp4").write_bytes(b"other")
    return tmp_path


def faulty(card: Path, faults: Faults) -> FaultyRecorder:
    return FaultyRecorder(FolderRecorder(str(card)), faults)


def read(file: OpenFile, offset: int, length: int) -> bytes:
    buffer = bytearray(length)
    return bytes(buffer[: file.read_into(memoryview(buffer), offset)])


def read_all(file: OpenFile, chunk_bytes: int = 64) -> bytes:
    data = b""
    while piece := read(file, len(data), chunk_bytes):
        data += piece
    return data


def test_without_faults_it_is_the_recorder_behind_it(card: Path) -> None:
    recorder: Recorder = faulty(card, Faults())
    behind = FolderRecorder(str(card))
    assert (recorder.driver, recorder.source) == (behind.driver, behind.source)
    assert recorder.evidence() == behind.evidence()
    assert recorder.list_files() == behind.list_files()
    assert recorder.is_present()
    with recorder.open(FILE) as file:
        assert read_all(file) == DATA
        assert file.restat()[0] == len(DATA)
    recorder.close()
    assert not recorder.is_present()


def test_a_read_stops_before_a_bad_extent_and_is_refused_inside_it(card: Path) -> None:
    recorder = faulty(card, Faults(bad_extents={PATH: [(700, 10), (100, 50)]}))
    with recorder.open(FILE) as file:
        assert read(file, 0, 1000) == DATA[:100]
        for offset in (100, 149):
            with pytest.raises(UnreadableExtent):
                read(file, offset, 10)
        assert read(file, 150, 1000) == DATA[150:700]
        with pytest.raises(UnreadableExtent):
            read(file, 705, 1)
        assert read(file, 710, 1000) == DATA[710:]
    with recorder.open(RecorderFile(b"b.mp4", 5, 0)) as file:
        assert read_all(file) == b"other"
    assert recorder.is_present()


def test_it_vanishes_after_so_many_bytes_of_all_files(card: Path) -> None:
    recorder = faulty(card, Faults(vanish_after_bytes=105))
    with recorder.open(RecorderFile(b"b.mp4", 5, 0)) as file:
        assert read_all(file) == b"other"
    with recorder.open(FILE) as file:
        assert read(file, 0, 64) == DATA[:64]
        assert read(file, 64, 64) == DATA[64:100]
        with pytest.raises(RecorderVanished):
            read(file, 100, 64)
        with pytest.raises(RecorderVanished):
            file.restat()
    assert not recorder.is_present()
    with pytest.raises(RecorderVanished):
        recorder.list_files()
    with pytest.raises(RecorderVanished):
        recorder.open(FILE)


def test_it_vanishes_when_told(card: Path) -> None:
    recorder = faulty(card, Faults())
    with recorder.open(FILE) as file:
        recorder.vanish()
        with pytest.raises(RecorderVanished):
            read(file, 0, 1)


def test_a_file_grows_once_it_is_read_that_far(card: Path) -> None:
    recorder = faulty(card, Faults(changes={PATH: Change(after_bytes=500, append=b"tail")}))
    (listed, _) = recorder.list_files().files
    with recorder.open(FILE) as file:
        before = file.restat()
        assert read(file, 0, 500) == DATA[:500]
        assert file.restat() == before == (listed.size_bytes, listed.mtime_us)
        assert read(file, 500, 10) == DATA[500:510]
        assert file.restat()[0] == len(DATA) + 4
        assert file.restat()[1] > before[1]
        assert read(file, len(DATA) - 1, 10) == DATA[-1:]
        assert read(file, len(DATA) + 1, 10) == b"ail"
    with recorder.open(FILE) as file:
        at_rest = file.restat()
        assert read_all(file) == DATA + b"tail"
        assert file.restat() == at_rest
    (now, _) = recorder.list_files().files
    assert (now.size_bytes, now.mtime_us) == at_rest


def test_a_file_may_never_come_to_rest(card: Path) -> None:
    recorder = faulty(card, Faults(changes={PATH: Change(append=b"+", times=3)}))
    sizes = []
    for _ in range(4):
        with recorder.open(FILE) as file:
            sizes.append(len(read_all(file)))
    assert sizes == [1001, 1002, 1003, 1003]


def test_bytes_change_under_the_reader_without_the_size(card: Path) -> None:
    recorder = faulty(card, Faults(changes={PATH: Change(patch=[(60, b"CHANGED")])}))
    with recorder.open(FILE) as file:
        before = file.restat()
        assert read_all(file) == DATA[:60] + b"CHANGED" + DATA[67:]
        assert file.restat()[0] == before[0]
        assert file.restat()[1] != before[1]
    assert (card / "a.mp4").read_bytes() == DATA


def test_a_file_may_refuse_to_open(card: Path) -> None:
    recorder = faulty(card, Faults(unopenable=frozenset({PATH})))
    assert len(recorder.list_files().files) == 2
    with pytest.raises(UnreadableExtent):
        recorder.open(FILE)


def test_slow_reads_take_their_time(card: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    slept: list[float] = []
    monkeypatch.setattr("drivers.simulator.faults.time.sleep", slept.append)
    with faulty(card, Faults(read_delay_s=0.5)).open(FILE) as file:
        assert read_all(file, 500) == DATA
    assert slept == [0.5, 0.5, 0.5]
