"""Several recorders at once, and a station that is asked to stop."""

import os
import threading
from pathlib import Path

import pytest

from archive.archive import Archive
from archive.errors import StorageError
from drivers import names
from drivers.recorder import IdentityEvidence
from drivers.usb_port import UsbPort
from evidence_daemon.station.board import SlotView
from evidence_daemon.station.station import NICENESS, Station
from evidence_daemon.status import Status
from hashing.entry import Act
from hashing.errors import RolledBack
from tests.archives import ORDER, Site, assert_sound, dock, new_site
from tests.engine_sources import MemorySource, noise
from tests.stub_recorder import StubRecorder


@pytest.fixture
def site(tmp_path: Path) -> Site:
    return new_site(tmp_path / "site")


def recorder(
    number: int, contents: dict[bytes, MemorySource], controller: str = "pci0000:00/0000:00:14.0"
) -> StubRecorder:
    shown = [IdentityEvidence("usb_serial", f"SER{number:04d}", 60)]
    port = UsbPort(controller, str(number))
    return StubRecorder(contents, shown=shown, source=f"port {number}", port=port)


def station_of(archive: Archive, workers: int) -> Station:
    return Station(archive, names.load(None), workers, workers)


def test_the_same_bytes_from_many_recorders_are_stored_once(site: Site) -> None:
    data = {b"%d.mp4" % n: noise(1500, n) for n in range(6)}
    cards = [
        recorder(number, {path: MemorySource(each) for path, each in data.items()})
        for number in range(8)
    ]
    with site.open() as archive:
        station = station_of(archive, len(cards))
        waiting = [station.dock(card, ORDER) for card in cards]
        ended = [each.result() for each in waiting]
        station.stop()
    assert len(site.objects()) == len(data)
    assert [each.balance.summary()["new"] for each in ended] == [len(data)] * len(cards)
    sightings = site.acts("sighting")
    assert len(sightings) == len(data) * (len(cards) - 1)
    assert all(entry["new_recording"] for entry in sightings)
    assert len({entry["recording"] for entry in site.acts("ingest", "sighting")}) == 48
    assert_sound(site)


def test_a_station_that_stops_finishes_the_group_it_is_at(site: Site) -> None:
    reading, may_read = threading.Event(), threading.Event()

    def wait(_offset: int) -> None:
        reading.set()
        assert may_read.wait(30)

    large = {b"%d.mp4" % n: MemorySource(noise(1_100_000, n)) for n in range(4)}
    for source in large.values():
        source.on_read = wait
    with site.open() as archive:
        station = station_of(archive, 1)
        waiting = station.dock(recorder(1, large), ORDER)
        assert reading.wait(30)
        stopping = threading.Thread(target=station.stop)
        stopping.start()
        assert station._stopping.wait(30)
        may_read.set()
        ended = waiting.result()
        stopping.join()
    assert ended.interrupted
    assert ended.error is None
    assert ended.balance.summary() == {"found": 4, "new": 1, "known": 0, "failed": 3, "skipped": 0}
    [undock] = site.acts("undock")
    assert (undock["state"], undock["interrupted"]) == ("removable_incomplete", True)
    with site.open() as archive:
        again = dock(archive, recorder(1, large))
    assert again.balance.summary() == {"found": 4, "new": 3, "known": 1, "failed": 0, "skipped": 0}
    assert_sound(site)


def test_as_many_as_allowed_copy_at_once_on_a_controller(site: Site) -> None:
    """Every copy waits for one other to begin: two at once go on, one alone never would."""
    pairs, lock = threading.Barrier(2), threading.Lock()
    copying: set[int] = set()
    most = 0

    def recorder_that_meets(number: int) -> StubRecorder:
        def meet(_offset: int) -> None:
            nonlocal most
            with lock:
                first = number not in copying
                copying.add(number)
                most = max(most, len(copying))
            if first:
                pairs.wait(30)

        return recorder(number, {b"a.mp4": MemorySource(noise(100, number), on_read=meet)})

    def ended(view: SlotView) -> None:
        if view.status.status is Status.SAFE_TO_REMOVE:
            with lock:
                copying.discard(int(view.slot.removeprefix("port ")))

    with site.open() as archive:
        station = Station(archive, names.load(None), 12, 2)
        waiting = [station.dock(recorder_that_meets(number), ORDER, ended) for number in range(12)]
        assert all(each.result().balance.complete() for each in waiting)
        station.stop()
    assert most == 2


def test_copying_makes_way_for_the_rest_of_the_process(site: Site) -> None:
    """In the worker and in every thread it starts, such as those of a large copy."""
    seen: list[int] = []

    def see() -> None:
        seen.append(os.getpriority(os.PRIO_PROCESS, threading.get_native_id()))

    def look(_offset: int) -> None:
        see()
        started = threading.Thread(target=see)
        started.start()
        started.join()

    ours = os.getpriority(os.PRIO_PROCESS, threading.get_native_id())
    with site.open() as archive:
        source = MemorySource(noise(100), on_read=look)
        assert dock(archive, recorder(1, {b"a.mp4": source})).balance.complete()
    assert set(seen) == {min(ours + NICENESS, 19)}
    assert os.getpriority(os.PRIO_PROCESS, threading.get_native_id()) == ours


def test_controllers_do_not_wait_for_each_other(site: Site) -> None:
    """One copy at a time on each, and every copy waits for the one on the other controller."""
    begun = [threading.Event(), threading.Event()]

    def recorder_that_waits(number: int, controller: str) -> StubRecorder:
        def meet(_offset: int) -> None:
            begun[number].set()
            assert begun[1 - number].wait(30)

        source = MemorySource(noise(100, number), on_read=meet)
        return recorder(number, {b"a.mp4": source}, controller)

    cards = [
        recorder_that_waits(0, "pci0000:00/0000:03:00.0"),
        recorder_that_waits(1, "pci0000:00/0000:04:00.0"),
    ]
    views: list[SlotView] = []
    with site.open() as archive:
        station = Station(archive, names.load(None), 2, 1)
        waiting = [station.dock(card, ORDER, views.append) for card in cards]
        assert all(each.result().balance.complete() for each in waiting)
        station.stop()
    assert {view.port for view in views} == {"usb 0000:03:00.0 port 0", "usb 0000:04:00.0 port 1"}


@pytest.mark.parametrize(
    ("error", "status"),
    [
        (StorageError("the disk refuses"), "attention(archive_failed)"),
        (RuntimeError("a bug"), "attention(internal)"),
    ],
    ids=["storage", "bug"],
)
def test_a_docking_whose_end_cannot_be_logged_shows_it(
    site: Site, monkeypatch: pytest.MonkeyPatch, error: Exception, status: str
) -> None:
    views: list[SlotView] = []
    with site.open() as archive:
        real = archive.log.append

        def refuse(act: Act, *rest: object) -> object:
            if act is Act.UNDOCK:
                raise error
            return real(act, *rest)  # type: ignore[arg-type]

        with monkeypatch.context() as patch:
            patch.setattr(archive.log, "append", refuse)
            with pytest.raises(type(error)):
                dock(archive, recorder(1, {}), ORDER, views.append)
    assert str(views[-1].status) == status
    with site.open() as archive:
        assert len(archive.recovered.truncated_dockings) == 1


def test_a_docking_under_way_ends_visibly_when_the_log_refuses(site: Site) -> None:
    """What a further store told is why; the files are still on the recorder."""
    views: list[SlotView] = []
    contents = {b"%d.mp4" % n: MemorySource(noise(1_100_000 + n, n)) for n in range(3)}
    with site.open() as archive:
        size = 0

        def roll_back(_offset: int) -> None:
            nonlocal size
            size = size or archive.log.size
            archive.log.refuse(RolledBack("store nas knows another log"))

        contents[b"1.mp4"].on_read = roll_back
        with pytest.raises(RolledBack, match="store nas"):
            dock(archive, recorder(1, contents), ORDER, views.append)
        with pytest.raises(RolledBack):
            dock(archive, recorder(2, contents), ORDER, views.append)
    for slot in ("port 1", "port 2"):
        last = [view for view in views if view.slot == slot][-1]
        assert (str(last.status), last.detail) == (
            "attention(archive_failed)",
            "store nas knows another log",
        )
    assert len(site.entries()) == size
    contents[b"1.mp4"].on_read = lambda _offset: None
    with site.open() as archive:
        assert archive.recovered.completed == 1
        assert dock(archive, recorder(1, contents)).balance.complete()
    assert_sound(site)


def test_files_taken_before_an_error_count(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    contents = {b"%d.mp4" % n: MemorySource(noise(1_100_000 + n, n)) for n in range(3)}
    with site.open() as archive:
        real, calls = archive.engine.ingest, 0

        def refuse_the_third(*args: object) -> object:
            nonlocal calls
            calls += 1
            if calls == 3:
                raise StorageError("the disk refuses")
            return real(*args)  # type: ignore[arg-type]

        with monkeypatch.context() as patch:
            patch.setattr(archive.engine, "ingest", refuse_the_third)
            ended = dock(archive, recorder(1, contents))
    assert isinstance(ended.error, StorageError)
    assert ended.balance.summary() == {"found": 3, "new": 2, "known": 0, "failed": 1, "skipped": 0}
    [undock] = site.acts("undock")
    assert (undock["new"], undock["failed"], undock["left"]) == (2, 1, ["2.mp4"])
    assert_sound(site)
