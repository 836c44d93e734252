"""The history of a recording: every entry that concerns it."""

import orjson
from sqlalchemy import Connection, RowMapping, and_, or_, select

from archive.catalog.projection import DOCKING, OBJECT, RECORDING
from archive.catalog.rows import EventRow
from archive.catalog.schema import events, occurrences, recordings

_COLUMNS = (
    events.c.seq,
    events.c.time_us,
    events.c.act,
    events.c.actor,
    events.c.kind,
    events.c.docking,
    events.c.summary,
)


def custody(connection: Connection, recording_id: str) -> list[EventRow]:
    """What happened to a recording, to its bytes, and in the dockings it was seen in.

    In the order of the log. Empty for a recording that is not known.
    """
    bytes_of = select(recordings.c.sha256).where(recordings.c.id == recording_id)
    seen_in = select(occurrences.c.docking).where(occurrences.c.recording == recording_id)
    statement = (
        select(*_COLUMNS)
        .where(
            or_(
                and_(events.c.kind == RECORDING, events.c.subject == recording_id),
                and_(events.c.kind == OBJECT, events.c.subject.in_(bytes_of)),
                and_(events.c.kind == DOCKING, events.c.subject.in_(seen_in)),
            )
        )
        .order_by(events.c.seq)
    )
    return [_row(found) for found in connection.execute(statement).mappings()]


def _row(found: RowMapping) -> EventRow:
    values = dict(found)
    summary = orjson.loads(values.pop("summary"))
    return EventRow(**values, summary=summary)
