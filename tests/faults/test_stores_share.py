"""Shares that are not mounted, hang, go stale, fill up, or are taken away in the middle."""

import ctypes
import errno
import os
import signal
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

import pytest

from archive.errors import StorageError, StoreUnavailable
from archive.stores.conformance import Bytes, sample
from archive.stores.directory import DirectoryStore
from archive.stores.interface import (
    Document,
    FurtherStore,
    Removal,
    RemovalGround,
    StoreFull,
)
from archive.stores.share import register
from archive.streams.buffers import BUFFER_BYTES
from hashing.note import SigningKey
from tests.faults.broken_share import broken, gone, needs_mounts, tmpfs
from tests.stores import ShareSite

SMALL, SMALL_DIGESTS = sample(1, 1000)
LARGE, LARGE_DIGESTS = sample(2, 5 * BUFFER_BYTES + 17)
SHORT_S = 0.5


@pytest.fixture
def share(tmp_path: Path) -> Iterator[ShareSite]:
    with ShareSite(tmp_path / "share", SigningKey.generate_origin("bureau/dock-1")) as site:
        yield site


def calls(store: FurtherStore) -> Iterator[Callable[[], object]]:
    """Every call of a store that touches it."""
    digest = SMALL_DIGESTS.sha256

    def opened() -> None:
        with store.open_object(digest) as found:
            found.read_into(memoryview(bytearray(10)), 0)

    yield store.card
    yield partial(store.put, Bytes(SMALL), SMALL_DIGESTS)
    yield opened
    yield partial(store.stat, digest)
    yield lambda: list(store.list_objects())
    yield partial(store.scrub, digest, ())
    yield partial(store.set_aside, digest)
    yield partial(store.destroy, Removal(digest, RemovalGround.EVICTED))
    yield partial(store.read_document, "log/checkpoint")
    yield partial(store.write_documents, [Document("log/checkpoint", b"x")])
    yield partial(store.remove_documents, ["log/checkpoint"])
    yield store.tidy


def assert_away(store: FurtherStore) -> None:
    for call in calls(store):
        with pytest.raises(StoreUnavailable, match="store nas at "):
            call()


def test_a_share_that_is_not_mounted_is_away_and_stays_empty(share: ShareSite) -> None:
    mounted = share.folder.with_name("elsewhere")
    share.folder.rename(mounted)
    share.folder.mkdir()
    assert_away(share.direct())
    assert_away(share.guarded())
    assert list(share.folder.iterdir()) == []
    share.folder.rmdir()
    assert_away(share.direct())
    mounted.rename(share.folder)
    assert share.direct().put(Bytes(SMALL), SMALL_DIGESTS)


def test_nothing_is_registered_where_there_is_no_folder_or_a_store(share: ShareSite) -> None:
    with pytest.raises(StoreUnavailable):
        register(share.folder / "missing", "nas", share.key)
    for key in (share.key, SigningKey.generate_origin("other/station")):
        with pytest.raises(StorageError, match="already"):
            register(share.folder, "nas", key)
    assert share.direct().card() == share.card


def test_another_store_of_the_same_archive_is_not_taken_for_the_first(share: ShareSite) -> None:
    direct, guarded = share.direct(), share.guarded()
    for store in (direct, guarded):
        assert store.card() == share.card
    share.folder.rename(share.folder.with_name("first"))
    share.folder.mkdir()
    register(share.folder, "nas", share.key)
    assert_away(direct)
    guarded.close()  # new processes know it too
    assert_away(guarded)


@needs_mounts
@pytest.mark.parametrize("code", [errno.ESTALE, errno.EIO, errno.EHOSTDOWN])
def test_a_stale_share_is_away(share: ShareSite, code: int) -> None:
    direct, guarded = share.direct(), share.guarded()
    assert direct.card() == guarded.card() == share.card
    with broken(share.folder, code):
        assert_away(direct)
        assert_away(guarded)
    assert direct.card() == guarded.card() == share.card


@needs_mounts
def test_a_share_whose_server_has_gone_is_away(share: ShareSite) -> None:
    direct, guarded = share.direct(), share.guarded()
    with gone(share.folder):
        assert_away(direct)
        assert_away(guarded)
    assert guarded.card() == share.card


@needs_mounts
def test_a_hanging_share_holds_nobody_longer_than_its_deadline(share: ShareSite) -> None:
    store = share.guarded(SHORT_S)
    assert store.card() == share.card
    with broken(share.folder, None):
        with pytest.raises(StoreUnavailable, match="no answer in time"):
            store.card()
        with pytest.raises(StoreUnavailable, match="failed lately"):  # at once: nothing is tried
            store.card()
        share.clock.now_s += 1
        with pytest.raises(StoreUnavailable, match="no answer in time"):
            store.card()
        share.clock.now_s += 1
        with pytest.raises(StoreUnavailable, match="failed lately"):  # twice as long as before
            store.card()
    share.clock.now_s += 1
    assert store.card() == share.card
    assert store.put(Bytes(SMALL), SMALL_DIGESTS)


@needs_mounts
def test_a_share_mounted_over_another_in_the_middle_of_a_put_gets_nothing(
    share: ShareSite, tmp_path: Path
) -> None:
    class Mounting(Bytes):
        def read_into(self, buffer: memoryview, offset: int) -> int:
            if offset == BUFFER_BYTES:
                disk.__enter__()
            return super().read_into(buffer, offset)

    disk = tmpfs(share.folder, 1 << 20)
    try:
        assert share.direct().put(Mounting(LARGE), LARGE_DIGESTS)
        assert list(share.folder.iterdir()) == []
    finally:
        disk.__exit__(None, None, None)
    assert share.objects() == {LARGE_DIGESTS.sha256.hex: LARGE}


class Interrupting(Bytes):
    """Does something to the store's process when the second buffer is asked for."""

    def __init__(self, number: int) -> None:
        super().__init__(LARGE)
        self._number = number

    def read_into(self, buffer: memoryview, offset: int) -> int:
        if offset == BUFFER_BYTES:
            os.kill(worker_of(os.getpid()), self._number)
        return super().read_into(buffer, offset)


def worker_of(parent: int) -> int:
    """The one store process that is at work."""
    children = Path(f"/proc/{parent}/task").glob("*/children")
    pids = [int(pid) for listed in children for pid in listed.read_text("ascii").split()]
    alive = [p for p in pids if b"archive.stores.worker" in Path(f"/proc/{p}/cmdline").read_bytes()]
    (pid,) = alive
    return pid


@pytest.mark.parametrize("number", [signal.SIGSTOP, signal.SIGKILL])
def test_a_process_that_stops_in_the_middle_of_a_put_leaves_nothing_visible(
    share: ShareSite, number: int
) -> None:
    store = share.guarded(SHORT_S)
    with pytest.raises(StoreUnavailable):
        store.put(Interrupting(number), LARGE_DIGESTS)
    assert share.objects() == {}
    assert len(share.staged()) == 1
    share.clock.now_s += 1
    store = share.guarded()
    assert (store.tidy(), share.staged()) == (1, [])
    assert store.put(Bytes(LARGE), LARGE_DIGESTS)
    assert share.objects() == {LARGE_DIGESTS.sha256.hex: LARGE}


def test_closing_ends_a_call_that_is_under_way(share: ShareSite) -> None:
    class Closing(Bytes):
        def read_into(self, buffer: memoryview, offset: int) -> int:
            if offset:
                store.close()
            return super().read_into(buffer, offset)

    store = share.guarded()
    with pytest.raises(StoreUnavailable):
        store.put(Closing(LARGE), LARGE_DIGESTS)
    assert share.objects() == {}


@needs_mounts
def test_a_full_share_refuses_and_shows_nothing_half_written(tmp_path: Path) -> None:
    key = SigningKey.generate_origin("bureau/dock-1")
    folder = tmp_path / "share"
    folder.mkdir()
    with tmpfs(folder, 2 << 20), ShareSite(folder, key) as share:
        for store in (share.direct(), share.guarded()):
            with pytest.raises(StoreFull, match="store nas at "):
                store.put(Bytes(LARGE), LARGE_DIGESTS)
            with pytest.raises(StoreFull):
                store.write_documents([Document("log/checkpoint", LARGE)])
            assert (share.objects(), share.staged()) == ({}, [])
            assert store.read_document("log/checkpoint") is None
        assert store.put(Bytes(SMALL), SMALL_DIGESTS)


def test_what_cannot_be_read_from_the_source_is_not_the_shares_fault(share: ShareSite) -> None:
    error = StorageError("the landing disk is broken")
    error.__cause__ = OSError(errno.EIO, "Input/output error")
    for store in (share.direct(), share.guarded()):
        with pytest.raises(StorageError) as caught:
            store.put(Bytes(LARGE, error), LARGE_DIGESTS)
        assert caught.value is error
        assert (share.objects(), share.staged()) == ({}, [])


def test_names_are_never_replaced_where_links_and_exclusive_renames_are_unknown(
    share: ShareSite, monkeypatch: pytest.MonkeyPatch
) -> None:
    def unknown(*_: object, **__: object) -> int:
        raise OSError(errno.EOPNOTSUPP, "Operation not supported")

    class OldKernel:
        def renameat2(self, *_: object) -> int:

            ctypes.set_errno(errno.EINVAL)
            return -1

    monkeypatch.setattr("archive.durable._libc", OldKernel())
    for link in (os.link, unknown):
        monkeypatch.setattr(os, "link", link)
        store = DirectoryStore(share.folder, "nas", [share.key.verifier])
        assert store.put(Bytes(SMALL), SMALL_DIGESTS)
        assert not store.put(Bytes(SMALL), SMALL_DIGESTS)
        assert share.objects() == {SMALL_DIGESTS.sha256.hex: SMALL}
        assert share.staged() == []
        store.destroy(Removal(SMALL_DIGESTS.sha256, RemovalGround.EVICTED))
