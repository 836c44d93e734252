"""Where each firmware puts its files and how it names them. Pure: a plan in, names out.

The form of the media names of ``FILE/100china`` is not documented anywhere; date, time and
counter stand in for it.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from drivers.simulator.plan import CardPlan, Firmware, LastSegment

_PRERECORD_S = 30
"""How long a segment of the pre-record ring is."""


class Role(StrEnum):
    """What a laid-out file is."""

    RECORDING = "recording"
    IMPORTANT_COPY = "important_copy"
    PRERECORD = "prerecord"
    ZERO_BYTE = "zero_byte"
    LOG = "log"
    HOSTILE = "hostile"


@dataclass(frozen=True, slots=True)
class PlannedRecording:
    """A media file to be laid out.

    Attributes:
        path: Relative to the card's root, without its extension.
        role: What it is.
        serial: Names its content: equal serials mean equal bytes.
        counter: Its running number.
        ends: Wall clock when its last byte was written.
        ending: How its content ends.
    """

    path: str
    role: Role
    serial: str
    counter: int
    ends: datetime
    ending: LastSegment = LastSegment.WHOLE


def planned_recordings(plan: CardPlan) -> Iterator[PlannedRecording]:
    """Every media file of a plan, in the order of recording."""
    for counter in plan.written:
        last = counter == plan.written[-1]
        ending = plan.last_segment if last else LastSegment.WHOLE
        yield _recording(plan, counter, Role.RECORDING, ending)
        if counter in plan.important:
            yield _recording(plan, counter, Role.IMPORTANT_COPY, ending)
    for number in range(plan.prerecord):
        yield _ring_segment(plan, number)
    if plan.zero_byte:
        yield _recording(plan, plan.counters.stop, Role.ZERO_BYTE, LastSegment.WHOLE)


def _recording(plan: CardPlan, counter: int, role: Role, ending: LastSegment) -> PlannedRecording:
    begins = plan.begins(counter)
    path = _path(plan, begins, counter, important=role is Role.IMPORTANT_COPY)
    ends = begins + timedelta(seconds=plan.segment_s)
    return PlannedRecording(path, role, _serial(plan, counter), counter, ends, ending)


def _ring_segment(plan: CardPlan, number: int) -> PlannedRecording:
    """A segment of the ring before the first recording; the last one overlaps its beginning."""
    seconds_before = (plan.prerecord - number) * _PRERECORD_S - _PRERECORD_S // 2
    begins = plan.start - timedelta(seconds=seconds_before)
    path = f"SEGTEMP/{plan.officer_no}_{plan.device}_{begins:%Y%m%d%H%M%S}_{number:04d}"
    ends = begins + timedelta(seconds=_PRERECORD_S)
    serial = f"{_serial(plan, number)} ring"
    return PlannedRecording(path, Role.PRERECORD, serial, number, ends)


def _serial(plan: CardPlan, counter: int) -> str:
    return f"recorder {plan.device} {plan.firmware} {plan.begins(counter):%Y%m%d%H%M%S} {counter}"


def _path(plan: CardPlan, begins: datetime, counter: int, *, important: bool) -> str:
    day, moment = f"{begins:%Y%m%d}", f"{begins:%H%M%S}"
    mark = "IMP" if important else ""
    match plan.firmware:
        case Firmware.ZFY:
            folder = "101ANDRO" if important else "100ANDRO"
            name = f"{plan.officer_no}_{plan.device}_{day}{moment}_{counter:04d}{mark}"
            return f"DCIM/{folder}/{name}"
        case Firmware.DATED:
            return f"{plan.device}/{plan.officer_no}/{day}/{day}{moment}_{counter:04d}{mark}"
        case Firmware.DCAM:
            mark = "_IMP" if important else ""
            return f"DCIM/DCAM_{plan.device}_{plan.officer_no}_{day}_{moment}{mark}"
        case Firmware.BOBLOV:
            return f"FILE/100china/{day}_{moment}_{counter:04d}"
        case Firmware.MOVI:
            return f"DCIM/100MEDIA/MOVI{counter:04d}"
