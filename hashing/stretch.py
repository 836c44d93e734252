"""Reads some dozens of entries at once, by the columns of their common fields.

What :func:`hashing.entry.parse` asks of one entry is asked here of all, at a fraction of the
cost: a column holds values of one type, and of the values that many entries share each
distinct one is looked at once. Which entry is at fault, and of what, is not said; parsing
them one by one says it.

Two things are left to the caller: that no entry is longer than a bundle's length can say,
and ``prev``, which is either compared with the leaf hash it should be or checked by
:func:`hashing.entry.check_common`.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import chain
from operator import itemgetter
from typing import Any

from hashing import canonical
from hashing.entry import COMMON_FORMS, FORMAT_VERSION, MalformedEntry, check_time

STRETCH = 32
"""As many entries as are read at once: few enough for the processor's cache."""

_COLUMNS = itemgetter(
    "v", "seq", "mono_ms", "time", "act", "clock", "station", "boot", "actor", "prev"
)


@dataclass(frozen=True, slots=True)
class Stretch:
    """Entries that were read together, and some of their columns.

    Attributes:
        objects: The decoded entries.
        seq: Their numbers: integers of 0 and above.
        prev: What they say the leaf hash before is. Not checked, of whatever type.
        time: Their times, in the form of the log.
        boot: Their boots.
        acts: Their distinct acts.
    """

    objects: list[dict[str, Any]]
    seq: tuple[int, ...]
    prev: tuple[Any, ...]
    time: tuple[str, ...]
    boot: tuple[str, ...]
    acts: frozenset[str]


def read_stretch(entries: Sequence[bytes]) -> Stretch:
    """Read entries, of which there is at least one.

    Raises:
        IntegrityError: One of them is not an entry.
    """
    objects = canonical.decode_all(entries)
    try:
        rows = [_COLUMNS(fields) for fields in objects]
    except KeyError as error:
        raise MalformedEntry(f"an entry lacks {error}") from error
    v, seq, mono_ms, time, act, clock, station, boot, actor, prev = zip(*rows, strict=True)
    if {*map(type, chain(v, seq, mono_ms))} != {int}:
        raise MalformedEntry("an entry has a count that is not an integer")
    if {*map(type, chain(time, act, clock, station, boot, actor))} != {str}:
        raise MalformedEntry("an entry has a common field that is not text")
    if {*v} != {FORMAT_VERSION} or min(seq) < 0 or min(mono_ms) < 0:
        raise MalformedEntry("an entry has another version or a negative count")
    for name, column in (("act", act), ("clock", clock), ("boot", boot)):
        if not all(map(COMMON_FORMS[name], {*column})):
            raise MalformedEntry(f"an entry has a malformed {name}")
    for text in time:
        check_time(text)
    return Stretch(objects, seq, prev, time, boot, frozenset(act))
