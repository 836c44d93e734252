"""Buffers, pipelines, staged files and read-backs: nothing is lost, nobody waits for ever."""

import errno
import hashlib
import os
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from archive.errors import DiskFull, ReadBackMismatch, StorageError
from archive.streams.buffers import ALIGNMENT_BYTES, BUFFER_BYTES, BufferPool
from archive.streams.compare import FollowingReadBack
from archive.streams.pipeline import Pipeline
from archive.streams.readback import prove, read_back
from archive.streams.staged import HOLED, PARTIAL, StagedFile
from hashing.digest import MultiDigest
from tests.engine_sources import noise


def all_back(pool: BufferPool, buffers: int) -> bool:
    """Whether a pool of so many buffers can give them all at once."""
    taken = [pool.acquire_spare() for _ in range(buffers)]
    for buffer in filter(None, taken):
        pool.release(buffer)
    return None not in taken


def pool_of(buffers: int) -> BufferPool:
    return BufferPool(buffers * BUFFER_BYTES)


def test_buffers_are_aligned_and_bounded() -> None:
    pool = pool_of(3)
    taken = [pool.acquire() for _ in range(3)]
    assert pool.acquire_spare() is None
    assert {len(buffer) for buffer in taken} == {BUFFER_BYTES}
    waiting = threading.Thread(target=lambda: pool.release(pool.acquire()))
    waiting.start()
    for buffer in taken:
        pool.release(buffer)
    waiting.join()
    assert all_back(pool, 3)
    assert pool_of(0).acquire_spare() is not None, "two buffers are always allowed"


def test_a_borrowed_buffer_comes_back_after_an_error() -> None:
    pool = pool_of(2)
    for _ in range(5):
        with pytest.raises(RuntimeError), pool.borrowed():
            raise RuntimeError
    assert all_back(pool, 2)


def feed(pool: BufferPool, pipeline: Pipeline, buffers: int) -> None:
    """Pass numbered buffers on."""
    for number in range(buffers):
        buffer = pool.acquire()
        buffer[0] = number
        pipeline.pass_on(buffer, number + 1, number * BUFFER_BYTES)


def test_every_stage_sees_every_buffer_in_order() -> None:
    pool = pool_of(2)
    seen: list[list[tuple[int, int, int]]] = [[], [], []]

    def stage(number: int) -> Callable[[memoryview, int, int], None]:
        return lambda buffer, length, offset: seen[number].append((buffer[0], length, offset))

    pipeline = Pipeline(pool, [[stage(0), stage(1)], [stage(2)]])
    feed(pool, pipeline, 50)
    pipeline.drain()
    assert seen[0] == seen[1] == seen[2]
    assert seen[0] == [(n, n + 1, n * BUFFER_BYTES) for n in range(50)]
    assert all_back(pool, 2)


@pytest.mark.parametrize("where", range(3))
def test_a_stage_that_fails_is_heard_and_stops_nobody_else(where: int) -> None:
    pool = pool_of(2)
    calls = [0, 0, 0]

    def stage(number: int) -> Callable[[memoryview, int, int], None]:
        def work(_buffer: memoryview, _length: int, offset: int) -> None:
            calls[number] += 1
            if number == where and offset == 3 * BUFFER_BYTES:
                raise StorageError("injected")

        return work

    pipeline = Pipeline(pool, [[stage(0), stage(1)], [stage(2)]])
    with pytest.raises(StorageError, match="injected"):
        feed(pool, pipeline, 50)
    with pytest.raises(StorageError, match="injected"):
        pipeline.drain()
    assert calls[where] == 4
    assert all_back(pool, 2)


def test_a_failure_with_the_last_buffer_is_heard_by_drain() -> None:
    pool = pool_of(2)

    def fail(*_: object) -> None:
        raise StorageError("injected")

    pipeline = Pipeline(pool, [[fail]])
    feed(pool, pipeline, 1)
    with pytest.raises(StorageError):
        pipeline.drain()
    assert all_back(pool, 2)


def test_many_pipelines_share_a_small_pool() -> None:
    pool = pool_of(2)
    data = [noise(1000, seed) for seed in range(12)]

    def copy(number: int) -> str:
        digest = hashlib.sha256()
        pipeline = Pipeline(pool, [[lambda buffer, length, _: digest.update(buffer[:length])]])
        for _ in range(20):
            buffer = pool.acquire()
            buffer[:1000] = data[number]
            pipeline.pass_on(buffer, 1000, 0)
        pipeline.drain()
        return digest.hexdigest()

    with ThreadPoolExecutor(12) as threads:
        made = list(threads.map(copy, range(12)))
    assert made == [hashlib.sha256(each * 20).hexdigest() for each in data]
    assert all_back(pool, 2)


def stage_bytes(path: Path, data: bytes, *, direct: bool = True) -> None:
    """Stage bytes as a copy does, whole."""
    pool = pool_of(2)
    with StagedFile(path, direct=direct) as file, pool.borrowed() as buffer:
        for offset in range(0, len(data), BUFFER_BYTES):
            piece = data[offset : offset + BUFFER_BYTES]
            buffer[: len(piece)] = piece
            file.write(buffer, len(piece), offset)
        file.finish(sync=True)
        file.keep()


SIZES = [0, 1, ALIGNMENT_BYTES - 1, ALIGNMENT_BYTES, BUFFER_BYTES, 2 * BUFFER_BYTES + 17]


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("direct", [True, False])
def test_staged_bytes_are_exact_and_read_back(tmp_path: Path, size: int, direct: bool) -> None:
    path, data = tmp_path / "x.part", noise(size)
    stage_bytes(path, data, direct=direct)
    assert path.read_bytes() == data
    digest = MultiDigest()
    digest.update(data)
    pool = pool_of(2)
    assert read_back(path, pool).hex == hashlib.sha256(data).hexdigest()
    prove(path, digest.finish(), pool)
    if size:
        with path.open("r+b") as file:
            file.seek(size - 1)
            file.write(bytes([data[-1] ^ 1]))
        with pytest.raises(ReadBackMismatch):
            prove(path, digest.finish(), pool)
    assert all_back(pool, 2)


def test_a_staged_file_goes_unless_it_is_kept(tmp_path: Path) -> None:
    with StagedFile(tmp_path / "x.part", direct=True):
        pass
    with pytest.raises(StorageError), StagedFile(tmp_path / "x.part", direct=False):
        raise StorageError("injected")
    assert os.listdir(tmp_path) == []


def test_only_whole_buffers_are_kept_as_a_prefix(tmp_path: Path) -> None:
    pool = pool_of(2)
    with StagedFile(tmp_path / "x.part", direct=True) as file, pool.borrowed() as buffer:
        for number in range(3):
            file.write(buffer, BUFFER_BYTES if number < 2 else 100, number * BUFFER_BYTES)
        file.keep_prefix()
    assert (tmp_path / "x.part").stat().st_size == 2 * BUFFER_BYTES
    with StagedFile(tmp_path / "x.part", direct=True) as file:
        assert file.resumable_bytes() == 2 * BUFFER_BYTES
        file.mark_holed()
        assert file.path.suffix == HOLED
        file.keep_prefix()
    assert os.listdir(tmp_path) == [], "what has holes is not gone on from"


def test_a_copy_that_was_killed_says_how_far_it_is_certain(tmp_path: Path) -> None:
    pool = pool_of(2)
    file = StagedFile(tmp_path / "x.part", direct=True)
    with pool.borrowed() as buffer:
        for number in range(20):
            file.write(buffer, BUFFER_BYTES, number * BUFFER_BYTES)
    file.close()
    again = StagedFile(tmp_path / "x.part", direct=True)
    certain = again.resumable_bytes()
    again.close()
    assert certain % BUFFER_BYTES == 0
    assert certain <= 20 * BUFFER_BYTES


@pytest.mark.parametrize("direct", [True, False])
def test_an_objects_bytes_are_never_written_through_a_staged_name(
    tmp_path: Path, direct: bool
) -> None:
    staged, target = tmp_path / f"x{PARTIAL}", tmp_path / "object"
    stage_bytes(staged, noise(5000))
    os.link(staged, target)
    with StagedFile(staged, direct=direct) as file:
        assert file.resumable_bytes() == 0
        file.truncate()
    assert target.read_bytes() == noise(5000)
    assert not staged.exists()


def test_a_staged_name_that_is_a_link_is_refused(tmp_path: Path) -> None:
    (tmp_path / "victim").write_bytes(b"victim")
    (tmp_path / "x.part").symlink_to(tmp_path / "victim")
    with pytest.raises(StorageError):
        StagedFile(tmp_path / "x.part", direct=True)
    assert (tmp_path / "victim").read_bytes() == b"victim"


def test_room_that_is_not_there_is_refused_beforehand(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with StagedFile(tmp_path / "x.part", direct=True) as file, pytest.raises(StorageError):
        file.reserve(1 << 60)

    def refuse(*_: object) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    with monkeypatch.context() as patch:
        patch.setattr(os, "pwrite", refuse)
        with pytest.raises(DiskFull):
            stage_bytes(tmp_path / "x.part", b"1")
    assert os.listdir(tmp_path) == []


@pytest.mark.parametrize("size", [100, BUFFER_BYTES, BUFFER_BYTES + 5])
@pytest.mark.parametrize("spare", [True, False])
def test_a_following_read_back_finds_any_changed_byte(
    tmp_path: Path, size: int, spare: bool
) -> None:
    path, data = tmp_path / "x.part", noise(size)
    stage_bytes(path, data)
    follow(path, data, spare=spare)
    for at in (0, size // 2, size - 1):
        changed = bytearray(data)
        changed[at] ^= 1
        with pytest.raises(ReadBackMismatch):
            follow(path, bytes(changed), spare=spare)


def follow(path: Path, data: bytes, *, spare: bool) -> None:
    """Compare what lies on the disk with what a copy meant to write."""
    pool = pool_of(2)
    buffer = pool.acquire()
    if not spare:
        pool.acquire()
    follower = FollowingReadBack(path, pool)
    try:
        for offset in range(0, len(data), BUFFER_BYTES):
            piece = data[offset : offset + BUFFER_BYTES]
            buffer[: len(piece)] = piece
            follower.check(buffer, len(piece), offset)
        pool.release(buffer)
        follower.finish()
    finally:
        follower.close()
