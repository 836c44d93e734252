"""Files of a recorder that exist in memory only, with the faults a test wants."""

import random
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from archive.ingest.arrival import Arrival, Docking, Source, SourceUnreadable, SourceVanished
from archive.ingest.copy import Copied
from archive.ingest.stage import Staged
from hashing.digest import MultiDigest

DOCKING = Docking("d" * 32, "4560001", "tester")


def noise(size: int, seed: int = 1) -> bytes:
    """Bytes like none other, the same each time."""
    return random.Random(f"{size} {seed}").randbytes(size)


@dataclass
class MemorySource:
    """An open file in memory.

    Attributes:
        data: Its bytes.
        bad: (offset, length) of what the medium refuses: a read that begins inside it fails, one
            that begins before it ends there.
        whole_reads_fail: Whether a read that only touches a bad extent fails as a whole.
        vanish_after: Bytes after which the recorder is gone.
        reads: (offset, length) of every read that gave something.
    """

    data: bytes
    bad: Sequence[tuple[int, int]] = ()
    whole_reads_fail: bool = False
    vanish_after: int | None = None
    mtime_us: int = 7_000_000
    on_read: Callable[[int], None] = lambda _offset: None
    reads: list[tuple[int, int]] = field(default_factory=list)

    def read_into(self, buffer: memoryview, offset: int) -> int:
        self.on_read(offset)
        length = self._readable(offset, min(len(buffer), max(0, len(self.data) - offset)))
        given = sum(length for _, length in self.reads)
        if self.vanish_after is not None and given + length > self.vanish_after:
            raise SourceVanished("unplugged")
        buffer[:length] = self.data[offset : offset + length]
        if length:
            self.reads.append((offset, length))
        return length

    def restat(self) -> tuple[int, int]:
        return len(self.data), self.mtime_us

    def _readable(self, offset: int, length: int) -> int:
        for start, bad_bytes in self.bad:
            touched = start < offset + length and offset < start + bad_bytes
            if start <= offset < start + bad_bytes or (touched and self.whole_reads_fail):
                raise SourceUnreadable(f"bad sector at {start}")
            if offset < start < offset + length:
                length = start - offset
        return length

    @property
    def read_bytes(self) -> int:
        """How many bytes were read in all."""
        return sum(length for _, length in self.reads)


def arrival(
    source: MemorySource, path: bytes = b"DCIM/1.mp4", *, name: Mapping[str, object] | None = None
) -> Arrival:
    """The file as it arrives."""

    @contextmanager
    def opened() -> Iterator[Source]:
        yield source

    return Arrival(path, len(source.data), source.mtime_us, "utc", name, None, opened)


def staged(data: bytes, path: bytes, *, holes: Sequence[tuple[int, int]] = ()) -> Staged:
    """What has been staged, for decisions that never look at the disk."""
    digest = MultiDigest()
    digest.update(data)
    copied = Copied(digest.finish(), "5" * 64, tuple(holes))
    file = Path("staging") / f"{path.hex()}.part"
    return Staged(arrival(MemorySource(data), path), file, copied, 7_000_000, False, True)
