"""What a restart makes of an intent, by what it finds of the bytes."""

import hashlib
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from archive.archive import Archive
from archive.errors import StorageError
from archive.ingest import engine
from evidence_daemon.station.docking import DockingRun
from tests.archives import MEBIBYTE, Site, assert_sound, dock, new_site
from tests.engine_sources import MemorySource, noise
from tests.stub_recorder import StubRecorder

DATA = noise(5 * MEBIBYTE)
DIGEST = hashlib.sha256(DATA).hexdigest()
TWICE = StubRecorder({b"a.mp4": MemorySource(DATA), b"aIMP.mp4": MemorySource(DATA)})
"""The same bytes under two names."""


@pytest.fixture
def site(tmp_path: Path) -> Site:
    return new_site(tmp_path / "site")


@contextmanager
def interrupted(
    site: Site, monkeypatch: pytest.MonkeyPatch, before: str
) -> Iterator[tuple[Archive, Path]]:
    """An archive in which a group was interrupted before a step; the object's path."""

    def refuse(*_: object) -> None:
        raise StorageError("interrupted")

    with site.open() as archive:
        with monkeypatch.context() as patch:
            patch.setattr(engine.Engine, before, refuse)
            dock(archive, TWICE)
        assert len([name for name in site.staging() if name.endswith(".json")]) == 1
        yield archive, archive.layout.objects / DIGEST[:2] / DIGEST


def recovered(site: Site) -> list[str]:
    """Open the archive, and tell what it promised and wrote now."""
    with site.open() as archive:
        assert archive.recovered.anything()
    assert_sound(site)
    assert site.staging() == []
    [recover] = site.acts("recover")
    assert recover["completed"] == len(
        [e for e in site.acts("ingest", "sighting") if e.get("recovered")]
    )
    return [e["act"] for e in site.acts("ingest", "sighting") if e.get("recovered")]


def test_an_intent_whose_bytes_are_staged_is_carried_out(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    with interrupted(site, monkeypatch, "_install"):
        pass
    assert recovered(site) == ["ingest"]
    assert site.objects()[DIGEST].read_bytes() == DATA


def without_objects(site: Site, path: Path) -> None:
    path.unlink(missing_ok=True)
    for name in site.staging():
        if not name.endswith(".json"):
            (site.root / "staging" / name).unlink()


def with_damaged_bytes(site: Site, path: Path) -> None:
    """The staged file and the object are one file: a damage is in both."""
    for name in site.staging():
        if not name.endswith(".json"):
            with (site.root / "staging" / name).open("r+b") as file:
                file.write(b"damaged")


LOST: dict[str, Callable[[Site, Path], None]] = {
    "gone": without_objects,
    "damaged": with_damaged_bytes,
}


@pytest.mark.parametrize("lose", LOST.values(), ids=LOST)
@pytest.mark.parametrize("before", ["_install", "_carry_out"])
def test_an_intent_whose_bytes_are_lost_is_discarded_and_the_card_brings_them(
    site: Site, monkeypatch: pytest.MonkeyPatch, before: str, lose: Callable[[Site, Path], None]
) -> None:
    with interrupted(site, monkeypatch, before) as (_, path):
        pass
    lose(site, path)
    assert recovered(site) == []
    [recover] = site.acts("recover")
    assert recover["discarded"] == 1
    assert site.objects() == {}
    with site.open() as archive:
        ended = dock(archive, TWICE)
    assert ended.balance.summary() == {"found": 2, "new": 1, "known": 1, "failed": 0, "skipped": 0}
    assert_sound(site)


def test_an_installed_object_that_is_damaged_is_set_aside_and_taken_from_staging(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    with interrupted(site, monkeypatch, "_install") as (_, path):
        pass
    path.write_bytes(DATA[:-1] + b"!")
    assert recovered(site) == ["ingest"]
    assert site.objects()[DIGEST].read_bytes() == DATA
    [told] = site.acts("quarantine")
    assert told["kept_as"] in os.listdir(site.root / "quarantine")


def test_what_another_docking_has_logged_since_becomes_a_sighting(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    with interrupted(site, monkeypatch, "_install") as (archive, _):
        ended = dock(archive, TWICE)
        assert ended.balance.summary()["new"] == 1
    assert recovered(site) == ["sighting"]
    [sighting] = [e for e in site.acts("sighting") if e.get("recovered")]
    assert (sighting["proof"], sighting["new_recording"]) == ("content", False)
    assert len(site.acts("ingest")) == 1


def test_a_docking_that_was_cut_off_is_named_once(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    def die(*_: object) -> None:
        raise KeyboardInterrupt

    with site.open() as archive, monkeypatch.context() as patch:
        patch.setattr(DockingRun, "_end", die)
        with pytest.raises(KeyboardInterrupt):
            dock(archive, TWICE)
    [docking] = [entry["docking"] for entry in site.acts("dock")]
    for _ in range(2):
        with site.open():
            pass
    [recover] = site.acts("recover")
    assert recover["truncated_dockings"] == [docking]
    assert (recover["completed"], recover["discarded"], recover["quarantined"]) == (0, 0, 0)


def test_what_nobody_can_go_on_from_is_swept(site: Site) -> None:
    staging = site.root / "staging"
    for name in ("x.part", "x.holed", "x.put", "x", ".x.json.new"):
        (staging / name).write_bytes(b"x" * 100)
    with site.open() as archive:
        assert not archive.recovered.anything()
    assert site.staging() == []


def test_a_prefix_of_another_boot_is_swept(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    gone = StubRecorder({b"a.mp4": MemorySource(DATA, vanish_after=4 * MEBIBYTE)})
    with site.open() as archive:
        dock(archive, gone)
    assert len(site.staging()) == 1
    with site.open():
        assert len(site.staging()) == 1
    monkeypatch.setattr("archive.ingest.stage.boot_id", lambda: "0" * 32)
    with site.open():
        assert site.staging() == []
