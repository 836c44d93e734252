"""One file into staging: whole, with holes, gone on from, and never from another file."""

import hashlib
from pathlib import Path

import pytest

from archive.ingest.arrival import SourceVanished
from archive.ingest.copy import MOST_EXTENTS, Copied, Copier
from archive.streams.buffers import BUFFER_BYTES, BufferPool
from archive.streams.staged import HOLED, StagedFile
from hashing.digest import Algorithm
from tests.engine_sources import MemorySource, noise

PAGE = 4096
LARGE = 5 * BUFFER_BYTES + 4711


def copy(
    folder: Path, source: MemorySource, *, direct: bool = True, size: int | None = None
) -> tuple[Copied, bytes]:
    """Copy to the end; what is known of the copy, and the bytes that lie there."""
    path = folder / "x.part"
    listed = len(source.data) if size is None else size
    with StagedFile(path, direct=direct) as file:
        algorithms = (Algorithm.SHA256, Algorithm.SM3)
        pool = BufferPool(0)
        try:
            copied = Copier(source, listed, file, pool, algorithms, lambda _: None).run()
        except SourceVanished:
            file.keep_prefix()
            raise
        file.finish(sync=False)
        return copied, file.path.read_bytes()


SIZES = [0, 1, PAGE, 70_000, BUFFER_BYTES - 1, BUFFER_BYTES, BUFFER_BYTES + 1, LARGE]


@pytest.mark.parametrize("direct", [True, False])
@pytest.mark.parametrize("size", SIZES)
def test_a_copy_is_the_source(tmp_path: Path, size: int, direct: bool) -> None:
    source = MemorySource(noise(size))
    copied, lies_there = copy(tmp_path, source, direct=direct)
    assert lies_there == source.data
    assert copied.digests.sha256.hex == hashlib.sha256(source.data).hexdigest()
    assert copied.digests.sm3 is not None
    assert copied.digests.sm3.hex == hashlib.new("sm3", source.data).hexdigest()
    assert copied.digests.size_bytes == size
    assert copied.unreadable == ()
    assert source.read_bytes == size, "every byte is read once"


def zeroed(data: bytes, extents: tuple[tuple[int, int], ...]) -> bytes:
    """The source with zeros where the map says so."""
    made = bytearray(data)
    for offset, length in extents:
        made[offset : offset + length] = bytes(length)
    return bytes(made)


BAD: dict[str, list[tuple[int, int]]] = {
    "first_byte": [(0, 1)],
    "one_sector": [(PAGE * 3, 512)],
    "in_the_second_buffer": [(BUFFER_BYTES + 100, 70_000)],
    "over_two_buffers": [(BUFFER_BYTES - 10, 20)],
    "last_byte": [(LARGE - 1, 1)],
    "far_apart": [(n * 300_000, 512) for n in range(60)],
}


@pytest.mark.parametrize("whole", [False, True], ids=["short_reads", "whole_reads_fail"])
@pytest.mark.parametrize("bad", BAD.values(), ids=BAD)
def test_what_cannot_be_read_is_zeros_and_on_the_map(
    tmp_path: Path, bad: list[tuple[int, int]], whole: bool
) -> None:
    source = MemorySource(noise(LARGE), bad=bad, whole_reads_fail=whole)
    copied, lies_there = copy(tmp_path, source)
    assert copied.unreadable
    assert lies_there == zeroed(source.data, copied.unreadable)
    assert copied.digests.sha256.hex == hashlib.sha256(lies_there).hexdigest()
    covered = {at for offset, length in copied.unreadable for at in range(offset, offset + length)}
    for offset, length in bad:
        assert covered.issuperset(range(offset, offset + length))
    assert len(covered) <= len(bad) * 4 * PAGE + sum(length for _, length in bad) * 2


def test_a_large_scratch_costs_few_reads(tmp_path: Path) -> None:
    tries = 0

    def count(_offset: int) -> None:
        nonlocal tries
        tries += 1

    data = noise(BUFFER_BYTES) * 16
    source = MemorySource(data, [(BUFFER_BYTES, 1 << 30)], on_read=count)
    copied, lies_there = copy(tmp_path, source)
    assert copied.unreadable == ((BUFFER_BYTES, 15 * BUFFER_BYTES),)
    assert lies_there == zeroed(source.data, copied.unreadable)
    assert tries < 120


def test_the_map_of_very_many_scratches_is_bounded_and_covers_them(tmp_path: Path) -> None:
    bad = [(n * 3 * PAGE, 1) for n in range(1500)]
    source = MemorySource(noise(1500 * 3 * PAGE), bad=bad)
    copied, lies_there = copy(tmp_path, source)
    assert 1 < len(copied.unreadable) <= MOST_EXTENTS
    assert list(copied.unreadable) == sorted(copied.unreadable)
    for offset, _ in bad:
        assert any(start <= offset < start + length for start, length in copied.unreadable)
    for start, length in copied.unreadable:
        assert start + length <= len(source.data)
    differing = [at for at in range(0, len(lies_there), PAGE) if lies_there[at] != source.data[at]]
    for at in differing:
        assert any(start <= at < start + length for start, length in copied.unreadable)


def test_a_copy_with_holes_is_not_gone_on_from(tmp_path: Path) -> None:
    source = MemorySource(noise(LARGE), bad=[(10, 10)], vanish_after=3 * BUFFER_BYTES)
    with pytest.raises(SourceVanished):
        copy(tmp_path, source)
    assert [path for path in tmp_path.iterdir() if path.suffix != HOLED] == []
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("direct", [True, False])
def test_an_interrupted_copy_is_gone_on_from(tmp_path: Path, direct: bool) -> None:
    data = noise(LARGE)
    with pytest.raises(SourceVanished):
        copy(tmp_path, MemorySource(data, vanish_after=3 * BUFFER_BYTES + 99), direct=direct)
    assert (tmp_path / "x.part").stat().st_size == 3 * BUFFER_BYTES
    again = MemorySource(data)
    copied, lies_there = copy(tmp_path, again, direct=direct)
    assert lies_there == data
    assert copied.digests.sha256.hex == hashlib.sha256(data).hexdigest()
    compared = 2 * 65536
    assert again.read_bytes == LARGE - 3 * BUFFER_BYTES + compared


def test_a_copy_interrupted_again_and_again_keeps_what_it_has(tmp_path: Path) -> None:
    data = noise(LARGE)
    for _ in range(3):
        with pytest.raises(SourceVanished):
            copy(tmp_path, MemorySource(data, vanish_after=2 * BUFFER_BYTES))
    with pytest.raises(SourceVanished):
        copy(tmp_path, MemorySource(data, vanish_after=0))
    again = MemorySource(data)
    assert copy(tmp_path, again)[1] == data
    assert again.read_bytes < BUFFER_BYTES * 3


OTHERS = {
    "other_beginning": lambda data: b"!" + data[1:],
    "other_at_the_cut": lambda data: data[: 3 * BUFFER_BYTES - 1] + b"!" + data[3 * BUFFER_BYTES :],
    "shorter_than_the_prefix": lambda data: data[:BUFFER_BYTES],
}


@pytest.mark.parametrize("other", OTHERS.values(), ids=OTHERS)
def test_another_file_is_not_gone_on_with(tmp_path: Path, other: object) -> None:
    assert callable(other)
    data = noise(LARGE)
    with pytest.raises(SourceVanished):
        copy(tmp_path, MemorySource(data, vanish_after=3 * BUFFER_BYTES))
    replaced = MemorySource(other(data))
    copied, lies_there = copy(tmp_path, replaced)
    assert lies_there == replaced.data
    assert copied.digests.sha256.hex == hashlib.sha256(replaced.data).hexdigest()


@pytest.mark.parametrize("size", [70_000, BUFFER_BYTES, LARGE])
@pytest.mark.parametrize("listed", [0, 10, 100 * BUFFER_BYTES])
def test_the_end_is_where_the_source_says(tmp_path: Path, size: int, listed: int) -> None:
    source = MemorySource(noise(size))
    copied, lies_there = copy(tmp_path, source, size=listed)
    assert lies_there == source.data
    assert copied.digests.size_bytes == size
