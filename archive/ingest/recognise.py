"""Files met again: a sighting by metadata, so that an evening is not spent re-reading.

A file counts as the one archived before when path, size, modification time and the sample of
its blocks agree with an earlier complete occurrence on the same recorder. The entry says
``proof: metadata``; reading it whole comes later (:mod:`archive.ingest.reread`).
"""

from collections.abc import Sequence
from dataclasses import dataclass

from archive.catalog.catalog import Catalog
from archive.catalog.rows import Occurrence
from archive.ingest.arrival import (
    Arrival,
    Docking,
    Outcome,
    Result,
    SourceUnreadable,
    clamped_us,
)
from archive.ingest.lost import is_lost
from archive.ingest.sample import sample_source
from archive.log.writer import Draft, LogWriter
from archive.stores.landing import LandingStore
from hashing.digest import Digest
from hashing.entry import Act

GROUP_SIGHTINGS = 200


@dataclass(frozen=True, slots=True)
class Candidate:
    """A file that looks like one archived before: same path, size and modification time."""

    arrival: Arrival
    earlier: Occurrence


class Recogniser:
    """Sorts a docking's arrivals into known and new ones.

    Args:
        landing: Where objects lie.
        catalog: Earlier occurrences.
        log: Where sightings go.
    """

    def __init__(self, landing: LandingStore, catalog: Catalog, log: LogWriter) -> None:
        self._landing = landing
        self._catalog = catalog
        self._log = log

    def divide(
        self, docking: Docking, arrivals: Sequence[Arrival]
    ) -> tuple[list[Arrival], list[Candidate]]:
        """New names, and candidates for a sighting; nothing is read from the recorder."""
        fresh: list[Arrival] = []
        candidates: list[Candidate] = []
        for start in range(0, len(arrivals), GROUP_SIGHTINGS):
            group = arrivals[start : start + GROUP_SIGHTINGS]
            files = [(each.path, each.size_bytes, clamped_us(each.mtime_us)) for each in group]
            same = self._catalog.same_occurrences(docking.recorder, files)
            for arrival in group:
                earlier = same.get(arrival.path)
                if earlier is not None and self._may_be_sighted(earlier):
                    candidates.append(Candidate(arrival, earlier))
                else:
                    fresh.append(arrival)
        return fresh, candidates

    def _may_be_sighted(self, earlier: Occurrence) -> bool:
        """Not what was incomplete, nor what the store has lost: that is copied again."""
        digest = Digest.sha256(earlier.sha256)
        return earlier.complete and not is_lost(self._landing, self._catalog, digest)

    def confirm(
        self, docking: Docking, candidates: Sequence[Candidate]
    ) -> tuple[list[Arrival], list[Outcome]]:
        """Log the candidates whose sample agrees as sightings.

        Returns:
            The arrivals that have to be copied after all, and the outcomes of the others.

        Raises:
            SourceVanished: The recorder is gone.
        """
        agreed = [each for each in candidates if _sample_agrees(each)]
        for start in range(0, len(agreed), GROUP_SIGHTINGS):
            group = agreed[start : start + GROUP_SIGHTINGS]
            self._log.submit([sighting(docking, each, "metadata") for each in group]).result()
        known = {each.arrival.path for each in agreed}
        return [each.arrival for each in candidates if each.arrival.path not in known], [
            Outcome(
                each.arrival,
                Result.KNOWN,
                each.earlier.recording,
                size_bytes=each.arrival.size_bytes,
            )
            for each in agreed
        ]


def _sample_agrees(candidate: Candidate) -> bool:
    arrival = candidate.arrival
    try:
        with arrival.open() as source:
            return sample_source(source, arrival.size_bytes) == candidate.earlier.sample
    except SourceUnreadable:
        return False  # the copy will say what is wrong with it


def sighting(docking: Docking, candidate: Candidate, proof: str) -> Draft:
    """The entry that a file is the one archived before, and what that rests on.

    Args:
        docking: The docking it was met in.
        candidate: The file and its earlier occurrence.
        proof: ``metadata``, or ``content`` once it was read whole.
    """
    body: dict[str, object] = {
        "docking": docking.docking,
        "recording": candidate.earlier.recording,
        "recorder": docking.recorder,
        "object": _object_body(candidate.earlier),
        "complete": True,
        **candidate.arrival.as_body(),
        "sample": candidate.earlier.sample,
        "proof": proof,
        "new_recording": False,
    }
    return Draft(Act.SIGHTING, body, docking.actor)


def _object_body(earlier: Occurrence) -> dict[str, object]:
    body: dict[str, object] = {"sha256": earlier.sha256, "size_bytes": earlier.size_bytes}
    return body | ({"sm3": earlier.sm3} if earlier.sm3 is not None else {})
