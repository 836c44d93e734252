"""Occurrences: was this file seen before, and where was this recording seen."""

from collections.abc import Collection
from typing import Any

import orjson
from sqlalchemy import Connection, Row, Select, select

from archive.catalog.projection import path_key
from archive.catalog.rows import Occurrence
from archive.catalog.schema import objects, occurrences, recordings
from hashing.paths import path_bytes

_COLUMNS = (
    occurrences.c.seq,
    occurrences.c.time_us,
    occurrences.c.act,
    occurrences.c.actor,
    recordings.c.id.label("recording"),
    objects.c.sha256,
    objects.c.sm3,
    occurrences.c.size_bytes,
    occurrences.c.recorder,
    occurrences.c.docking,
    occurrences.c.path,
    occurrences.c.path_b64,
    occurrences.c.mtime_us,
    occurrences.c.mtime_zone,
    occurrences.c.sample,
    occurrences.c.complete,
    occurrences.c.important,
    occurrences.c.proof,
    occurrences.c.unreadable,
    occurrences.c.changed,
    occurrences.c.recovered,
)


def same_occurrences(
    connection: Connection,
    recorder: str,
    files: Collection[tuple[bytes, int, int]],
    proof: str | None = None,
) -> dict[bytes, Occurrence]:
    """By path, the latest occurrence on this recorder of each file (path, size, time).

    With ``proof``, the latest of those that rest on it.
    """
    wanted = {path: (size_bytes, mtime_us) for path, size_bytes, mtime_us in files}
    statement = (
        _occurrences()
        .where(
            occurrences.c.recorder == recorder,
            # The time leads in the index: a card's newest files lie side by side there.
            occurrences.c.mtime_us.in_({mtime_us for _, mtime_us in wanted.values()}),
            occurrences.c.path_key.in_([path_key(path) for path in wanted]),
        )
        .order_by(occurrences.c.seq)
    )
    if proof is not None:
        statement = statement.where(occurrences.c.proof == proof)
    same: dict[bytes, Occurrence] = {}
    for row in map(_row, connection.execute(statement)):
        path = _raw_path(row)
        if wanted.get(path) == (row.size_bytes, row.mtime_us):
            same[path] = row
    return same


def has_occurrence(connection: Connection, docking: str, path: bytes, recording: str) -> bool:
    """Whether the file at this path was taken or sighted as this recording in this docking."""
    statement = _occurrences().where(
        occurrences.c.docking == docking,
        occurrences.c.path_key == path_key(path),
        recordings.c.id == recording,
    )
    return _first_at(connection, statement, path) is not None


def occurrences_of(connection: Connection, recording_id: str) -> list[Occurrence]:
    """Every time a recording was seen, in the order of the log."""
    statement = _occurrences().where(recordings.c.id == recording_id).order_by(occurrences.c.seq)
    return [_row(found) for found in connection.execute(statement)]


def _occurrences() -> Select[Any]:
    return (
        select(*_COLUMNS)
        .join(recordings, recordings.c.seq == occurrences.c.recording)
        .join(objects, objects.c.sha256 == recordings.c.sha256)
    )


def _first_at(connection: Connection, statement: Select[Any], path: bytes) -> Occurrence | None:
    """The first found whose path is the same to the byte: a key alone proves nothing."""
    with connection.execute(statement) as found:
        rows = map(_row, found)
        return next((row for row in rows if _raw_path(row) == path), None)


def _raw_path(occurrence: Occurrence) -> bytes:
    return path_bytes({"path": occurrence.path, "path_b64": occurrence.path_b64})


def _row(found: Row[Any]) -> Occurrence:
    values = found._asdict()
    extents = orjson.loads(values.pop("unreadable") or "[]")
    return Occurrence(**values, unreadable=tuple((start, length) for start, length in extents))
