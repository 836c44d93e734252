"""The listing as entries: durable before the first byte is copied."""

import os
from collections.abc import Iterator, Mapping
from typing import Any

import orjson

from archive.ingest.arrival import LARGEST, clamped_us
from archive.log.writer import Draft
from drivers.recorder import Listing
from hashing.entry import MAX_ENTRY_BYTES, Act
from hashing.paths import path_fields

PART_BYTES = MAX_ENTRY_BYTES - 4096
"""Room for records in one part; the rest is for what every part repeats."""


def _records(listing: Listing) -> Iterator[tuple[str, dict[str, Any]]]:
    for file in listing.files:
        yield (
            "files",
            {
                **path_fields(file.path),
                "size_bytes": min(file.size_bytes, LARGEST),
                "mtime_us": clamped_us(file.mtime_us),
                "mtime_zone": file.mtime_zone.value,
            },
        )
    for skipped in listing.skipped:
        yield "skipped", {**path_fields(skipped.path), "reason": skipped.reason.value}
    for unreadable in listing.unreadable:
        yield "unreadable", {**path_fields(unreadable.path), "detail": unreadable.detail}


def _parts(listing: Listing) -> list[Mapping[str, list[dict[str, Any]]]]:
    parts: list[dict[str, list[dict[str, Any]]]] = []
    room = 0
    for kind, record in _records(listing):
        length = len(orjson.dumps(record)) + 1
        if not parts or length > room:
            parts.append({"files": [], "skipped": [], "unreadable": []})
            room = PART_BYTES
        parts[-1][kind].append(record)
        room -= length
    return list(parts) or [{"files": [], "skipped": [], "unreadable": []}]


def inventory_drafts(docking: str, listing: Listing, actor: str) -> list[Draft]:
    """The ``inventory`` entries of a docking, in order; valid once the last is durable."""
    parts = _parts(listing)
    common = {
        "docking": docking,
        "batch": os.urandom(16).hex(),
        "parts": len(parts),
        "found": listing.found,
    }
    return [
        Draft(Act.INVENTORY, {**common, "part": number, **part}, actor)
        for number, part in enumerate(parts, 1)
    ]
