"""Step 3 of the life of a recording: one arrival into staging, stable and whole.

A file is *stable* when its size and modification time are the same before and after it was
read and as many bytes came as the size says. One that is not is copied again.
"""

from dataclasses import dataclass
from pathlib import Path

from archive.errors import StorageError
from archive.ingest.arrival import Arrival, Docking, SourceVanished, staged_name
from archive.ingest.copy import Copied, Copier, Progress
from archive.ingest.policy import IntakePolicy, is_small
from archive.streams.buffers import BufferPool
from archive.streams.staged import StagedFile

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
    """

    arrival: Arrival
    path: Path
    copied: Copied
    mtime_us: int
    changed: bool


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
            StorageError: The disk refused; nothing of this file is left.
        """
        listed = (arrival.size_bytes, arrival.mtime_us)
        for _ in range(COPY_ATTEMPTS):
            with arrival.open() as source:
                before = source.restat()
                file = self._open(docking, arrival)
                try:
                    parts = (source, before[0], file, self._pool, self._policy.algorithms, progress)
                    copied = Copier(*parts).run()
                    after = source.restat()
                except SourceVanished:
                    file.close() if file.direct else file.discard()
                    raise
                except BaseException:
                    file.discard()
                    raise
            if before == after and copied.digests.size_bytes == after[0]:
                file.finish(sync=not is_small(arrival))
                return Staged(arrival, file.path, copied, after[1], changed=after != listed)
            file.discard()
        raise StillChanging(f"{arrival.path!r} changed during each of {COPY_ATTEMPTS} copies")

    def _open(self, docking: Docking, arrival: Arrival) -> StagedFile:
        path = self._directory / staged_name(docking.recorder, arrival)
        file = StagedFile(path, direct=not is_small(arrival))
        if not file.direct:
            file.truncate()
        return file
