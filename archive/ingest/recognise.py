"""Files met again: a sighting by metadata, so that an evening is not spent re-reading.

A file counts as the one archived before when path, size, modification time and the sample of
its blocks agree with an earlier complete occurrence on the same recorder. The entry says
``proof: metadata``; a wipe needs more.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from archive.catalog.catalog import Catalog
from archive.catalog.rows import Occurrence
from archive.errors import StorageError
from archive.ingest.arrival import Arrival, Docking, Outcome, Result, SourceVanished
from archive.ingest.sample import sample_source
from archive.log.writer import Draft, LogWriter
from hashing.entry import Act

GROUP_SIGHTINGS = 200


@dataclass(frozen=True, slots=True)
class _Match:
    arrival: Arrival
    earlier: Occurrence


class Recogniser:
    """Sorts a docking's arrivals into known and new ones.

    Args:
        catalog: Earlier occurrences.
        log: Where sightings go.
    """

    def __init__(self, catalog: Catalog, log: LogWriter) -> None:
        self._catalog = catalog
        self._log = log

    def sift(
        self, docking: Docking, arrivals: Sequence[Arrival]
    ) -> tuple[list[Arrival], list[Outcome]]:
        """Log the arrivals that are known already.

        Returns:
            The arrivals that have to be copied, and the outcomes of the others.
        """
        fresh: list[Arrival] = []
        matches: list[_Match] = []
        for arrival in arrivals:
            earlier = self._recognise(docking, arrival)
            if earlier is None:
                fresh.append(arrival)
            else:
                matches.append(_Match(arrival, earlier))
        for start in range(0, len(matches), GROUP_SIGHTINGS):
            group = matches[start : start + GROUP_SIGHTINGS]
            self._log.submit([_draft(docking, match) for match in group]).result()
        return fresh, [
            Outcome(m.arrival, Result.KNOWN, m.earlier.recording, size_bytes=m.arrival.size_bytes)
            for m in matches
        ]

    def _recognise(self, docking: Docking, arrival: Arrival) -> Occurrence | None:
        earlier = self._catalog.same_occurrence(
            docking.recorder, arrival.path, arrival.size_bytes, arrival.mtime_us
        )
        if earlier is None or not earlier.complete:
            return None
        try:
            with arrival.open() as source:
                sample = sample_source(source, arrival.size_bytes)
        except SourceVanished:
            raise
        except StorageError:
            return None  # the copy will say what is wrong with it
        return earlier if sample == earlier.sample else None


def _draft(docking: Docking, match: _Match) -> Draft:
    body: dict[str, object] = {
        "docking": docking.docking,
        "recording": match.earlier.recording,
        "recorder": docking.recorder,
        "object": _object_body(match.earlier),
        "complete": True,
        **match.arrival.as_body(),
        "sample": match.earlier.sample,
        "proof": "metadata",
        "new_recording": False,
    }
    return Draft(Act.SIGHTING, body, docking.actor)


def _object_body(earlier: Occurrence) -> dict[str, object]:
    body: dict[str, object] = {"sha256": earlier.sha256, "size_bytes": earlier.size_bytes}
    return body | ({"sm3": earlier.sm3} if earlier.sm3 is not None else {})
