"""What a simulated card is to hold, before anything is written.

A plan is plain data: two equal plans laid out from the same clips give the same bytes,
names and times, so that a test can say what it expects without looking.
"""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum


class Firmware(StrEnum):
    """A family of firmwares, by how it names and places its files."""

    ZFY = "zfy"
    """Android: ``DCIM/100ANDRO``, important copies in ``101ANDRO``, a ring in ``SEGTEMP``."""
    DATED = "dated"
    """``<device>/<officer>/<yyyyMMdd>/<14 digits>_<NNNN>[IMP].mp4``."""
    DCAM = "dcam"
    """``DCIM/DCAM_<device>_<user>_<YYYYMMDD>_<HHMMSS>[_IMP].mp4``."""
    BOBLOV = "boblov"
    """``FILE/100china`` and a log a day in ``LOG``."""
    MOVI = "movi"
    """``DCIM/100MEDIA/MOVI0001.avi``: a counter that every other recorder has too."""


class LastSegment(StrEnum):
    """How the last recording ends."""

    WHOLE = "whole"
    CUT = "cut"
    """The tail was never written."""
    NO_MOOV = "no_moov"
    """The battery died before the index of the MP4 was written."""
    ZERO_TAIL = "zero_tail"
    """The file has its length, but its second half holds only zeros."""


MARKS_IMPORTANCE = frozenset({Firmware.ZFY, Firmware.DATED, Firmware.DCAM})
LOG_DAYS_KEPT = 7


@dataclass(frozen=True, slots=True)
class CardPlan:
    """One card.

    Attributes:
        firmware: Whose ways the card follows.
        device: The recorder's number, where the firmware writes it into names.
        officer_no: The officer's number, likewise. Invented.
        start: Wall clock of the first recording, without a zone.
        zone: IANA name of the zone the recorder's clock is set to.
        recordings: How many counters are used up, holes included.
        segment_s: Length of each recording in seconds.
        first_counter: Counter of the first recording.
        holes: Counters whose recording is missing.
        important: Counters that were marked important: the same bytes under a second name.
        prerecord: How many segments the pre-record ring holds; they overlap what follows.
        last_segment: How the last recording ends.
        log_days: For how many days there is a device log.
        fat_times: Whether times are those of a FAT: local digits in steps of two seconds.
        zero_byte: Whether one more recording has a name and nothing in it.
        hostile_names: Whether names are added that no program likes.
        symlink: Whether a symbolic link lies on the card.
        fifo: Whether a named pipe lies on the card.

    Raises:
        ValueError: The firmware has no such feature, or a counter lies outside the plan.
    """

    firmware: Firmware
    device: str = "4560001"
    officer_no: str = "100001"
    start: datetime = field(default=datetime(2024, 3, 1, 8, 30, 1))  # noqa: DTZ001 - wall clock
    zone: str = "Asia/Shanghai"
    recordings: int = 4
    segment_s: int = 300
    first_counter: int = 1
    holes: frozenset[int] = frozenset()
    important: frozenset[int] = frozenset()
    prerecord: int = 0
    last_segment: LastSegment = LastSegment.WHOLE
    log_days: int = 0
    fat_times: bool = False
    zero_byte: bool = False
    hostile_names: bool = False
    symlink: bool = False
    fifo: bool = False

    def __post_init__(self) -> None:
        if not self.holes <= set(self.counters) or not self.important <= set(self.written):
            raise ValueError("holes and important recordings must lie among the counters")
        if self.important and self.firmware not in MARKS_IMPORTANCE:
            raise ValueError(f"{self.firmware} does not mark importance")
        if self.prerecord and self.firmware is not Firmware.ZFY:
            raise ValueError(f"{self.firmware} has no pre-record ring")
        if self.log_days and self.firmware is not Firmware.BOBLOV:
            raise ValueError(f"{self.firmware} keeps no log")

    @property
    def name(self) -> str:
        """A name for the card's folder."""
        return f"{self.firmware}-{self.device}"

    @property
    def counters(self) -> range:
        """Every counter that was used up."""
        return range(self.first_counter, self.first_counter + self.recordings)

    @property
    def written(self) -> tuple[int, ...]:
        """The counters whose recording is on the card."""
        return tuple(counter for counter in self.counters if counter not in self.holes)

    def begins(self, counter: int) -> datetime:
        """When the recording with this counter begins: segments follow one another."""
        return self.start + timedelta(seconds=(counter - self.first_counter) * self.segment_s)
