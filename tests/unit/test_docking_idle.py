"""Known files are read whole in idle time: proved, refuted, or left for another time."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import pytest

from archive.archive import Archive
from archive.ingest.arrival import Docking, SourceVanished
from archive.ingest.reread import Reread, Rereader
from archive.streams.buffers import BUFFER_BYTES
from drivers import names
from drivers.recorder import IdentityEvidence
from evidence_daemon.station.docking import DockingOrder, Ended
from evidence_daemon.station.station import Station
from hashing.digest import Algorithm
from tests.archives import POLICY, Site, assert_sound, dock, new_site
from tests.engine_sources import MemorySource, noise
from tests.stub_recorder import StubRecorder

ALWAYS = 1e-9
"""In days: every file was read whole longer ago than this."""
SLOT = DockingOrder(slot="A1", actor="station", timezone="Asia/Shanghai")
SIZE = 200_000
BETWEEN_SAMPLES = 5000


@pytest.fixture
def site(tmp_path: Path) -> Site:
    return new_site(tmp_path / "site")


def card(data: bytes = noise(SIZE)) -> StubRecorder:
    return StubRecorder({b"DCIM/1.mp4": MemorySource(data)})


def deceiving() -> bytes:
    """Other bytes under the same sample."""
    data = bytearray(noise(SIZE))
    data[BETWEEN_SAMPLES] ^= 1
    return bytes(data)


@dataclass
class Closing(StubRecorder):
    """A recorder that tells when it is let go."""

    closed: threading.Event = field(default_factory=threading.Event)

    def close(self) -> None:
        self.closed.set()


@contextmanager
def running(archive: Archive, reread_days: float = ALWAYS) -> Iterator[Station]:
    station = Station(archive, names.load(None), 4, 4, reread_days)
    try:
        yield station
    finally:
        station.stop()


def docked(station: Station, recorder: StubRecorder, order: DockingOrder = SLOT) -> Ended:
    return station.dock(recorder, order).result()


def kept(data: bytes, **options: Any) -> Closing:
    return Closing({b"DCIM/1.mp4": MemorySource(data, **options)})


def view(station: Station) -> str:
    [shown] = station.board.views()
    return str(shown.status)


def test_a_known_file_is_read_whole_once_its_docking_has_ended(site: Site) -> None:
    recorder = kept(noise(SIZE))
    with site.open(POLICY) as archive:
        first = dock(archive, card())
        with running(archive) as station:
            second = docked(station, recorder)
            assert recorder.closed.wait(30)
            assert view(station) == "safe_to_remove"
    assert first.balance.summary()["new"] == second.balance.summary()["known"] == 1
    by_metadata, by_content = site.acts("sighting")
    assert (by_metadata["proof"], by_content["proof"]) == ("metadata", "content")
    [_, undock] = site.acts("undock")
    assert by_metadata["seq"] < undock["seq"] < by_content["seq"]
    told = ("v", "seq", "prev", "time", "mono_ms", "actor", "proof")
    same = [{k: v for k, v in each.items() if k not in told} for each in (by_metadata, by_content)]
    assert same[0] == same[1]
    assert (by_content["new_recording"], site.acts("alarm")) == (False, [])
    assert_sound(site)


def test_other_bytes_are_archived_as_what_they_are_with_an_alarm(site: Site) -> None:
    recorder = kept(deceiving())
    with site.open() as archive:
        dock(archive, card())
        with running(archive) as station:
            ended = docked(station, recorder)
            assert recorder.closed.wait(30)
            assert view(station) == "safe_to_remove"
        again = dock(archive, card(deceiving()))
    assert ended.balance.summary()["known"] == again.balance.summary()["known"] == 1
    genuine, other = site.acts("ingest")
    [alarm] = site.acts("alarm")
    assert (alarm["alarm"], alarm["subject"]) == ("metadata_deceived", genuine["recording"])
    for told in (genuine["object"]["sha256"], other["object"]["sha256"], "DCIM/1.mp4"):
        assert told in alarm["detail"]
    assert genuine["recording"] != other["recording"]
    assert (other["docking"], genuine["path"]) == (ended.docking, other["path"])
    assert site.acts("sighting")[-1]["recording"] == other["recording"]
    assert len(site.objects()) == 2
    assert_sound(site)


def test_an_sm3_that_differs_alone_is_a_difference(site: Site) -> None:
    """Nobody can make such a file; the archive's word on it can be another."""
    both = (Algorithm.SHA256, Algorithm.SM3)
    with site.open(replace(POLICY, algorithms=both)) as archive:
        rereader = Rereader(archive.catalog, archive.log, archive.pool)
        dock(archive, card())
        ended = dock(archive, card())
        [due] = rereader.due(ended.recorder, ended.recognised, _after_everything(archive))
        docking = Docking(ended.docking, ended.recorder, "station")
        assert rereader.prove(docking, due, lambda: True) is Reread.SAME
        other = replace(due, earlier=replace(due.earlier, sm3="5" * 64))
        assert rereader.prove(docking, other, lambda: True) is Reread.OTHER
    assert "metadata_deceived" in {entry["alarm"] for entry in site.acts("alarm")}


@pytest.mark.parametrize(
    ("days", "order"),
    [(0, SLOT), (30, SLOT), (ALWAYS, DockingOrder(None, "tester", "UTC"))],
    ids=["never", "read_whole_lately", "no_slot"],
)
def test_what_is_not_due_is_not_read(site: Site, days: float, order: DockingOrder) -> None:
    recorder = kept(noise(SIZE))
    with site.open() as archive:
        dock(archive, card())
        with running(archive, days) as station:
            docked(station, recorder, order)
            assert recorder.closed.wait(30)
    assert [entry["proof"] for entry in site.acts("sighting")] == ["metadata"]
    [source] = recorder.contents.values()
    assert source.read_bytes < SIZE


def test_a_file_is_due_until_it_was_read_whole(site: Site) -> None:
    with site.open() as archive:
        rereader = Rereader(archive.catalog, archive.log, archive.pool)
        dock(archive, card())
        before_us = _after_everything(archive)
        ended = dock(archive, card())
        [candidate] = rereader.due(ended.recorder, ended.recognised, before_us)
        assert list(rereader.due(ended.recorder, ended.recognised, 0)) == []
        docking = Docking(ended.docking, ended.recorder, "station")
        assert rereader.prove(docking, candidate, lambda: True) is Reread.SAME
        ended = dock(archive, card())
        assert list(rereader.due(ended.recorder, ended.recognised, before_us)) == []
        later_us = _after_everything(archive)
        assert len(list(rereader.due(ended.recorder, ended.recognised, later_us))) == 1


def _after_everything(archive: Archive) -> int:
    return archive.log.append(*_NOTHING).time_us


_NOTHING: Any = ("alarm", {"alarm": "x", "subject": "x", "detail": "x"}, "tester")


@pytest.mark.parametrize(
    "options",
    [
        {"bad": [(BETWEEN_SAMPLES, 512)]},
        {"mtime_us": 7_000_001},
    ],
    ids=["unreadable", "changed_since_listed"],
)
def test_what_cannot_be_decided_is_left(site: Site, options: dict[str, Any]) -> None:
    with site.open() as archive:
        rereader = Rereader(archive.catalog, archive.log, archive.pool)
        dock(archive, card())
        before_us = _after_everything(archive)
        ended = dock(archive, card())
        [due] = rereader.due(ended.recorder, ended.recognised, before_us)
        source = MemorySource(noise(SIZE), **options)
        worse = StubRecorder({b"DCIM/1.mp4": source}, claimed={b"DCIM/1.mp4": (SIZE, 7_000_000)})
        [arrival] = dock(archive, worse).recognised
        candidate = replace(due, arrival=arrival)
        docking = Docking(ended.docking, ended.recorder, "station")
        size = archive.log.size
        assert rereader.prove(docking, candidate, lambda: True) is Reread.UNDECIDED
        assert rereader.prove(docking, candidate, lambda: False) is Reread.UNDECIDED
        assert archive.log.size == size


def test_a_recorder_that_is_taken_meanwhile_is_no_error(site: Site) -> None:
    recorder = kept(noise(SIZE))
    [source] = recorder.contents.values()

    def gone(_offset: int) -> None:
        if threading.current_thread().name == "idle-reading":
            raise SourceVanished("taken")

    source.on_read = gone
    with site.open() as archive:
        dock(archive, card())
        with running(archive) as station:
            docked(station, recorder)
            assert recorder.closed.wait(30)
            assert view(station) == "safe_to_remove"
    assert site.acts("alarm", "quarantine") == []
    assert [entry["proof"] for entry in site.acts("sighting")] == ["metadata"]


@pytest.mark.parametrize("how", ["forgotten", "stopped"])
def test_reading_is_given_up_when_the_slot_is_left_or_the_station_stops(
    site: Site, how: str
) -> None:
    data = noise(2 * BUFFER_BYTES + 5)
    recorder = kept(data)
    [source] = recorder.contents.values()
    reading, may_read = threading.Event(), threading.Event()

    def wait(_offset: int) -> None:
        if threading.current_thread().name == "idle-reading":
            reading.set()
            assert may_read.wait(30)

    source.on_read = wait
    with site.open() as archive:
        dock(archive, card(data))
        with running(archive) as station:
            docked(station, recorder)
            assert reading.wait(30)
            if how == "forgotten":
                station.forget("A1")
                may_read.set()
            else:
                stopping = threading.Thread(target=station.stop)
                stopping.start()
                with station._idle._changed:
                    assert station._idle._changed.wait_for(lambda: station._idle._stopping, 30)
                may_read.set()
                stopping.join()
            assert recorder.closed.wait(30)
    assert [entry["proof"] for entry in site.acts("sighting")] == ["metadata"]
    assert_sound(site)


def test_a_docking_is_never_delayed_by_it(site: Site) -> None:
    """While another recorder is read for the first time, not a byte of a known one is."""
    data = noise(3 * BUFFER_BYTES)
    recorder = kept(data)
    [known] = recorder.contents.values()
    reading, docking_reads = threading.Event(), threading.Event()
    during: list[bool] = []
    other_reads = threading.Event()

    def hold(offset: int) -> None:
        if threading.current_thread().name == "idle-reading":
            other_reads.set()
            if not offset:
                reading.set()
                assert docking_reads.wait(30)

    def watch(_offset: int) -> None:
        other_reads.clear()
        docking_reads.set()
        during.append(other_reads.wait(0.3))

    known.on_read = hold
    fresh = MemorySource(noise(1000, 9), on_read=watch)
    shown = [IdentityEvidence("usb_serial", "SER0002", 60)]
    newcomer = StubRecorder({b"new.mp4": fresh}, shown=shown, source="elsewhere")
    order = DockingOrder(slot="A2", actor="station", timezone="UTC")
    with site.open() as archive:
        dock(archive, card(data))
        with running(archive) as station:
            docked(station, recorder)
            assert reading.wait(30)
            docked(station, newcomer, order)
            assert recorder.closed.wait(30)
    assert during
    assert not any(during)
    assert [entry["proof"] for entry in site.acts("sighting")] == ["metadata", "content"]
    assert_sound(site)
