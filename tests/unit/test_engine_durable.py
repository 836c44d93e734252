"""The durability module keeps what its function names promise, and says so when it cannot."""

import ctypes
import errno
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from archive import durable
from archive.errors import DiskFull, StorageError


def open_descriptors() -> int:
    return len(os.listdir("/proc/self/fd"))


def refuse(monkeypatch: pytest.MonkeyPatch, call: str, code: int) -> None:
    """Let a call of the operating system fail."""

    def refused(*_args: object, **_kwargs: object) -> None:
        raise OSError(code, os.strerror(code))

    monkeypatch.setattr(os, call, refused)


WRITERS: dict[str, Callable[[Path], None]] = {
    "create_exclusive": lambda path: durable.create_exclusive(path, b"new"),
    "replace_atomically": lambda path: durable.replace_atomically(path, b"new"),
    "replace_group": lambda path: durable.replace_group([(path, b"new")]),
}


@pytest.mark.parametrize("write", WRITERS.values(), ids=WRITERS)
def test_what_is_written_is_there(tmp_path: Path, write: Callable[[Path], None]) -> None:
    write(tmp_path / "file")
    assert (tmp_path / "file").read_bytes() == b"new"
    assert os.listdir(tmp_path) == ["file"]
    assert (tmp_path / "file").stat().st_mode & 0o007 == 0


@pytest.mark.parametrize("write", WRITERS.values(), ids=WRITERS)
@pytest.mark.parametrize("call", ["open", "write", "fsync"])
@pytest.mark.parametrize(
    ("code", "kind"),
    [(errno.EIO, StorageError), (errno.ENOSPC, DiskFull), (errno.EDQUOT, DiskFull)],
    ids=["EIO", "ENOSPC", "EDQUOT"],
)
def test_a_refusal_is_typed_and_leaves_no_descriptor_open(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    write: Callable[[Path], None],
    call: str,
    code: int,
    kind: type[StorageError],
) -> None:
    before = open_descriptors()
    with monkeypatch.context() as patch:
        refuse(patch, call, code)
        with pytest.raises(StorageError) as raised:
            write(tmp_path / "file")
    assert type(raised.value) is kind
    assert str(tmp_path / "file") in raised.value.detail
    assert open_descriptors() == before


def test_a_short_write_is_continued(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    real = os.write
    with monkeypatch.context() as patch:
        patch.setattr(os, "write", lambda descriptor, data: real(descriptor, data[:3]))
        durable.create_exclusive(tmp_path / "file", b"0123456789")
    assert (tmp_path / "file").read_bytes() == b"0123456789"


def test_an_existing_name_is_not_created_again(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"old")
    with pytest.raises(StorageError):
        durable.create_exclusive(tmp_path / "file", b"new")
    assert (tmp_path / "file").read_bytes() == b"old"


@pytest.mark.parametrize("call", ["write", "fsync"])
@pytest.mark.parametrize("name", ["create_exclusive", "replace_group"])
def test_what_is_cut_short_does_not_stay(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, call: str
) -> None:
    with monkeypatch.context() as patch:
        refuse(patch, call, errno.ENOSPC)
        with pytest.raises(DiskFull):
            WRITERS[name](tmp_path / "file")
    assert os.listdir(tmp_path) == []


@pytest.mark.parametrize("call", ["write", "fsync", "replace"])
@pytest.mark.parametrize("name", ["replace_atomically", "replace_group"])
def test_a_replacement_that_fails_leaves_the_old(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, call: str
) -> None:
    (tmp_path / "file").write_bytes(b"old")
    with monkeypatch.context() as patch:
        refuse(patch, call, errno.EIO)
        with pytest.raises(StorageError):
            WRITERS[name](tmp_path / "file")
    assert (tmp_path / "file").read_bytes() == b"old"


def test_a_planted_link_is_not_followed(tmp_path: Path) -> None:
    (tmp_path / "victim").write_bytes(b"victim")
    (tmp_path / ".file.new").symlink_to(tmp_path / "victim")
    with pytest.raises(StorageError):
        durable.replace_atomically(tmp_path / "file", b"new")
    assert (tmp_path / "victim").read_bytes() == b"victim"


def test_folders_are_made_to_any_depth_and_only_once(tmp_path: Path) -> None:
    deep = tmp_path / "a" / "b" / "c"
    for _ in range(2):
        durable.make_directory(deep)
        durable.make_directories([deep / "1", deep / "2"])
    assert sorted(os.listdir(deep)) == ["1", "2"]


def test_a_folder_that_cannot_be_made(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(StorageError):
        durable.make_directory(tmp_path / "file" / "folder")
    with pytest.raises(StorageError):
        durable.make_directories([tmp_path / "absent" / "folder"])


INSTALLERS = {"link": durable.link_exclusive, "move": durable.move_exclusive}


@pytest.mark.parametrize("install", INSTALLERS.values(), ids=INSTALLERS)
def test_a_name_is_given_once(tmp_path: Path, install: Callable[[Path, Path], bool]) -> None:
    for content in (b"first", b"second"):
        (tmp_path / content.decode()).write_bytes(content)
    assert install(tmp_path / "first", tmp_path / "final")
    assert not install(tmp_path / "second", tmp_path / "final")
    assert (tmp_path / "final").read_bytes() == b"first"
    assert (tmp_path / "second").exists()


@pytest.mark.parametrize("install", INSTALLERS.values(), ids=INSTALLERS)
def test_a_name_that_cannot_be_given(tmp_path: Path, install: Callable[[Path, Path], bool]) -> None:
    with pytest.raises(StorageError):
        install(tmp_path / "absent", tmp_path / "final")


class OldLibrary:
    """A C library on a file system that knows no exclusive rename."""

    def renameat2(self, *_: object) -> int:
        ctypes.set_errno(errno.EINVAL)
        return -1

    def __getattr__(self, name: str) -> Any:
        return getattr(ctypes.CDLL(None, use_errno=True), name)


@pytest.mark.parametrize("links", [True, False])
def test_a_move_without_an_exclusive_rename(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, links: bool
) -> None:
    monkeypatch.setattr(durable, "_libc", OldLibrary())
    if not links:
        refuse(monkeypatch, "link", errno.EPERM)
    for name in ("first", "second"):
        (tmp_path / name).write_text(name)
    assert durable.move_exclusive(tmp_path / "first", tmp_path / "final")
    assert not durable.move_exclusive(tmp_path / "second", tmp_path / "final")
    assert (tmp_path / "final").read_text() == "first"
    assert sorted(os.listdir(tmp_path)) == ["final", "second"]


def test_a_failed_sync_of_a_file_system_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Failing(OldLibrary):
        def syncfs(self, _: int) -> int:
            ctypes.set_errno(errno.EIO)
            return -1

    durable.sync_file_system(tmp_path)
    monkeypatch.setattr(durable, "_libc", Failing())
    before = open_descriptors()
    with pytest.raises(StorageError, match="Input/output error"):
        durable.sync_file_system(tmp_path)
    assert open_descriptors() == before


def test_what_is_gone_already_is_removed(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"")
    for _ in range(2):
        durable.remove(tmp_path / "file")
    with pytest.raises(StorageError):
        durable.remove(tmp_path)


@pytest.mark.parametrize("sync", [durable.fsync_file, durable.fsync_directory])
def test_what_is_not_there_cannot_be_synced(tmp_path: Path, sync: Callable[[Path], None]) -> None:
    with pytest.raises(StorageError):
        sync(tmp_path / "absent")
