"""Naming what is wrong with the entries of a bundle that are not simply in order.

The verifier's straight path only learns that something does not fit. Here the bundle is read
again slowly and the defect is named: an entry that was changed, is missing, stands twice, or
changed places with another.

How a broken link between entries a and a + 1 finds its culprit: each entry is vouched for by
its hash in the stored tile and by the ``prev`` of the next entry. The one of the two that
its witness disowns was changed; where the witnesses are silent, both are named.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from itertools import groupby, pairwise
from typing import Any

from hashing.ranges import numbered


@dataclass(slots=True)
class Seen:
    """One entry as it was read.

    Attributes:
        position: Where it stands in the log as stored.
        leaf: Its leaf hash.
        fields: Its decoded object, None where it is no entry.
        fault: Why it is no entry.
        seq: The number it claims, or takes by its place.
        disowned: Whether a finding already says that it was changed.
    """

    position: int
    leaf: bytes
    fields: dict[str, Any] | None
    fault: str = ""
    seq: int = -1
    disowned: bool = False

    @property
    def prev(self) -> str:
        """The leaf hash it says the entry before has."""
        return str(self.fields["prev"]) if self.fields is not None else ""


@dataclass(slots=True)
class Diagnosis:
    """What was found in one bundle.

    Attributes:
        defects: (subject, detail) of each defect.
        doubtful: Entries that differ from their tile while the chain around them holds:
            either may be the changed one, and the signed root will tell.
        last: The highest entry, which the next one must follow; None where none was left.
    """

    defects: list[tuple[str, str]] = field(default_factory=list)
    doubtful: list[int] = field(default_factory=list)
    last: Seen | None = None

    def add(self, first: int, last: int, detail: str) -> None:
        """Add a defect of one entry or a range."""
        self.defects.append((numbered(first, last), detail))


def diagnose(
    seen: Sequence[Seen],
    expected: int,
    end: int,
    size: int,
    before: Seen | None,
    recorded: dict[int, bytes],
) -> Diagnosis:
    """Name the defects of a bundle.

    Args:
        seen: Its entries, as they stand.
        expected: The number the first of them should have.
        end: The number behind the last one that the bundle should hold.
        size: Entries under the checkpoint.
        before: The entry that the first should follow, where it is known.
        recorded: Leaf hashes in the stored tile, by entry number.
    """
    made = Diagnosis(last=before)
    _number(seen, expected, made)
    ordinary = _set_strangers_apart(seen, expected, end, size, made)
    ordered = _order(ordinary, made)
    _find_gaps(ordered, expected, made)
    _check_links(ordered, before, recorded, made)
    _compare_with_tile(ordered, recorded, made)
    if ordered:
        made.last = ordered[-1]
    return made


def _number(seen: Sequence[Seen], expected: int, made: Diagnosis) -> None:
    """Take each entry's own number; what is no entry takes the next one."""
    following = expected
    for item in seen:
        if item.fields is None:
            item.seq, item.disowned = following, True
        else:
            item.seq = item.fields["seq"]
        following = item.seq + 1
    faulty = [item for item in seen if item.fields is None]
    for fault, items in groupby(faulty, key=lambda item: item.fault):
        for first, last in _runs(items):
            made.add(first.seq, last.seq, f"changed: {fault}")


def _set_strangers_apart(
    seen: Sequence[Seen], expected: int, end: int, size: int, made: Diagnosis
) -> list[Seen]:
    """Report entries that belong to another part of the log, and return the others."""
    count = max(len(seen), end - expected)
    reach = _highest({item.seq for item in seen}, expected, count)
    highest = min(size - 1, max(reach, _jump(seen)))
    ordinary: list[Seen] = []
    strange: list[Seen] = []
    for item in seen:
        (ordinary if expected <= item.seq <= highest else strange).append(item)
    for first, last in _runs(strange):
        place = numbered(first.position, last.position)
        beyond = f"added: the checkpoint covers {size} entries"
        elsewhere = f"misplaced: found at the place of {place}"
        made.add(first.seq, last.seq, beyond if first.seq >= size else elsewhere)
    return ordinary


def _highest(claims: set[int], expected: int, count: int) -> int:
    """The highest number that still belongs here: as many further on as are missing before.

    Where nothing near is left but all numbers lie ahead, it is the highest of all: the
    entries between were removed.
    """
    reach = expected + count - 1
    while True:
        inside = [claim for claim in claims if expected <= claim <= reach]
        if not inside:
            return max(claims, default=reach) if min(claims, default=0) > expected else reach
        missing = max(inside) - expected + 1 - len(inside)
        if expected + count - 1 + missing == reach:
            return reach
        reach = expected + count - 1 + missing


def _jump(seen: Sequence[Seen]) -> int:
    """Where the bundle ends in several entries in a row, the last of them, else -1.

    However far ahead they are: what is between was removed and the rest moved up.
    """
    runs = _runs(seen)
    return runs[-1][1].seq if runs and runs[-1][0] is not runs[-1][1] else -1


def _runs(items: Iterable[Seen]) -> list[tuple[Seen, Seen]]:
    """Items that follow each other in number and place, as (first, last)."""
    runs: list[tuple[Seen, Seen]] = []
    for item in items:
        last = runs[-1][1] if runs else None
        if last and (item.seq, item.position) == (last.seq + 1, last.position + 1):
            runs[-1] = (runs[-1][0], item)
        else:
            runs.append((item, item))
    return runs


def _order(ordinary: Sequence[Seen], made: Diagnosis) -> list[Seen]:
    """Sort by number, reporting what stood elsewhere or more than once."""
    ordered: list[Seen] = []
    for item in sorted(ordinary, key=lambda item: item.seq):
        if ordered and ordered[-1].seq == item.seq:
            made.add(item.seq, item.seq, f"repeated: found again at position {item.position}")
        else:
            ordered.append(item)
    kept = {id(item) for item in ordered}
    as_read = [item.seq for item in ordinary if id(item) in kept]
    moved = [a for a, b in zip(as_read, (item.seq for item in ordered), strict=True) if a != b]
    if len(moved) == 2:  # noqa: PLR2004 - a swap has two ends
        first, second = sorted(moved)
        made.defects.append((f"entry {first}", f"reordered: changed places with entry {second}"))
    elif moved:
        made.add(min(moved), max(moved), "reordered: not in the order of their numbers")
    return ordered


def _find_gaps(ordered: Sequence[Seen], expected: int, made: Diagnosis) -> None:
    for item in ordered:
        if item.seq > expected:
            after = f"entry {item.seq} follows" if expected else f"entry {item.seq} comes first"
            made.add(expected, item.seq - 1, f"removed: {after}")
        expected = item.seq + 1


def _check_links(
    ordered: Sequence[Seen], before: Seen | None, recorded: dict[int, bytes], made: Diagnosis
) -> None:
    """Check ``prev`` between neighbours, and name the changed one of two that disagree."""
    chain = [before, *ordered] if before is not None else list(ordered)
    for place, (left, right) in enumerate(pairwise(chain)):
        if right.seq != left.seq + 1 or right.fields is None:
            continue
        if right.prev == left.leaf.hex() or left.disowned:
            continue
        after = chain[place + 2] if place + 2 < len(chain) else None
        _name_culprit(left, right, after, recorded, made)


def _name_culprit(
    left: Seen, right: Seen, after: Seen | None, recorded: dict[int, bytes], made: Diagnosis
) -> None:
    if left.seq < 0:
        right.disowned = True
        made.add(right.seq, right.seq, "changed: prev of the first entry is not zeros")
        return
    left_vouched = _vouched(left, None, recorded)
    right_vouched = _vouched(right, after, recorded)
    if right_vouched is False and left_vouched is not False:
        right.disowned = True
        made.add(right.seq, right.seq, f"changed: it does not follow entry {left.seq}")
    elif left_vouched is False or right_vouched:
        left.disowned = True
        made.add(left.seq, left.seq, f"changed: entry {right.seq} follows another one")
    else:
        left.disowned = right.disowned = True
        made.add(
            left.seq,
            right.seq,
            f"changed: entry {right.seq} does not follow {left.seq}; one of the two",
        )


def _vouched(item: Seen, after: Seen | None, recorded: dict[int, bytes]) -> bool | None:
    """Whether a witness knows the entry as it is; None where there is no witness."""
    if item.seq in recorded and recorded[item.seq] != item.leaf:
        return False
    if after is not None and after.seq == item.seq + 1 and after.fields is not None:
        return after.prev == item.leaf.hex()
    return None


def _compare_with_tile(
    ordered: Sequence[Seen], recorded: dict[int, bytes], made: Diagnosis
) -> None:
    for item in ordered:
        if not item.disowned and recorded.get(item.seq, item.leaf) != item.leaf:
            made.doubtful.append(item.seq)
