"""A bounded list of entry numbers, kept as ranges, for findings that would be too many."""

from dataclasses import dataclass, field

MAX_RANGES = 100


@dataclass(slots=True)
class SeqRanges:
    """Entry numbers added in rising order, as ranges. Past the first hundred only counted."""

    ranges: list[tuple[int, int]] = field(default_factory=list)
    total: int = 0

    def add(self, first: int, last: int | None = None) -> None:
        """Add one number, or all from ``first`` to ``last``."""
        last = first if last is None else last
        self.total += last - first + 1
        if self.ranges and self.ranges[-1][1] == first - 1:
            self.ranges[-1] = (self.ranges[-1][0], last)
        elif len(self.ranges) < MAX_RANGES:
            self.ranges.append((first, last))

    def drop(self, last: int) -> None:
        """Take the number that was added last out again, if it is this one."""
        if not self.ranges or self.ranges[-1][1] != last:
            return
        first, _ = self.ranges.pop()
        self.total -= 1
        if first < last:
            self.ranges.append((first, last - 1))

    def __bool__(self) -> bool:
        return self.total > 0


def numbered(first: int, last: int) -> str:
    """``entry 5`` or ``entries 5 to 9``."""
    return f"entry {first}" if first == last else f"entries {first} to {last}"
