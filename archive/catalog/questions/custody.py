"""The history of a recording: every entry that concerns it; and the station's own."""

from operator import attrgetter
from typing import Any

import orjson
from sqlalchemy import Connection, Row, Select, and_, or_, select

from archive.catalog.projection import DOCKING, OBJECT, RECORDING, SETTINGS, STATION
from archive.catalog.questions.occurrences import occurrences_of
from archive.catalog.rows import EventRow, Occurrence
from archive.catalog.schema import events

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
    seen = occurrences_of(connection, recording_id)
    digests = {occurrence.sha256 for occurrence in seen}
    dockings = {occurrence.docking for occurrence in seen}
    statement: Select[Any] = select(*_COLUMNS).where(
        or_(
            and_(events.c.kind == RECORDING, events.c.subject == recording_id),
            and_(events.c.kind == OBJECT, events.c.subject.in_(digests)),
            and_(events.c.kind == DOCKING, events.c.subject.in_(dockings)),
        )
    )
    told = [_event(found) for found in connection.execute(statement)]
    return sorted([*map(_seen, seen), *told], key=attrgetter("seq"))


def last_settings(connection: Connection) -> dict[str, Any] | None:
    """What the newest ``config`` entry says; None without one."""
    statement = (
        select(events.c.summary)
        .where(events.c.kind == STATION, events.c.subject == SETTINGS)
        .order_by(events.c.seq.desc())
        .limit(1)
    )
    summary = connection.scalar(statement)
    return None if summary is None else dict(orjson.loads(summary))


def _event(found: Row[Any]) -> EventRow:
    values = found._asdict()
    summary = orjson.loads(values.pop("summary"))
    return EventRow(**values, summary=summary)


def _seen(occurrence: Occurrence) -> EventRow:
    """An occurrence as an event; what goes without saying is left out."""
    always = {
        "path": occurrence.path,
        "complete": occurrence.complete,
        "proof": occurrence.proof,
    }
    rarely = {
        "path_b64": occurrence.path_b64,
        "unreadable": occurrence.unreadable,
        "changed": occurrence.changed,
        "recovered": occurrence.recovered,
    }
    return EventRow(
        seq=occurrence.seq,
        time_us=occurrence.time_us,
        act=occurrence.act,
        actor=occurrence.actor,
        kind=RECORDING,
        docking=occurrence.docking,
        summary=always | {name: value for name, value in rarely.items() if value},
    )
