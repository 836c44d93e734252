"""What questions to the catalog return, and what they ask with. Times are microseconds UTC."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final, NamedTuple


class RecordingState(StrEnum):
    """How a recording lies in the archive."""

    ARCHIVED = "archived"
    ARCHIVED_INCOMPLETE = "archived_incomplete"


class RecordingRow(NamedTuple):
    """A recording: one content from one recorder. A tuple, for long answers hold thousands.

    Attributes:
        id: 32 hexadecimal characters.
        original_name: Last part of ``path``.
        path: Where it lay on the recorder when it was first seen.
        path_b64: The path's raw bytes in base64, where the text is not exact.
        officer: Who had the recorder then, as far as known.
        docking: The docking that first brought it.
        recorded_at_us: When it was made, as ``recorded_at_source`` says: ``name`` or ``mtime``.
        collected_at_us: When the archive first had it.
        media: What its name says it is; None for an unknown grammar.
        counter: The running number in its name.
        important: Whether any of its names carried the importance mark.
        name_parsed: Whether its name follows a known grammar.
        cases: Numbers of the cases it is linked to.
    """

    id: str
    sha256: str
    sm3: str | None
    size_bytes: int
    original_name: str
    path: str
    path_b64: str | None
    recorder: str
    officer: str | None
    docking: str
    recorded_at_us: int
    recorded_at_source: str
    collected_at_us: int
    media: str | None
    counter: int | None
    important: bool
    name_parsed: bool
    state: RecordingState
    cases: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class FindQuery:
    """Which recordings are wanted; what is None does not restrict.

    Attributes:
        from_us: Made at this time or later.
        to_us: Made before this time.
        unlinked: Only those that belong to no case.
        text: Stands somewhere in the path, letters of either case (a to z).
        limit: At most so many.
        after: Only those behind this place in the order: ``recorded_at_us`` and ``id`` of the
            last row already seen.
    """

    officer: str | None = None
    recorder: str | None = None
    from_us: int | None = None
    to_us: int | None = None
    unlinked: bool = False
    text: str | None = None
    limit: int | None = None
    after: tuple[int, str] | None = None


@dataclass(frozen=True, slots=True)
class Occurrence:
    """One time a recording was seen on its recorder.

    Attributes:
        seq: The entry that says so.
        act: Of that entry: ``ingest`` or ``sighting``.
        sample: SHA-256 over the sampled blocks.
        proof: ``content`` where the file was read whole, else ``metadata``.
        unreadable: Extents that could not be read: offset and length in bytes.
        changed: Whether the file changed while it was copied, and was copied again.
        recovered: Whether the entry was written after a crash, from the intent.
    """

    seq: int
    time_us: int
    act: str
    actor: str
    recording: str
    sha256: str
    sm3: str | None
    size_bytes: int
    recorder: str
    docking: str
    path: str
    path_b64: str | None
    mtime_us: int
    mtime_zone: str
    sample: str
    complete: bool
    important: bool
    proof: str
    unreadable: tuple[tuple[int, int], ...]
    changed: bool
    recovered: bool


@dataclass(frozen=True, slots=True)
class ObjectRow:
    """Stored bytes. ``seq`` is the entry that first named them."""

    seq: int
    sha256: str
    sm3: str | None
    size_bytes: int
    complete: bool


@dataclass(frozen=True, slots=True)
class ReplicaRow:
    """The last word of the log on an object in a store."""

    sha256: str
    store: str
    present: bool
    seq: int
    time_us: int


LOWEST: Final = "0" * 64
"""Before every digest: where a pass over a store begins."""
HIGHEST: Final = "f" * 64
"""After every digest: where a pass ends."""


@dataclass(frozen=True, slots=True)
class HeldObject:
    """An object that a store should hold as far as the log says."""

    sha256: str
    size_bytes: int


@dataclass(frozen=True, slots=True)
class FixityRow:
    """A stretch of a store that was read again.

    Attributes:
        seq: The entry that says so.
        time_us: When it was logged.
        began_us: When the reading began.
        after: The digest before the first.
        through: The last digest.
        objects: How many objects were read or found missing.
        size_bytes: Their bytes.
        failures: How many of them failed.
    """

    seq: int
    time_us: int
    store: str
    began_us: int
    after: str
    through: str
    objects: int
    size_bytes: int
    failures: int


@dataclass(frozen=True, slots=True)
class WantedCopy:
    """An object that a store does not hold. ``seq`` is the entry that last said so."""

    sha256: str
    seq: int


@dataclass(frozen=True, slots=True)
class EventRow:
    """An entry that concerns a recording: itself, its bytes, or a docking it was seen in.

    Attributes:
        kind: ``recording``, ``object`` or ``docking``: what of it the entry speaks of.
        summary: The entry's fields that a reader wants.
    """

    seq: int
    time_us: int
    act: str
    actor: str
    kind: str
    docking: str | None
    summary: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class DockingRow:
    """A docking, from ``dock`` to ``undock``; what is not known yet is None.

    Attributes:
        inventory_parts: Parts that the latest inventory has.
        inventory_parts_seen: How many of them are logged; the inventory counts when equal.
        skipped: Names that are no regular file, by reason.
        size_bytes: Bytes copied.
        truncated_us: When a start after a crash found that it never ended.
    """

    docking: str
    seq: int
    docked_us: int
    slot: str | None
    driver: str
    source: str
    timezone: str
    recorder: str | None
    basis: str | None
    officer: str | None
    officer_source: str | None
    clock_offset_ms: int | None
    clock_uncertainty_ms: int | None
    inventory_parts: int | None
    inventory_parts_seen: int | None
    inventory_found: int | None
    custodian: str | None
    undocked_us: int | None
    state: str | None
    interrupted: bool | None
    found: int | None
    new: int | None
    known: int | None
    failed: int | None
    skipped: Mapping[str, int] | None
    size_bytes: int | None
    truncated_us: int | None

    @property
    def is_open(self) -> bool:
        """Whether it has neither ended nor been found cut off."""
        return self.undocked_us is None and self.truncated_us is None


@dataclass(frozen=True, slots=True)
class QuarantineRow:
    """A file that could not become evidence. ``kept_as`` names what was kept of it."""

    seq: int
    time_us: int
    docking: str | None
    recorder: str | None
    path: str
    path_b64: str | None
    reason: str
    detail: str
    sha256: str | None
    size_bytes: int | None
    kept_as: str | None


@dataclass(frozen=True, slots=True)
class AnchorRow:
    """Somebody else vouches for the first entries of the log.

    Attributes:
        seq: The entry that says so.
        kind: ``stamp``: the token of a time-stamping authority; ``witness``: a cosignature.
        name: Who.
        size: For how many entries.
        root: The root over them, in hexadecimal.
        time_us: By when they existed, as that one says.
        token_sha256: SHA-256 of the token's file; None for a cosignature.
        renews: The same of the token whose proof this one renews.
    """

    seq: int
    kind: str
    name: str
    size: int
    root: str
    time_us: int
    token_sha256: str | None
    renews: str | None


@dataclass(frozen=True, slots=True)
class Counts:
    """How much the catalog knows of."""

    recordings: int
    objects: int
    object_bytes: int
    occurrences: int
    dockings: int
    open_dockings: int
    quarantined: int
