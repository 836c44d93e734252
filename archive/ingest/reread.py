"""Known files read whole: what a sighting by metadata takes for granted, proved or refuted.

A file that was recognised by path, size, modification time and sample is *due* as long as it was
not read whole on this recorder for a given time. It is read in one pass and its digests are held
against those of the archived object:

* equal: a ``sighting`` with ``proof: content``;
* other bytes: an ``alarm`` ``metadata_deceived``; the caller takes the file in as what it is;
* unreadable, changed since it was listed, or given up half-way: nothing is said, and it stays due.

Not decided here: when there is time for this. The caller is asked before every buffer.
"""

from collections.abc import Callable, Iterator, Sequence
from enum import StrEnum

from archive.catalog.catalog import Catalog
from archive.catalog.rows import Occurrence
from archive.ingest.arrival import Arrival, Docking, SourceUnreadable, clamped_us
from archive.ingest.recognise import GROUP_SIGHTINGS, Candidate, sighting
from archive.log.writer import STATION_ACTOR, Draft, LogWriter
from archive.streams.buffers import BufferPool
from hashing.digest import Algorithm, Digest, MultiDigest, ObjectDigests
from hashing.entry import Act
from hashing.paths import path_fields

GoOn = Callable[[], bool]
"""Asked before every buffer; waits while others need the machine, False to give up."""


class Reread(StrEnum):
    """What came of reading a known file whole."""

    SAME = "same"
    OTHER = "other"
    UNDECIDED = "undecided"


class Rereader:
    """Reads known files whole. A call belongs to one thread.

    Args:
        catalog: Earlier occurrences.
        log: Where the outcome goes.
        pool: Buffers; one at a time is taken, and given back after each read.
    """

    def __init__(self, catalog: Catalog, log: LogWriter, pool: BufferPool) -> None:
        self._catalog = catalog
        self._log = log
        self._pool = pool

    def due(
        self, recorder: str, arrivals: Sequence[Arrival], proved_before_us: int
    ) -> Iterator[Candidate]:
        """Those of a docking's files that rest on metadata alone for too long, in their order.

        Args:
            recorder: The recorder's identity.
            arrivals: The docking's files.
            proved_before_us: A file read whole before this time, microseconds since 1970, is due.
        """
        for start in range(0, len(arrivals), GROUP_SIGHTINGS):
            group = arrivals[start : start + GROUP_SIGHTINGS]
            files = [(each.path, each.size_bytes, clamped_us(each.mtime_us)) for each in group]
            latest = self._catalog.same_occurrences(recorder, files)
            proved = self._catalog.same_occurrences(recorder, files, "content")
            for arrival in group:
                earlier, proof = latest.get(arrival.path), proved.get(arrival.path)
                if earlier is not None and not _is_proved(earlier, proof, proved_before_us):
                    yield Candidate(arrival, earlier)

    def prove(self, docking: Docking, candidate: Candidate, go_on: GoOn) -> Reread:
        """Read one file whole and log what it is.

        Raises:
            SourceVanished: The recorder is gone; nothing was logged.
            StorageError: The outcome could not be made durable.
        """
        try:
            found = self._digests(candidate, go_on)
        except SourceUnreadable:
            found = None
        if found is None:
            return Reread.UNDECIDED
        if _is_of(found, candidate):
            self._log.submit([sighting(docking, candidate, "content")]).result()
            return Reread.SAME
        self._log.submit([_alarm(docking, candidate, found.sha256)]).result()
        return Reread.OTHER

    def _digests(self, candidate: Candidate, go_on: GoOn) -> ObjectDigests | None:
        """The digests of a file that held still; None of one that did not, or when given up."""
        arrival = candidate.arrival
        sm3 = [Algorithm.SM3] if candidate.earlier.sm3 is not None else []
        digest, offset, length = MultiDigest([Algorithm.SHA256, *sm3]), 0, -1
        with arrival.open() as source:
            if source.restat() != (arrival.size_bytes, arrival.mtime_us):
                return None
            while length and offset <= arrival.size_bytes:
                if not go_on():
                    return None
                with self._pool.borrowed() as buffer:
                    length = source.read_into(buffer, offset)
                    digest.update(buffer[:length])
                offset += length
            still = source.restat() == (arrival.size_bytes, arrival.mtime_us)
        found = digest.finish()
        return found if still and found.size_bytes == arrival.size_bytes else None


def _is_proved(earlier: Occurrence, proof: Occurrence | None, before_us: int) -> bool:
    """Whether an occurrence rests on a reading of these bytes that is recent enough."""
    if earlier.proof == "content":
        return True
    same = proof is not None and proof.recording == earlier.recording
    return same and proof is not None and proof.time_us >= before_us


def _is_of(found: ObjectDigests, candidate: Candidate) -> bool:
    earlier = candidate.earlier
    sm3 = None if found.sm3 is None else found.sm3.hex
    return (found.sha256.hex, sm3) == (earlier.sha256, earlier.sm3)


def _alarm(docking: Docking, candidate: Candidate, found: Digest) -> Draft:
    """The alarm that a file was taken for one that it is not."""
    path = path_fields(candidate.arrival.path)["path"]
    detail = (
        f"{path} on recorder {docking.recorder} has the size, time and sample of the archived "
        f"file {Digest.sha256(candidate.earlier.sha256)}, but its bytes are {found}"
    )
    body = {
        "alarm": "metadata_deceived",
        "subject": candidate.earlier.recording,
        "detail": detail,
    }
    return Draft(Act.ALARM, body, STATION_ACTOR)
