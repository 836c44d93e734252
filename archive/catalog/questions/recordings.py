"""Recordings: the search, and the one that an id means."""

import re
from collections.abc import Collection
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    Enum,
    Select,
    case,
    exists,
    func,
    select,
    tuple_,
    type_coerce,
)

from archive.catalog import path_text
from archive.catalog.questions.ids import (
    ID_LENGTH,
    MATCHES_LISTED,
    ambiguous,
    beginning_with,
    hex_prefix,
)
from archive.catalog.rows import FindQuery, RecordingRow, RecordingState
from archive.catalog.schema import recordings
from archive.errors import NoSuchRecording

_STATE = type_coerce(
    case(
        (recordings.c.complete, RecordingState.ARCHIVED.value),
        else_=RecordingState.ARCHIVED_INCOMPLETE.value,
    ),
    Enum(RecordingState, native_enum=False, values_callable=list),
)
# In the order of RecordingRow: long answers are made of thousands of them.
_COLUMNS = (
    recordings.c.id,
    recordings.c.sha256,
    recordings.c.sm3,
    recordings.c.size_bytes,
    recordings.c.original_name,
    recordings.c.path,
    recordings.c.path_b64,
    recordings.c.recorder,
    recordings.c.officer,
    recordings.c.docking,
    recordings.c.recorded_at_us,
    recordings.c.recorded_at_source,
    recordings.c.collected_at_us,
    recordings.c.media,
    recordings.c.counter,
    recordings.c.important,
    recordings.c.name_parsed,
    _STATE,
)


def is_rare(connection: Connection, query: FindQuery) -> bool:
    """Whether a search asks for a text that few enough recordings have to begin with them."""
    return bool(query.text) and path_text.is_rare(connection, query.text or "")


def find_page(
    connection: Connection, query: FindQuery, rows: int, *, by_text: bool
) -> list[RecordingRow]:
    """The first recordings of a search, by time made and id.

    Args:
        connection: To the catalog.
        query: What is wanted.
        rows: At most so many.
        by_text: Begin with the recordings that may have the text; otherwise those that come
            next are looked through for it.
    """
    conditions = _conditions(query)
    if by_text and query.text:
        conditions.append(path_text.candidate(connection, query.text))
    statement: Select[Any] = (
        select(*_COLUMNS)
        .where(*conditions)
        .order_by(recordings.c.recorded_at_us, recordings.c.id)
        .limit(rows)
    )
    return [RecordingRow(*found) for found in connection.execute(statement).all()]


def recording(connection: Connection, prefix: str) -> RecordingRow:
    """The recording whose id begins with ``prefix``.

    Raises:
        NoSuchRecording: None does.
        AmbiguousId: Several do.
    """
    wanted = hex_prefix(prefix)
    if wanted is None:
        raise NoSuchRecording(f"not the id of a recording: {prefix[:ID_LENGTH]!r}")
    found = [RecordingRow(*row) for row in connection.execute(_beginning_with(wanted))]
    if not found:
        raise NoSuchRecording(f"no recording has an id that begins with {wanted[:ID_LENGTH]}")
    if len(found) > 1:
        raise ambiguous(wanted, [row.id for row in found])
    return found[0]


def has_recording(connection: Connection, recording_id: str) -> bool:
    """Whether a recording with this whole id is known."""
    return bool(connection.scalar(select(exists().where(recordings.c.id == recording_id))))


def known_recordings(connection: Connection, ids: Collection[str]) -> set[str]:
    """Those of the whole ids that are recordings."""
    return set(connection.scalars(select(recordings.c.id).where(recordings.c.id.in_(ids))))


def _beginning_with(prefix: str) -> Select[Any]:
    return (
        select(*_COLUMNS)
        .where(beginning_with(recordings.c.id, prefix))
        .order_by(recordings.c.id)
        .limit(MATCHES_LISTED + 1)
    )


def _conditions(query: FindQuery) -> list[ColumnElement[bool]]:
    """What a search asks of a row. No recording belongs to a case yet: all are unlinked."""
    made, conditions = recordings.c.recorded_at_us, []
    if query.officer is not None:
        conditions.append(recordings.c.officer == query.officer)
    if query.recorder is not None:
        conditions.append(recordings.c.recorder == query.recorder)
    if query.to_us is not None:
        conditions.append(made < query.to_us)
    if query.after is not None:
        conditions.append(tuple_(made, recordings.c.id) > tuple_(*query.after))
    if query.from_us is not None:
        conditions.append(made >= query.from_us)
    if query.text is not None:
        conditions.append(func.lower(recordings.c.path).like(_anywhere(query.text), escape="\\"))
    return conditions


def _anywhere(text: str) -> str:
    """The pattern that finds ``text``."""
    literal = re.sub(r"([\\%_])", r"\\\1", text)
    return f"%{path_text.lower(literal)}%"
