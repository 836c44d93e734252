import errno
import hashlib
import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from evidence_daemon.cli.copying_out import CopyNotWritten, copy_target
from hashing.errors import DigestMismatch

CONTENT = b"footage" * 1000
SHA256 = hashlib.sha256(CONTENT).hexdigest()


def _copy(path: Path, chunks: list[bytes], sha256: str = SHA256) -> list[int]:
    told: list[int] = []
    with copy_target(path) as target:
        target.take(chunks, sha256, told.append)
    return told


def test_a_copy_gets_its_name_when_it_is_whole(tmp_path: Path) -> None:
    path = tmp_path / "copy.mp4"
    assert _copy(path, [CONTENT[:9], CONTENT[9:]]) == [9, len(CONTENT)]
    assert path.read_bytes() == CONTENT
    assert os.listdir(tmp_path) == ["copy.mp4"]


def test_other_bytes_leave_nothing(tmp_path: Path) -> None:
    with pytest.raises(DigestMismatch):
        _copy(tmp_path / "copy.mp4", [CONTENT[:-1]])
    assert os.listdir(tmp_path) == []


def test_a_stream_that_breaks_leaves_nothing(tmp_path: Path) -> None:
    def broken() -> Iterator[bytes]:
        yield CONTENT[:9]
        raise ConnectionError("gone")

    with copy_target(tmp_path / "copy.mp4") as target, pytest.raises(CopyNotWritten):
        target.take(broken(), SHA256, lambda _: None)
    assert os.listdir(tmp_path) == []


def _disturbed(path: Path) -> Iterator[bytes]:
    """The bytes, while another program makes the file."""
    path.write_text("precious")
    yield CONTENT


def test_a_name_that_is_taken_meanwhile_is_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "copy.mp4"
    with copy_target(path) as target, pytest.raises(CopyNotWritten):
        target.take(_disturbed(path), SHA256, lambda _: None)
    assert path.read_text() == "precious"
    assert os.listdir(tmp_path) == ["copy.mp4"]


def test_a_link_to_nowhere_is_a_name_too(tmp_path: Path) -> None:
    path = tmp_path / "copy.mp4"
    path.symlink_to("nowhere")
    with pytest.raises(CopyNotWritten), copy_target(path):
        pass


@pytest.mark.parametrize("taken", [False, True])
def test_a_medium_without_hard_links(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, taken: bool
) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise OSError(errno.EPERM, os.strerror(errno.EPERM))

    monkeypatch.setattr(os, "link", refuse)
    path = tmp_path / "copy.mp4"
    if not taken:
        _copy(path, [CONTENT])
        assert path.read_bytes() == CONTENT
        return
    with copy_target(path) as target, pytest.raises(CopyNotWritten):
        target.take(_disturbed(path), SHA256, lambda _: None)
    assert path.read_text() == "precious"


def test_a_long_name_still_has_a_temporary_one(tmp_path: Path) -> None:
    path = tmp_path / ("录" * 83)
    _copy(path, [CONTENT])
    assert path.read_bytes() == CONTENT
