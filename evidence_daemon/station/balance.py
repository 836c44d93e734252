"""The balance of a docking: every name found ends in exactly one state.

``found = new + known + failed + skipped`` is asserted before it is logged.
"""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field

import orjson

from archive.ingest.arrival import Outcome, Result
from drivers.recorder import Listing
from hashing.paths import path_fields

LEFT_LISTED = 100
LEFT_BYTES = 32 * 1024
"""Room for that list in an entry."""


@dataclass(slots=True)
class Balance:
    """What became of everything found on a recorder.

    Attributes:
        listing: What was found.
        outcomes: How files ended.
    """

    listing: Listing
    outcomes: list[Outcome] = field(default_factory=list)

    def add(self, outcomes: Iterable[Outcome]) -> None:
        """Count more files."""
        self.outcomes.extend(outcomes)

    def count(self, result: Result) -> int:
        """Files that ended so, unreadable and unreached names counted as failed."""
        ended = sum(1 for outcome in self.outcomes if outcome.result is result)
        if result is Result.FAILED:
            ended += len(self.listing.unreadable) + len(self.listing.files) - len(self.outcomes)
        return ended

    @property
    def skipped(self) -> dict[str, int]:
        """Names that are not files, by reason."""
        return dict(Counter(node.reason.value for node in self.listing.skipped))

    @property
    def size_bytes(self) -> int:
        """Bytes of the files that are archived."""
        archived = (o for o in self.outcomes if o.result is not Result.FAILED)
        return sum(outcome.size_bytes for outcome in archived)

    def left(self) -> list[bytes]:
        """Paths of files that are not archived and still only on the recorder."""
        safe = {o.arrival.path for o in self.outcomes if o.result is not Result.FAILED}
        return [file.path for file in self.listing.files if file.path not in safe]

    def complete(self) -> bool:
        """Whether everything found is archived or is no file."""
        return self.count(Result.FAILED) == 0

    def summary(self) -> dict[str, int]:
        """The five numbers of the balance."""
        numbers = {
            "found": self.listing.found,
            "new": self.count(Result.NEW),
            "known": self.count(Result.KNOWN),
            "failed": self.count(Result.FAILED),
            "skipped": len(self.listing.skipped),
        }
        assert numbers["found"] == sum(numbers.values()) - numbers["found"], numbers
        return numbers

    def as_body(self) -> dict[str, object]:
        """The balance's part of an ``undock`` entry."""
        body: dict[str, object] = {
            **self.summary(),
            "skipped": self.skipped,
            "bytes": self.size_bytes,
            "state": "safe_to_remove" if self.complete() else "removable_incomplete",
        }
        if left := self._left_listed():
            body["left"] = left
        return body

    def _left_listed(self) -> list[str]:
        """The first paths that stayed behind, as many as an entry has room for."""
        listed: list[str] = []
        room = LEFT_BYTES
        for path in self.left()[:LEFT_LISTED]:
            text = path_fields(path)["path"]
            room -= len(orjson.dumps(text)) + 1
            if room < 0:
                break
            listed.append(text)
        return listed
