"""The catalog: an index projected from the log. What to know of it stands in ``catalog``."""

from archive.catalog.catalog import Catalog
from archive.catalog.compare import Difference
from archive.catalog.errors import AmbiguousId, CatalogGap
from archive.catalog.rows import (
    Counts,
    DockingRow,
    EventRow,
    FindQuery,
    ObjectRow,
    Occurrence,
    QuarantineRow,
    RecordingRow,
    RecordingState,
    ReplicaRow,
)

__all__ = [
    "AmbiguousId",
    "Catalog",
    "CatalogGap",
    "Counts",
    "Difference",
    "DockingRow",
    "EventRow",
    "FindQuery",
    "ObjectRow",
    "Occurrence",
    "QuarantineRow",
    "RecordingRow",
    "RecordingState",
    "ReplicaRow",
]
