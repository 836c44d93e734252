"""Groups of entries on disk: the files are those of the definition, whatever went before."""

import errno
import os
from collections.abc import Callable
from pathlib import Path

import pytest

from archive.errors import NotAnArchive, StorageError
from archive.log import store as log_store
from archive.log.reader import LogFiles
from archive.log.store import LogHeadMismatch, LogStore
from hashing.errors import IntegrityError
from hashing.note import SigningKey
from tests.engine_logs import tree
from tests.logbook import Logbook, bundle, log_files

BOOK = Logbook().fill(800)
OTHERS = [*BOOK.entries[:43], BOOK.entries[50]]


def assert_as_defined(directory: Path, size: int) -> None:
    """The folder holds the files that a log of ``size`` has by its definition, and no others."""
    stored = tree(directory)
    assert LogFiles(directory).head().size == size
    assert stored.pop("checkpoint")
    assert stored == log_files(BOOK.entries[:size])


def grown(directory: Path, *sizes: int) -> LogStore:
    """A log that was committed at these sizes."""
    store = LogStore(directory, BOOK.key)
    for size in sizes:
        store.append(BOOK.entries[store.size : size])
    return store


@pytest.mark.parametrize("size", [1, 255, 256, 257, 511, 512, 513])
def test_a_log_is_continued_where_it_ends(tmp_path: Path, size: int) -> None:
    grown(tmp_path, size)
    store = LogStore.open(tmp_path, BOOK.key)
    assert (store.size, store.origin) == (size, BOOK.key.name)
    store.append(BOOK.entries[size : size + 260])
    assert_as_defined(tmp_path, size + 260)


REFUSALS: dict[str, tuple[str, bool]] = {
    "the_bundles": ("replace_group", False),
    "all_but_the_checkpoint": ("replace_group", True),
    "the_checkpoint": ("replace_atomically", False),
    "only_the_last_sync": ("replace_atomically", True),
}


def fail_in(monkeypatch: pytest.MonkeyPatch, call: str, *, done: bool) -> None:
    """Let a step of a commit fail, before or after it is done."""
    real = getattr(log_store, call)

    def fail(*args: object) -> None:
        if done:
            real(*args)
        raise StorageError("injected")

    monkeypatch.setattr(log_store, call, fail)


@pytest.mark.parametrize(("call", "done"), REFUSALS.values(), ids=REFUSALS)
def test_a_reload_tells_what_a_failed_group_left(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, call: str, done: bool
) -> None:
    store = grown(tmp_path, 250)
    with monkeypatch.context() as patch:
        fail_in(patch, call, done=done)
        with pytest.raises(StorageError):
            store.append(BOOK.entries[250:270])
    store.reload()
    assert store.size == (270 if (call, done) == ("replace_atomically", True) else 250)
    store.append(BOOK.entries[store.size : 600])
    assert LogStore.open(tmp_path, BOOK.key).root == grown(tmp_path / "other", 600).root


@pytest.mark.parametrize("size", [1, 3, 250, 256, 300, 512])
@pytest.mark.parametrize("more", [1, 5, 300])
def test_what_an_interrupted_commit_left_goes_at_the_next_opening(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, size: int, more: int
) -> None:
    store = grown(tmp_path, size)
    with monkeypatch.context() as patch:
        fail_in(patch, "replace_atomically", done=False)
        with pytest.raises(StorageError):
            store.append(BOOK.entries[size + 1 : size + 1 + more])
    again = LogStore.open(tmp_path, BOOK.key)
    edge = set(log_files(BOOK.entries[: (size // 256 + 1) * 256]))
    stored = set(tree(tmp_path)) - {"checkpoint"}
    assert stored & edge == set(log_files(BOOK.entries[:size])) & edge
    again.append(BOOK.entries[size:600])
    assert log_files(BOOK.entries[:600]).items() <= tree(tmp_path).items()


def test_files_nobody_needs_may_refuse_to_go(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = grown(tmp_path, 100)

    def refuse(path: object, *_: object) -> None:
        raise OSError(errno.EIO, os.strerror(errno.EIO), path)

    with monkeypatch.context() as patch:
        patch.setattr(os, "unlink", refuse)
        store.append(BOOK.entries[100:200])
    assert LogFiles(tmp_path).head().size == 200
    assert LogStore.open(tmp_path, BOOK.key).size == 200
    assert_as_defined(tmp_path, 200)


def damage_tile(directory: Path) -> None:
    path = directory / "tile/0/000.p/44"
    path.write_bytes(path.read_bytes()[:-1] + b"!")


def write(name: str, data: bytes) -> Callable[[Path], None]:
    def damage(directory: Path) -> None:
        (directory / name).write_bytes(data)

    return damage


DAMAGES: dict[str, tuple[Callable[[Path], None], type[Exception]]] = {
    "no_checkpoint": (lambda log: (log / "checkpoint").unlink(), NotAnArchive),
    "checkpoint_is_garbage": (write("checkpoint", b"\xff"), IntegrityError),
    "tile_missing": (lambda log: (log / "tile/0/000.p/44").unlink(), NotAnArchive),
    "tile_changed": (damage_tile, LogHeadMismatch),
    "tile_cut_short": (write("tile/0/000.p/44", bytes(44 * 32 - 1)), IntegrityError),
    "bundle_missing": (lambda log: (log / "tile/entries/000.p/44").unlink(), NotAnArchive),
    "bundle_is_garbage": (write("tile/entries/000.p/44", b"!"), IntegrityError),
    "bundle_is_empty": (write("tile/entries/000.p/44", b""), LogHeadMismatch),
    "bundle_is_another": (write("tile/entries/000.p/44", bundle(OTHERS)), LogHeadMismatch),
}


@pytest.mark.parametrize(("damage", "kind"), DAMAGES.values(), ids=DAMAGES)
def test_a_damaged_edge_is_not_continued(
    tmp_path: Path, damage: Callable[[Path], None], kind: type[Exception]
) -> None:
    grown(tmp_path, 44)
    damage(tmp_path)
    with pytest.raises(kind):
        LogStore.open(tmp_path, BOOK.key)


def test_another_key_does_not_continue_a_log(tmp_path: Path) -> None:
    grown(tmp_path, 44)
    with pytest.raises(IntegrityError):
        LogStore.open(tmp_path, SigningKey.generate(BOOK.key.name))
