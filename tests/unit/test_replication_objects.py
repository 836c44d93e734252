"""Objects in further stores: copied, logged, read from there, let go here, and repaired."""

import shutil
import threading
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from archive.archive import Archive
from archive.clock import now_us
from archive.errors import PolicyError, ReadBackMismatch, StorageError, StoreUnavailable
from archive.keys import load_log_key
from archive.replication.evictor import EvictionPolicy, Evictor
from archive.replication.heads import StoredLog
from archive.replication.keeper import AWAY_S, LOOK_S, StoreKeeper
from archive.replication.reader import ObjectReader
from archive.replication.replicator import Replicator, object_digests
from archive.state.database import StateDatabase
from archive.stores.directory import DirectoryStore
from archive.stores.documents import FolderDocuments
from archive.stores.interface import ObjectMissing, Readable, Removal, RemovalGround
from archive.stores.landing import LandingStore
from drivers.folder import FolderRecorder
from hashing.digest import Digest, ObjectDigests
from hashing.entry import Act
from hashing.errors import RolledBack
from hashing.verifier import verify_log
from tests.archives import CARD, Site, assert_sound, dock, lay_card, write_clips
from tests.stores import ShareSite, ingested_site

MINUTE_US = 60_000_000


@pytest.fixture(scope="module")
def pristine(tmp_path_factory: pytest.TempPathFactory) -> Site:
    return ingested_site(tmp_path_factory.mktemp("pristine"))


@dataclass
class Bench:
    """An archive with objects, and a share that is its further store."""

    site: Site
    archive: Archive
    share: ShareSite
    state: StateDatabase
    clock_us: int = field(default_factory=now_us)
    rolled_back: list[RolledBack] = field(default_factory=list)

    @property
    def store(self) -> DirectoryStore:
        return self.share.direct()

    @property
    def objects(self) -> list[str]:
        return [row.sha256 for row in self.archive.catalog.objects()]

    @property
    def kind(self) -> str:
        return f"replicate/{self.share.card.store}"

    def replicator(self, store: DirectoryStore | None = None) -> Replicator:
        reader = ObjectReader([self.archive.landing])
        return Replicator(reader, store or self.store, self.archive.log, self.archive.catalog)

    def keeper(
        self, store: DirectoryStore | None = None, *, copies_at_once: int = 3
    ) -> StoreKeeper:
        return StoreKeeper(
            self.archive,
            store or self.store,
            [],
            self.state,
            [self.share.key.verifier],
            self.rolled_back.append,
            copies_at_once=copies_at_once,
            clock=lambda: self.clock_us,
        )

    def evictor(self, keep_us: int = 0) -> Evictor:
        parts = (self.archive.landing, [self.store], self.archive.log, self.archive.catalog)
        return Evictor(*parts, EvictionPolicy(keep_us))

    def replicated(self) -> list[tuple[str, str, str]]:
        return [
            (entry["object"]["sha256"], entry["store"], entry["operation"])
            for entry in self.site.acts("replicate")
        ]

    def spoil(self, sha256: str) -> None:
        """Change a byte of the share's copy."""
        path = self.share.folder / "objects" / sha256[:2] / sha256
        data = path.read_bytes()
        path.write_bytes(data[:-1] + bytes([data[-1] ^ 1]))


@pytest.fixture
def bench(tmp_path: Path, pristine: Site) -> Iterator[Bench]:
    shutil.copytree(pristine.folder, tmp_path / "site")
    site = Site(tmp_path / "site", pristine.key)
    with ExitStack() as stack:
        archive = stack.enter_context(site.open())
        share = ShareSite(tmp_path / "share", load_log_key(site.keys))
        stack.enter_context(share)
        state = stack.enter_context(StateDatabase.open(tmp_path / "state.sqlite"))
        yield Bench(site, archive, share, state)


def read(reader: ObjectReader, sha256: str) -> bytes:
    with reader.open_object(Digest.sha256(sha256)) as found:
        buffer = bytearray(found.size_bytes + 1)
        return bytes(buffer[: found.read_into(memoryview(buffer), 0)])


def bytes_of(site: Site) -> dict[str, bytes]:
    return {name: path.read_bytes() for name, path in site.objects().items()}


def test_a_copy_is_logged_once_it_was_read_back_and_only_once(bench: Bench) -> None:
    first, *_ = bench.objects
    replicator = bench.replicator()
    assert replicator.copy(first)
    assert bench.share.objects() == {first: bytes_of(bench.site)[first]}
    assert not replicator.copy(first)
    assert bench.replicated() == [(first, bench.share.card.store, "copy")]


def put_unlogged(bench: Bench, sha256: str) -> None:
    """Put a copy into the share as a crash before its entry would leave it."""
    with bench.archive.landing.open_object(Digest.sha256(sha256)) as source:
        bench.store.put(source, object_digests(bench.archive.catalog, sha256))


def test_a_copy_that_was_made_but_not_logged_is_read_and_logged(bench: Bench) -> None:
    first, second = [name for name, data in bytes_of(bench.site).items() if data][:2]
    for sha256 in (first, second):
        put_unlogged(bench, sha256)
    bench.spoil(second)
    assert bench.replicator().copy(first)
    assert bench.replicator().copy(second)
    originals = bytes_of(bench.site)
    assert bench.share.objects() == {name: originals[name] for name in (first, second)}
    store = bench.share.card.store
    assert bench.replicated() == [(first, store, "copy"), (second, store, "copy")]
    assert [entry["alarm"] for entry in bench.site.acts("alarm")] == ["copy_damaged"]


def test_bytes_that_are_not_the_objects_are_never_copied(bench: Bench) -> None:
    first, *_ = bench.objects
    path = bench.site.objects()[first]
    path.write_bytes(path.read_bytes() + b"x")
    with pytest.raises(ReadBackMismatch):
        bench.replicator().copy(first)
    assert (bench.share.objects(), bench.share.staged(), bench.replicated()) == ({}, [], [])


def test_what_the_log_does_not_name_is_not_copied(bench: Bench) -> None:
    with pytest.raises(ObjectMissing):
        bench.replicator().copy("0" * 64)


def test_a_damaged_copy_is_set_aside_said_to_be_gone_and_made_again(bench: Bench) -> None:
    first = next(name for name, data in bytes_of(bench.site).items() if data)
    store = bench.share.card.store
    replicator = bench.replicator()
    replicator.copy(first)
    bench.spoil(first)
    assert not replicator.is_intact(object_digests(bench.archive.catalog, first))
    assert bench.share.objects() == {}
    assert [p.name[:64] for p in (bench.share.folder / "quarantine").iterdir()] == [first]
    assert replicator.copy(first)
    assert bench.share.objects()[first] == bytes_of(bench.site)[first]
    told = [(first, store, operation) for operation in ("copy", "evict", "copy")]
    assert bench.replicated() == told
    (alarm,) = bench.site.acts("alarm")
    assert (alarm["alarm"], alarm["subject"]) == ("copy_damaged", store)
    assert_sound(bench.site)


def test_a_copy_that_is_not_there_any_more_is_said_to_be_gone(bench: Bench) -> None:
    first, *_ = bench.objects
    replicator = bench.replicator()
    replicator.copy(first)
    bench.store.destroy(Removal(Digest.sha256(first), RemovalGround.EVICTED))
    assert not replicator.is_intact(object_digests(bench.archive.catalog, first))
    assert [entry["alarm"] for entry in bench.site.acts("alarm")] == ["copy_missing"]
    assert replicator.copy(first)
    assert [operation for *_, operation in bench.replicated()] == ["copy", "evict", "copy"]


def test_an_object_is_read_from_the_nearest_store_that_has_it(bench: Bench) -> None:
    first, second, *_ = bench.objects
    reader = ObjectReader([bench.archive.landing, bench.store])
    for sha256 in (first, second):
        bench.replicator().copy(sha256)
    originals = bytes_of(bench.site)
    bench.site.objects()[first].unlink()
    (bench.share.folder / "objects" / second[:2] / second).unlink()
    assert {sha256: read(reader, sha256) for sha256 in (first, second)} == {
        sha256: originals[sha256] for sha256 in (first, second)
    }
    with pytest.raises(ObjectMissing):
        read(reader, "0" * 64)
    (bench.share.folder / "store.json").rename(bench.share.folder / "away")
    assert read(reader, second) == originals[second]
    with pytest.raises(StoreUnavailable):
        read(reader, first)


def test_what_goes_wrong_while_an_object_is_read_is_not_another_stores_turn(bench: Bench) -> None:
    reader = ObjectReader([bench.archive.landing, bench.store])
    error = ObjectMissing("something else")
    with (
        pytest.raises(ObjectMissing) as caught,
        reader.open_object(Digest.sha256(bench.objects[0])),
    ):
        raise error
    assert caught.value is error


def test_a_landing_copy_goes_only_when_the_required_copy_is_logged_old_and_intact(
    bench: Bench,
) -> None:
    first, *others = [name for name, data in bytes_of(bench.site).items() if data]
    original = bytes_of(bench.site)[first]
    assert not bench.evictor().evict(first)
    put_unlogged(bench, first)
    assert not bench.evictor().evict(first)
    bench.replicator().copy(first)
    assert list(bench.evictor(MINUTE_US).due(now_us())) == []
    assert list(bench.evictor(MINUTE_US).due(now_us() + MINUTE_US)) == [first]
    assert bench.evictor().evict(first)
    assert set(bench.site.objects()) == set(bench.objects) - {first}
    assert not bench.evictor().evict(first)
    assert bench.replicated()[-1] == (first, "landing", "evict")
    assert read(ObjectReader([bench.archive.landing, bench.store]), first) == original
    assert bench.site.verify().ok
    assert not bench.evictor().evict(others[0])


def test_a_landing_copy_stays_when_the_other_one_is_damaged_missing_or_away(bench: Bench) -> None:
    first, second, third = [name for name, data in bytes_of(bench.site).items() if data][:3]
    for sha256 in (first, second, third):
        bench.replicator().copy(sha256)
    bench.spoil(first)
    bench.store.destroy(Removal(Digest.sha256(second), RemovalGround.EVICTED))
    evictor = bench.evictor()
    assert [evictor.evict(sha256) for sha256 in (first, second)] == [False, False]
    assert list(evictor.due(now_us())) == [third]
    (bench.share.folder / "store.json").rename(bench.share.folder / "away")
    with pytest.raises(StoreUnavailable):
        evictor.evict(third)
    assert set(bench.site.objects()) == set(bench.objects)
    alarms = [entry["alarm"] for entry in bench.site.acts("alarm")]
    assert alarms == ["copy_damaged", "copy_missing"]


def test_a_copy_taken_back_elsewhere_excuses_nobody_from_having_the_object(bench: Bench) -> None:
    first = next(name for name, data in bytes_of(bench.site).items() if data)
    bench.replicator().copy(first)
    bench.spoil(first)
    assert not bench.evictor().evict(first)
    bench.site.objects()[first].unlink()
    assert [finding.code for finding in bench.site.verify().findings] == ["MISSING_FILE"]


def test_an_eviction_that_a_crash_cut_off_is_finished_without_a_second_entry(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    first, *_ = bench.objects
    bench.replicator().copy(first)

    def crash(*_: object) -> bool:
        raise StorageError("cut off")

    with monkeypatch.context() as cut:
        cut.setattr(LandingStore, "destroy", crash)
        with pytest.raises(StorageError, match="cut off"):
            bench.evictor().evict(first)
    assert first in bench.site.objects()
    assert list(bench.evictor().due(now_us())) == [first]
    assert bench.evictor().evict(first)
    assert first not in bench.site.objects()
    assert [operation for *_, operation in bench.replicated()] == ["copy", "evict"]


def test_nothing_is_let_go_without_a_required_store(bench: Bench) -> None:
    archive = bench.archive
    with pytest.raises(PolicyError):
        Evictor(archive.landing, [], archive.log, archive.catalog, EvictionPolicy(0))


def assert_kept(bench: Bench) -> None:
    """The share has every object and the whole log; a second look finds nothing to do."""
    assert bench.share.objects() == bytes_of(bench.site)
    mirror = StoredLog(FolderDocuments(bench.share.folder))
    verdict = verify_log(mirror, bench.share.key.verifier)
    assert (verdict.ok, verdict.origin_proven) == (True, True)
    assert mirror.checkpoint() == (bench.site.root / "log" / "checkpoint").read_bytes()
    assert bench.state.pending() == {}


def test_a_keeper_brings_a_store_up_to_date_and_keeps_it_so(bench: Bench, tmp_path: Path) -> None:
    keeper = bench.keeper()
    assert (keeper.step(), keeper.trouble) == (LOOK_S, None)
    assert_kept(bench)
    size = len(bench.site.entries())
    assert keeper.step() == LOOK_S
    assert len(bench.site.entries()) == size
    cards = tmp_path / "cards"
    lay_card(cards, clips=write_clips(tmp_path / "clips", (3000, 4000)))
    dock(bench.archive, FolderRecorder(str(cards / CARD.name)))
    assert keeper.step() == LOOK_S
    assert_kept(bench)
    assert len(bench.replicated()) == len(bench.site.objects())
    assert_sound(bench.site)


def test_a_keeper_that_begins_anew_knows_what_is_left_to_do(bench: Bench) -> None:
    first, *_ = bench.objects
    bench.replicator().copy(first)
    bench.keeper().step()
    bench.keeper().step()
    assert_kept(bench)
    assert len(bench.replicated()) == len(bench.site.objects())


def test_a_keeper_repairs_a_copy_that_was_found_damaged(bench: Bench) -> None:
    keeper = bench.keeper()
    keeper.step()
    first = next(name for name, data in bytes_of(bench.site).items() if data)
    bench.spoil(first)
    assert not bench.evictor().evict(first)
    keeper.step()
    assert_kept(bench)
    bench.spoil(first)
    assert not bench.evictor().evict(first)
    bench.keeper().step()
    assert_kept(bench)


def test_a_keeper_leaves_a_store_that_is_away_alone_and_finds_it_again(bench: Bench) -> None:
    keeper = bench.keeper()
    (bench.share.folder / "store.json").rename(bench.share.folder / "away")
    assert keeper.step() == AWAY_S
    assert keeper.trouble is not None
    assert "is the share mounted" in keeper.trouble
    assert bench.state.pending() == {}
    (bench.share.folder / "away").rename(bench.share.folder / "store.json")
    assert keeper.step() == LOOK_S
    assert_kept(bench)


def test_a_store_that_goes_away_in_the_middle_costs_one_try(bench: Bench) -> None:
    class Leaving(DirectoryStore):
        def put(self, staged: Readable, digests: ObjectDigests) -> bool:
            if bench.share.objects():
                raise StoreUnavailable("gone")
            return super().put(staged, digests)

    leaving = Leaving(bench.share.folder, "nas", [bench.share.key.verifier])
    assert bench.keeper(leaving, copies_at_once=1).step() == AWAY_S
    assert bench.state.pending()[bench.kind].failing == 1
    assert len(bench.share.objects()) == 1
    bench.clock_us += MINUTE_US
    assert bench.keeper().step() == LOOK_S
    assert_kept(bench)


def test_an_object_that_cannot_be_copied_holds_up_no_other_and_is_tried_later(
    bench: Bench,
) -> None:
    first = next(name for name, data in bytes_of(bench.site).items() if data)
    path = bench.site.objects()[first]
    original = path.read_bytes()
    path.write_bytes(original[:-1] + b"?")
    keeper = bench.keeper()
    assert keeper.step() == LOOK_S
    assert bench.share.objects().keys() == bench.site.objects().keys() - {first}
    waits = []
    for _ in range(12):
        pending = bench.state.pending()[bench.kind]
        assert (pending.jobs, pending.failing) == (1, 1)
        waits.append(pending.next_due_us - bench.clock_us)
        bench.clock_us = pending.next_due_us
        keeper.step()
    assert waits[:3] == [MINUTE_US, 2 * MINUTE_US, 4 * MINUTE_US]
    assert waits[-1] == 6 * 60 * MINUTE_US
    path.write_bytes(original)
    bench.clock_us += 6 * 60 * MINUTE_US
    keeper.step()
    assert_kept(bench)


def test_a_keeper_that_meets_a_longer_log_says_so_and_stops(bench: Bench) -> None:
    bench.keeper().step()
    folder = bench.site.folder
    shutil.copytree(folder / "archive" / "log", folder / "earlier")
    for number in range(3):
        body = {"alarm": "test", "subject": "station", "detail": str(number)}
        bench.archive.log.append(Act.ALARM, body, "tester")
    bench.keeper().step()
    shutil.rmtree(folder / "archive" / "log")
    (folder / "earlier").rename(folder / "archive" / "log")
    keeper = bench.keeper()
    keeper.start()
    keeper.join()
    (error,) = bench.rolled_back
    assert error.exit_code == 33
    assert keeper.trouble == error.detail


def test_a_keeper_in_a_thread_is_woken_and_stopped(bench: Bench) -> None:
    keeper = bench.keeper()
    looked = threading.Event()
    step = keeper.step

    def counted() -> float:
        pause_s = step()
        looked.set()
        return pause_s

    keeper.step = counted  # type: ignore[method-assign]
    keeper.start()
    try:
        assert looked.wait(60)
        looked.clear()
        body = {"alarm": "test", "subject": "station", "detail": "x"}
        bench.archive.log.append(Act.ALARM, body, "tester")
        keeper.wake()
        assert looked.wait(60)
    finally:
        keeper.stop()
    assert_kept(bench)
