"""A bureau's recorders: many plans of mixed firmwares, the same for the same seed."""

import random
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta

from drivers.simulator.plan import (
    LOG_DAYS_KEPT,
    MARKS_IMPORTANCE,
    CardPlan,
    Firmware,
    LastSegment,
)

MOST = 99
_FIRST_DEVICE = 4_560_001
_FIRST_OFFICER = 100_001
_DAMAGED_SHARE = 0.2
_HOLE_SHARE = 0.3


def bureau(count: int, seed: int = 0) -> Iterator[CardPlan]:
    """Plans for so many recorders, every firmware among any five that follow one another.

    Args:
        count: How many, at most 99.
        seed: Chooses among bureaus.

    Raises:
        ValueError: A bureau has no more than 99 recorders.
    """
    if not 0 <= count <= MOST:
        raise ValueError(f"a bureau has at most {MOST} recorders, not {count}")
    chance = random.Random(seed)  # noqa: S311 - a simulation, not a secret
    firmwares = list(Firmware)
    chance.shuffle(firmwares)
    for index in range(count):
        yield _plan(index, firmwares[index % len(firmwares)], chance)


def _plan(index: int, firmware: Firmware, chance: random.Random) -> CardPlan:
    blank = CardPlan(firmware)
    plan = replace(
        blank,
        device=f"{_FIRST_DEVICE + index}",
        officer_no=f"{_FIRST_OFFICER + index}",
        start=blank.start + timedelta(seconds=chance.randrange(4 * 3600)),
        recordings=chance.randrange(3, 9),
        first_counter=chance.randrange(1, 9000),
        fat_times=firmware is not Firmware.ZFY,
        prerecord=2 if firmware is Firmware.ZFY else 0,
        log_days=LOG_DAYS_KEPT if firmware is Firmware.BOBLOV else 0,
        last_segment=_ending(chance),
    )
    plan = replace(plan, holes=_hole(plan, chance))
    important = plan.written[:1] if firmware in MARKS_IMPORTANCE else ()
    return replace(plan, important=frozenset(important))


def _ending(chance: random.Random) -> LastSegment:
    broken = (LastSegment.CUT, LastSegment.NO_MOOV, LastSegment.ZERO_TAIL)
    return chance.choice(broken) if chance.random() < _DAMAGED_SHARE else LastSegment.WHOLE


def _hole(plan: CardPlan, chance: random.Random) -> frozenset[int]:
    """One missing counter between others, in some recorders."""
    if chance.random() >= _HOLE_SHARE:
        return frozenset()
    return frozenset({chance.choice(plan.counters[1:-1])})
