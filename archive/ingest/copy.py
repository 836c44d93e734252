"""One file into staging: every digest and the sample from a single read pass.

Bytes the medium refuses are left as zeros and kept as an extent map: a recording with a
scratch is evidence like any other, as long as it says where the scratch is.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from archive.ingest.arrival import Source, SourceUnreadable
from archive.ingest.sample import Sampler
from archive.streams.buffers import BUFFER_BYTES, BufferPool
from archive.streams.compare import FollowingReadBack
from archive.streams.pipeline import Pipeline, Stage
from archive.streams.staged import StagedFile
from hashing.digest import Algorithm, MultiDigest, ObjectDigests

COMPARED_BYTES = 65536
"""How much of an interrupted copy is compared with the source at its start and at its end."""
MOST_DOUBLINGS = 10
MOST_EXTENTS = 500
"""How many unreadable extents an entry lists."""
RETRY_BYTES = (65536, 4096)
"""After a refused read the same range is read again in ever smaller pieces."""

Progress = Callable[[int], None]
"""Told the number of bytes copied since the last call."""


@dataclass(frozen=True, slots=True)
class Copied:
    """What a copy found out about its source.

    Attributes:
        digests: Of the bytes staged, zeros in place of unreadable ones.
        sample: The sample, for later sightings.
        unreadable: (offset, length) of what the medium refused, in bytes.
    """

    digests: ObjectDigests
    sample: str
    unreadable: tuple[tuple[int, int], ...]


class Copier:
    """Copies one source; used once.

    Args:
        source: What to read.
        size_bytes: Its size as listed; the end is where the source says it is.
        staged: Where to write.
        pool: Buffers.
        algorithms: Digests to make.
        progress: Told of every chunk.
        follower: Reads a large copy back behind its writes.
    """

    def __init__(
        self,
        source: Source,
        size_bytes: int,
        staged: StagedFile,
        pool: BufferPool,
        algorithms: Iterable[Algorithm],
        progress: Progress,
        follower: FollowingReadBack | None = None,
    ) -> None:
        self._source = source
        self._size_bytes = size_bytes
        self._staged = staged
        self._pool = pool
        self._digest = MultiDigest(algorithms)
        self._sampler = Sampler(size_bytes)
        self._progress = progress
        self._follower = follower
        self._holes: list[tuple[int, int]] = []
        self._refused_in_a_row = 0

    def run(self) -> Copied:
        """Copy to the end of the source. The staged bytes are written, not yet synced.

        Raises:
            SourceVanished: The recorder is gone; what is staged can be continued.
            StorageError: The disk refused.
        """
        if self._size_bytes <= BUFFER_BYTES and not self._staged.direct:
            self._copy_small()
        else:
            self._copy_large()
        return Copied(self._digest.finish(), self._sampler.finish(), _merged(self._holes))

    def _copy_small(self) -> None:
        self._staged.truncate()
        with self._pool.borrowed() as buffer:
            offset = 0
            while length := self._fill(buffer, offset):
                self._sampler.feed(offset, buffer[:length])
                self._digest.update(buffer[:length])
                self._staged.write(buffer, length, offset)
                self._progress(length)
                offset += length

    def _copy_large(self) -> None:
        offset = self._take_prefix()
        self._staged.reserve(self._size_bytes)
        pipeline = Pipeline(self._pool, self._lanes())
        try:
            while True:
                buffer = self._pool.acquire()
                try:
                    length = self._fill(buffer, offset)
                except BaseException:
                    self._pool.release(buffer)
                    raise
                if not length:
                    self._pool.release(buffer)
                    break
                self._sampler.feed(offset, buffer[:length])
                pipeline.pass_on(buffer, length, offset)
                self._progress(length)
                offset += length
                if length < BUFFER_BYTES:
                    break  # the end; what is appended meanwhile shows in the next restat
        except BaseException:
            pipeline.stop()
            raise
        pipeline.drain()

    def _lanes(self) -> list[list[Stage]]:
        """The writer, the read-back behind it, and a lane for each digest."""

        def digest(lane: Algorithm) -> list[Stage]:
            return [lambda buffer, length, _: self._digest.update_lane(lane, buffer[:length])]

        follower = [] if self._follower is None else [self._follower.check]
        return [[self._write, *follower], *(digest(lane) for lane in self._digest.lanes)]

    def _write(self, buffer: memoryview, length: int, offset: int) -> None:
        self._staged.write(buffer, length, offset)

    def _fill(self, buffer: memoryview, offset: int) -> int:
        """Fill a buffer from the source; short only at its end."""
        filled = 0
        while filled < len(buffer):
            try:
                count = self._source.read_into(buffer[filled:], offset + filled)
                self._was_read()
            except SourceUnreadable:
                count = self._salvage(buffer[filled:], offset + filled)
            if not count:
                break
            filled += count
        return filled

    def _salvage(self, buffer: memoryview, offset: int) -> int:
        """Read a refused range piece by piece; zeros and a note where nothing comes."""
        wanted = min(len(buffer), self._size_bytes - offset)
        if wanted <= 0:
            return 0
        for piece in RETRY_BYTES:
            length = min(piece, wanted)
            try:
                if count := self._source.read_into(buffer[:length], offset):
                    self._was_read()
                    return count
            except SourceUnreadable:
                continue
        # Every refusal may cost the kernel seconds of retries: skip further each time in a row.
        skip = RETRY_BYTES[-1] << self._refused_in_a_row
        self._refused_in_a_row = min(self._refused_in_a_row + 1, MOST_DOUBLINGS)
        length = min(skip - offset % RETRY_BYTES[-1], wanted)
        buffer[:length] = bytes(length)
        self._holes.append((offset, length))
        self._staged.mark_holed()
        return length

    def _was_read(self) -> None:
        """Go back to small steps; not where so much is scratched that no entry lists it all."""
        if len(self._holes) < MOST_EXTENTS:
            self._refused_in_a_row = 0

    def _take_prefix(self) -> int:
        """Hash what an interrupted copy left; where to go on from, in bytes.

        Its start and end are compared with the source, so that a file that has been replaced
        by another of the same name, size and time is not continued.
        """
        usable = self._staged.size_bytes = self._staged.resumable_bytes()
        if usable > self._size_bytes or not self._prefix_matches(usable):
            usable = 0
        self._staged.truncate(usable)
        with self._pool.borrowed() as buffer:
            for offset in range(0, usable, BUFFER_BYTES):
                self._staged.read_into(buffer, offset)
                self._sampler.feed(offset, buffer)
                self._digest.update(buffer)
                self._progress(BUFFER_BYTES)
        self._staged.size_bytes = usable
        return usable

    def _prefix_matches(self, usable: int) -> bool:
        if not usable:
            return True
        theirs = memoryview(bytearray(COMPARED_BYTES))
        with self._pool.borrowed() as mine:
            for offset in (0, usable - COMPARED_BYTES):
                self._staged.read_into(mine[:COMPARED_BYTES], offset)
                count = self._fill(theirs, offset)
                if self._holes or mine[:count] != theirs:
                    self._holes.clear()
                    return False
        return True


def _merged(holes: list[tuple[int, int]]) -> tuple[tuple[int, int], ...]:
    """Adjacent extents joined; of too many, neighbours too, so that an entry can hold the map.

    The map then covers bytes that were read as well: it says where not to rely on the copy.
    """
    merged: list[tuple[int, int]] = []
    for offset, length in holes:
        if merged and sum(merged[-1]) == offset:
            merged[-1] = (merged[-1][0], merged[-1][1] + length)
        else:
            merged.append((offset, length))
    while len(merged) > MOST_EXTENTS:
        pairs = zip(merged[::2], [*merged[1::2], merged[-1]], strict=False)
        merged = [(first[0], sum(second) - first[0]) for first, second in pairs]
    return tuple(merged)
