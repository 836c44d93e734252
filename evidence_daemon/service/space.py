"""How long the archive's disk lasts at the recent rate of intake."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from archive.catalog.catalog import Catalog
from archive.streams.space import free_bytes

RECENT_US = 7 * 24 * 3600 * 1_000_000
DOCKINGS_LOOKED_AT = 2000
_HOUR_US = 3600 * 1_000_000


@dataclass(frozen=True, slots=True)
class Space:
    """Room on the archive's disk.

    Attributes:
        free_bytes: What may still be taken in before intake stops.
        hours: How long that lasts at the rate of the last seven days; None while nothing was
            taken in.
        warning: Whether ``hours`` is below the configured warning, or nothing is left.
    """

    free_bytes: int
    hours: float | None
    warning: bool

    def as_json(self) -> dict[str, Any]:
        """The forecast for status and health."""
        hours = None if self.hours is None else round(self.hours, 1)
        return {"free_bytes": self.free_bytes, "hours": hours, "warning": self.warning}


def forecast(
    catalog: Catalog, root: Path, now_us: int, *, reserve_bytes: int, warning_h: float
) -> Space:
    """Look at the disk and at the last week's dockings.

    Args:
        catalog: Knows the dockings.
        root: The archive's folder.
        now_us: The present, microseconds since 1970.
        reserve_bytes: Free bytes at which intake stops.
        warning_h: Below how many hours to warn.
    """
    free = max(0, free_bytes(root) - reserve_bytes)
    recent = [
        docking
        for docking in catalog.dockings(limit=DOCKINGS_LOOKED_AT)
        if docking.docked_us >= now_us - RECENT_US and docking.size_bytes
    ]
    taken = sum(docking.size_bytes or 0 for docking in recent)
    if not taken:
        return Space(free, None, warning=free == 0)
    first_us = min(docking.docked_us for docking in recent)
    span_h = max(now_us - first_us, _HOUR_US) / _HOUR_US
    hours = free / (taken / span_h)
    return Space(free, hours, warning=hours < warning_h)
