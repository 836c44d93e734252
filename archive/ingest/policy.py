"""How arrivals are taken in: what configuration says, and how they are grouped."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from archive.ingest.arrival import Arrival
from hashing.digest import Algorithm

SMALL_BYTES = 1024 * 1024
"""Files up to this size share their syncs."""
GROUP_FILES = 200
GROUP_BYTES = 64 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class IntakePolicy:
    """What configuration says about taking files in.

    Attributes:
        algorithms: Digests to make beside SHA-256.
        read_back: Whether every object is read back from the disk before it counts.
        reserve_bytes: Free bytes of the archive's disk below which nothing is taken.
        buffer_bytes: Memory for the buffers of all copies together.
    """

    algorithms: tuple[Algorithm, ...] = (Algorithm.SHA256, Algorithm.SM3)
    read_back: bool = True
    reserve_bytes: int = 256 * 1024 * 1024
    buffer_bytes: int = 64 * 1024 * 1024


def is_small(arrival: Arrival) -> bool:
    """Whether a file shares its syncs with others."""
    return arrival.size_bytes <= SMALL_BYTES


def groups(arrivals: Sequence[Arrival]) -> Iterator[list[Arrival]]:
    """Cut arrivals, in their order, into groups that share their syncs.

    A large file is a group of its own; small ones gather until the group is full.
    """
    group: list[Arrival] = []
    room = GROUP_BYTES
    for arrival in arrivals:
        fits = is_small(arrival) and len(group) < GROUP_FILES and arrival.size_bytes <= room
        if group and not fits:
            yield group
            group, room = [], GROUP_BYTES
        group.append(arrival)
        room -= arrival.size_bytes
        if not is_small(arrival):
            yield group
            group, room = [], GROUP_BYTES
    if group:
        yield group
