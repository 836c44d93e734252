"""A bounded list of entry numbers, kept as ranges, for findings that would be too many."""

from dataclasses import dataclass, field

MAX_RANGES = 100


@dataclass(slots=True)
class SeqRanges:
    """Entry numbers added in rising order, as ranges. Past the first hundred only counted.

    Attributes:
        ranges: The first hundred, as (first, last).
        total: How many numbers there are in all.
    """

    ranges: list[tuple[int, int]] = field(default_factory=list)
    total: int = 0

    def add(self, seq: int) -> None:
        """Add a number."""
        self.total += 1
        if self.ranges and self.ranges[-1][1] == seq - 1:
            self.ranges[-1] = (self.ranges[-1][0], seq)
        elif len(self.ranges) < MAX_RANGES:
            self.ranges.append((seq, seq))

    def drop(self, last: int) -> None:
        """Take the number that was added last out again, if it is this one."""
        if not self.ranges or self.ranges[-1][1] != last:
            return
        first, _ = self.ranges.pop()
        self.total -= 1
        if first < last:
            self.ranges.append((first, last - 1))


def numbered(first: int, last: int) -> str:
    """``entry 5`` or ``entries 5 to 9``."""
    return f"entry {first}" if first == last else f"entries {first} to {last}"
