"""When a folder in the drop folder counts as a docked recorder. Pure.

A folder is *stable* when its whole listing (every name, size and time) has been the same for
``stable_s`` seconds, as seen by two scans at least. Then it has arrived. If its listing changes
after that and comes to rest again, that is told too: somebody copied more into it, and without
a word the rest would never be taken. A folder that is replaced by another of the same name, as
happens when a card is mounted over it, is removed and arrives anew.

An empty folder has not arrived, because a slot's folder is empty as long as no card is mounted
on it. An empty card that is mounted there has.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from enum import StrEnum


class DropChange(StrEnum):
    """What happened to a folder in the drop folder."""

    ARRIVED = "arrived"
    CHANGED = "changed"
    REMOVED = "removed"


@dataclass(frozen=True, slots=True)
class Sight:
    """What a scan saw of one folder.

    Attributes:
        node: Which folder it is: device and inode.
        fingerprint: Of its listing; None when there is nothing in it to take.
    """

    node: tuple[int, int]
    fingerprint: str | None


@dataclass(frozen=True, slots=True)
class Settling:
    """What is known of one folder between scans.

    Attributes:
        sight: What the last scan saw.
        since_s: Monotonic time in seconds since which it is the same.
        announced: The fingerprint that was announced; None before the arrival.
    """

    sight: Sight
    since_s: float
    announced: str | None = None

    @property
    def is_settled(self) -> bool:
        """Whether there is nothing left to announce."""
        return self.sight.fingerprint in {None, self.announced}


def settle(
    known: Mapping[bytes, Settling], seen: Mapping[bytes, Sight], now_s: float, stable_s: float
) -> tuple[dict[bytes, Settling], list[tuple[DropChange, bytes]]]:
    """What is known after a scan, and what has happened.

    Args:
        known: What was known before it.
        seen: What it saw, by folder name.
        now_s: Monotonic time of the scan in seconds.
        stable_s: How long a listing must stay the same.
    """
    changes = list(_removals(known, seen))
    after = {}
    for name, sight in sorted(seen.items()):
        state = _observed(known.get(name), sight, now_s)
        if not state.is_settled and now_s - state.since_s >= stable_s:
            first = state.announced is None
            changes.append((DropChange.ARRIVED if first else DropChange.CHANGED, name))
            state = replace(state, announced=sight.fingerprint)
        after[name] = state
    return after, changes


def _removals(
    known: Mapping[bytes, Settling], seen: Mapping[bytes, Sight]
) -> Iterator[tuple[DropChange, bytes]]:
    """The announced folders that are gone, or are other folders now."""
    for name, state in sorted(known.items()):
        gone = name not in seen or seen[name].node != state.sight.node
        if gone and state.announced is not None:
            yield DropChange.REMOVED, name


def _observed(before: Settling | None, sight: Sight, now_s: float) -> Settling:
    """What is known of a folder once it was seen again."""
    if before is None or before.sight.node != sight.node:
        return Settling(sight, now_s)
    if before.sight.fingerprint != sight.fingerprint:
        return Settling(sight, now_s, before.announced)
    return before
