"""The answers that a piece of the museum must go on giving."""

from typing import Any

from archive.catalog.catalog import Catalog
from archive.catalog.rows import FindQuery
from evidence_daemon.service.reading import event_json, row_json


def answers(catalog: Catalog) -> dict[str, Any]:
    """What a catalog says of every recording, and of its history."""
    rows = [row_json(row) for row in catalog.find(FindQuery())]
    return {
        "recordings": rows,
        "custody": {
            str(row["id"]): [event_json(event) for event in catalog.custody(str(row["id"]))]
            for row in rows
        },
    }
