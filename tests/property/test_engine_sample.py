"""The sample is what its definition says, however the bytes come by."""

import hashlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from archive.ingest.sample import Sampler, sample_source
from tests.engine_sources import MemorySource, noise

SIZES = st.one_of(
    st.integers(0, 5000), st.sampled_from([65535, 65536, 65537, 69632]), st.integers(0, 200_000)
)


def naive_sample(data: bytes) -> str:
    """SHA-256 over the size and sixteen blocks, from the definition."""
    blocks = [data]
    if len(data) > 65536:
        blocks = [data[at : at + 4096] for at in (i * (len(data) - 4096) // 15 for i in range(16))]
    return hashlib.sha256(len(data).to_bytes(8, "big") + b"".join(blocks)).hexdigest()


@given(SIZES, st.lists(st.integers(1, 60_000), max_size=20))
def test_any_pieces_give_the_same_sample(size: int, cuts: list[int]) -> None:
    data = noise(size)
    sampler, offset = Sampler(size), 0
    for length in [*cuts, size]:
        piece = memoryview(data)[offset : offset + length]
        sampler.feed(offset, piece)
        offset += len(piece)
    assert sampler.finish() == naive_sample(data)


@given(SIZES)
def test_a_docked_file_gives_the_same_sample_and_is_read_at_its_blocks_only(size: int) -> None:
    source = MemorySource(noise(size))
    assert sample_source(source, size) == naive_sample(source.data)
    assert source.read_bytes <= 65536


@pytest.mark.parametrize("size", [65536, 65537, 1_000_000])
def test_another_size_or_block_is_another_sample(size: int) -> None:
    data = noise(size)
    assert sample_source(MemorySource(data[:-1]), size) != naive_sample(data)
    assert sample_source(MemorySource(data), size - 1) != naive_sample(data)
    for at in (0, size - 1):
        changed = bytearray(data)
        changed[at] ^= 1
        assert sample_source(MemorySource(bytes(changed)), size) != naive_sample(data)
