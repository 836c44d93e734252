"""Step 3 of the life of a recording: one arrival into staging, stable and whole.

A file is *stable* when its size and modification time are the same before and after it was
read and as many bytes came as the size says. One that is not is copied again.
"""

import hashlib
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

from archive.clock import boot_id
from archive.errors import StorageError
from archive.ingest.arrival import Arrival, Docking, SourceVanished
from archive.ingest.copy import Copied, Copier, Progress
from archive.ingest.policy import IntakePolicy, is_small
from archive.streams.buffers import BUFFER_BYTES, BufferPool
from archive.streams.compare import FollowingReadBack
from archive.streams.staged import PARTIAL, StagedFile

COPY_ATTEMPTS = 3


class StillChanging(StorageError):  # noqa: N818 - named for the state
    """A file on the recorder changes as often as it is copied."""

    code = "STILL_CHANGING"


@dataclass(frozen=True, slots=True)
class Staged:
    """A staged copy.

    Attributes:
        arrival: What was copied.
        path: Where it lies.
        copied: What the copy found out.
        mtime_us: The source's modification time when it was stable, microseconds.
        changed: Whether the file was other than listed, or had to be copied again.
        proved: Whether the disk has given the same bytes back already.
    """

    arrival: Arrival
    path: Path
    copied: Copied
    mtime_us: int
    changed: bool
    proved: bool


class Stager:
    """Copies arrivals into a staging folder.

    Args:
        directory: The staging folder.
        pool: Buffers.
        policy: Which digests to make.
    """

    def __init__(self, directory: Path, pool: BufferPool, policy: IntakePolicy) -> None:
        self._directory = directory
        self._pool = pool
        self._policy = policy

    def stage(self, docking: Docking, arrival: Arrival, progress: Progress) -> Staged:
        """Copy one arrival. A large one is synced; small ones are synced with their group.

        Raises:
            SourceUnreadable: The file cannot be opened.
            SourceVanished: The recorder is gone; a large copy can be continued later.
            StillChanging: The file never held still.
            ReadBackMismatch: The disk gave other bytes back than were written.
            StorageError: The disk refused; nothing of this file is left.
        """
        for _ in range(COPY_ATTEMPTS):
            staged = self._attempt(docking, arrival, progress)
            if staged is not None:
                return staged
        raise StillChanging(f"{arrival.path!r} changed during each of {COPY_ATTEMPTS} copies")

    def _attempt(self, docking: Docking, arrival: Arrival, progress: Progress) -> Staged | None:
        """One copy; None when the file did not hold still."""
        with ExitStack() as stack:
            source = stack.enter_context(arrival.open())
            before = source.restat()
            path = self._directory / staged_name(docking.recorder, arrival)
            file = stack.enter_context(StagedFile(path, direct=not is_small(arrival)))
            follower = self._follow(file)
            if follower is not None:
                stack.callback(follower.close)
            try:
                parts = (source, before[0], file, self._pool, self._policy.algorithms, progress)
                copied = Copier(*parts, follower).run()
                after = source.restat()
            except SourceVanished:
                file.keep_prefix()
                raise
            if before != after or copied.digests.size_bytes != after[0]:
                return None
            file.finish(sync=not is_small(arrival))
            if follower is not None:
                follower.finish()
            file.keep()
            changed = after != (arrival.size_bytes, arrival.mtime_us)
            return Staged(arrival, file.path, copied, after[1], changed, follower is not None)

    def _follow(self, file: StagedFile) -> FollowingReadBack | None:
        """A read-back behind a large copy, where the file system can read past its cache."""
        if not (self._policy.read_back and file.direct):
            return None
        return FollowingReadBack(file.path, self._pool)


def staged_name(recorder: str, arrival: Arrival) -> str:
    """The staging name of an arrival: the same for the same file of the same recorder.

    It names this boot too: after a power cut nobody knows which of the bytes written before it
    are on the disk, so a copy is only continued within the boot that began it.
    """
    identity = f"{recorder}\0{arrival.size_bytes}\0{arrival.mtime_us}\0".encode() + arrival.path
    return f"{hashlib.sha256(identity).hexdigest()[:32]}{_begun_in_this_boot()}"


def can_be_continued(path: Path) -> bool:
    """Whether a later copy can go on from what lies there."""
    node = path.stat()
    whole = node.st_size >= BUFFER_BYTES and node.st_nlink == 1
    return whole and path.name.endswith(_begun_in_this_boot())


def _begun_in_this_boot() -> str:
    return f".{boot_id()[:8]}{PARTIAL}"
