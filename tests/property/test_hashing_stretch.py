"""The straight path takes a bundle exactly where each entry parses and follows the one before."""

from typing import Any

import orjson
from hypothesis import event, given, settings
from hypothesis import strategies as st

from hashing.entry import ZERO_PREV, parse
from hashing.entry_walk import Bundle, EntryWalk
from hashing.errors import IntegrityError
from hashing.findings import FindingList
from hashing.ranges import SeqRanges
from tests.logbook import Logbook, leaf

OBJECTS = [orjson.loads(raw) for raw in Logbook().fill(70).entries]

scalars = (
    st.none()
    | st.booleans()
    | st.integers(-2, 2)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.sampled_from(["", "a", "stop", "unknown", "c" * 32, "2026-01-01T00:00:00.000000Z"])
)
values = st.recursive(
    scalars,
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(["a", "b_1", "B", ""]), inner, max_size=2)
    ),
    max_leaves=6,
)
names = st.sampled_from([*sorted(OBJECTS[0]), "detail", "new", "New"])
changes = st.dictionaries(names, values, max_size=2)


def spelled(fields: dict[str, Any]) -> bytes:
    return orjson.dumps(fields, option=orjson.OPT_SORT_KEYS)


def holds(entries: list[bytes], first: int, prev: str | None) -> bool:
    """What the straight path promises, by parsing one entry after the other."""
    for seq, raw in enumerate(entries, first):
        try:
            entry = parse(raw)
        except IntegrityError:
            return False
        if entry.seq != seq or prev not in (None, entry.prev):
            return False
        prev = leaf(raw).hex()
    return True


@given(
    st.integers(0, 70),
    st.dictionaries(st.integers(0, 69), changes, max_size=2),
    st.sets(st.integers(0, 69), max_size=1),
    st.booleans(),
)
@settings(deadline=None, max_examples=300)
def test_the_straight_path_takes_what_parsing_takes(
    count: int, changed: dict[int, dict[str, Any]], unlinked: set[int], hole: bool
) -> None:
    first = 256 if hole else 0
    entries: list[bytes] = []
    for at, fields in enumerate(OBJECTS[:count]):
        prev = leaf(entries[-1]).hex() if entries else ZERO_PREV
        link = {"seq": first + at, "prev": "1" * 64 if at in unlinked else prev}
        entries.append(spelled(fields | link | changed.get(at, {})))
    walk = EntryWalk(first + count, FindingList(), SeqRanges(), None, check_bodies=False)
    if hole:
        walk.skip_to(first)
    leaves = [leaf(raw) for raw in entries]
    straight = walk.take(Bundle(first, count, entries, leaves, b""))
    event(f"straight: {straight}, changed: {bool(changed)}")
    assert straight == holds(entries, first, None if hole else ZERO_PREV)
