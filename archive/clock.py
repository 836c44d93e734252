"""The station's clocks, as every entry records them.

The wall clock may be wrong and may jump; the entry therefore carries beside it the time since
boot, the boot's identity, and what the kernel itself says of the clock's synchronisation.
"""

import ctypes
import time
from functools import cache
from pathlib import Path

from hashing.entry import Stamp, format_time

_BOOT_ID = Path("/proc/sys/kernel/random/boot_id")
_STA_UNSYNC = 0x0040
_TIME_ERROR = 5


class _Timex(ctypes.Structure):
    # struct timex of adjtimex(2); only `modes` is written and `status` read.
    _fields_ = (
        ("modes", ctypes.c_uint),
        ("offset", ctypes.c_long),
        ("freq", ctypes.c_long),
        ("maxerror", ctypes.c_long),
        ("esterror", ctypes.c_long),
        ("status", ctypes.c_int),
        ("rest", ctypes.c_byte * 256),
    )


_libc = ctypes.CDLL(None, use_errno=True)


def clock_state() -> str:
    """What the kernel says of the wall clock: ``synchronised``, ``unsynchronised``, ``unknown``.

    Source: adjtimex(2) with ``modes`` 0, which reads without setting anything.
    """
    timex = _Timex()
    try:
        state = _libc.adjtimex(ctypes.byref(timex))
    except AttributeError:
        return "unknown"
    if state < 0:
        return "unknown"
    unsynchronised = state == _TIME_ERROR or timex.status & _STA_UNSYNC
    return "unsynchronised" if unsynchronised else "synchronised"


@cache
def boot_id() -> str:
    """This boot's identity: 32 hexadecimal characters (zeros where the kernel has none)."""
    try:
        return _BOOT_ID.read_text("ascii").strip().replace("-", "")
    except OSError:
        return "0" * 32


def now_us() -> int:
    """The wall clock in microseconds since 1970, UTC."""
    return time.time_ns() // 1000


class StationClock:
    """Makes the stamps of one station's entries.

    Args:
        station: The station's name, as the log's origin has it.
    """

    def __init__(self, station: str) -> None:
        self.station = station
        self._boot = boot_id()

    def stamp(self, actor: str) -> Stamp:
        """The stamp of an entry that ``actor`` causes now."""
        return Stamp(
            time=format_time(now_us()),
            mono_ms=time.clock_gettime_ns(time.CLOCK_BOOTTIME) // 1_000_000,
            clock=clock_state(),
            station=self.station,
            boot=self._boot,
            actor=actor,
        )
