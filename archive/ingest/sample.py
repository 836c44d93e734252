"""The sample of a file: a digest of a few blocks, cheap to take again from a docked recorder.

A file met again with the same path, size, modification time and sample is taken for the one
archived before (a sighting with ``proof: metadata``) until it is read whole.

Definition (``docs/formats.md``): SHA-256 over the size as eight big-endian bytes, then sixteen
blocks of 4,096 bytes, block ``i`` at offset ``i * (size - 4096) // 15``; a file of at most
65,536 bytes is taken whole.
"""

import hashlib

from archive.ingest.arrival import Source

BLOCK_BYTES = 4096
BLOCKS = 16
WHOLE_BYTES = BLOCK_BYTES * BLOCKS


def sample_extents(size_bytes: int) -> list[tuple[int, int]]:
    """The (offset, length) pairs, in bytes, that make the sample of a file of that size."""
    if size_bytes <= WHOLE_BYTES:
        return [(0, size_bytes)] if size_bytes else []
    step = size_bytes - BLOCK_BYTES
    return [(i * step // (BLOCKS - 1), BLOCK_BYTES) for i in range(BLOCKS)]


class Sampler:
    """Takes the sample from a stream as it passes by.

    Args:
        size_bytes: The size the stream is expected to have.
    """

    def __init__(self, size_bytes: int) -> None:
        self._hash = hashlib.sha256(size_bytes.to_bytes(8, "big"))
        self._extents = sample_extents(size_bytes)
        self._next = 0

    def feed(self, offset: int, data: memoryview) -> None:
        """See the bytes of the stream that start at ``offset``; calls must be in order."""
        end = offset + len(data)
        while self._next < len(self._extents):
            start, length = self._extents[self._next]
            if start >= end:
                return
            low, high = max(start, offset), min(start + length, end)
            self._hash.update(data[low - offset : high - offset])
            if start + length > end:
                return  # the rest of this block comes with the next bytes
            self._next += 1

    def finish(self) -> str:
        """The sample, 64 hexadecimal characters."""
        return self._hash.hexdigest()


def sample_source(source: Source, size_bytes: int) -> str:
    """The sample of a docked file, read at its extents only.

    Raises:
        SourceUnreadable, SourceVanished: As reading does.
    """
    sampler = Sampler(size_bytes)
    for offset, length in sample_extents(size_bytes):
        block = memoryview(bytearray(length))
        filled = 0
        while filled < length:
            count = source.read_into(block[filled:], offset + filled)
            if not count:
                break
            filled += count
        sampler.feed(offset, block[:filled])
    return sampler.finish()
