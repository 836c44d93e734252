"""The few changes that the catalog knows, and their execution in groups.

Every verb changes one table. The rows of one table are changed in the order of their entries,
and a change reads nothing of another table but what never changes there again. So the result
does not depend on how a log is cut into groups, while a run of one verb becomes one
``executemany``.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from enum import StrEnum
from functools import lru_cache
from itertools import groupby
from operator import itemgetter
from typing import Any, Final, NamedTuple

from sqlalchemy import (
    ClauseElement,
    Connection,
    Dialect,
    Integer,
    Table,
    bindparam,
    case,
    func,
    literal_column,
    or_,
    select,
    update,
)
from sqlalchemy.dialects import postgresql, sqlite

from archive.catalog import schema

Insert = sqlite.Insert | postgresql.Insert
Row = dict[str, Any]


_OF_DOCKING: Final = "of_docking"
_OF_RECORDING: Final = "of_recording"


class Verb(StrEnum):
    """What is done to a row."""

    OBJECT = "object"
    RECORDING = "recording"
    OCCURRENCE = "occurrence"
    EVENT = "event"
    REPLICA = "replica"
    FIXITY = "fixity"
    QUARANTINE = "quarantine"
    DOCK = "dock"
    IDENTIFY = "identify"
    CLOCK_READ = "clock_read"
    INVENTORY = "inventory"
    IMPORT = "import"
    UNDOCK = "undock"
    TRUNCATED = "truncated"
    ANCHOR = "anchor"


class Operation(NamedTuple):
    """One change: a verb and the values of its row, the same columns for the same verb."""

    verb: Verb
    row: Row


def of_docking(docking: str) -> Row:
    """Which docking is changed, for every verb of dockings but :attr:`Verb.DOCK`."""
    return {_OF_DOCKING: docking}


def of_recording(recording_id: str) -> Row:
    """Whose occurrence a :attr:`Verb.OCCURRENCE` is."""
    return {_OF_RECORDING: recording_id}


def execute(connection: Connection, operations: Iterable[Operation]) -> None:
    """Carry out changes inside the connection's transaction.

    Tables are changed in the order in which they refer to each other.
    """
    by_table: dict[Table, list[Operation]] = {table: [] for table in schema.metadata.sorted_tables}
    for operation in operations:
        by_table[_TABLES[operation.verb]].append(operation)
    by_table[schema.dockings] = _side_by_side(by_table[schema.dockings])
    for of_table in by_table.values():
        for verb, run in groupby(of_table, key=itemgetter(0)):
            rows = [operation.row for operation in run]
            sql, values = _statement(connection.dialect, verb, tuple(rows[0]))
            connection.exec_driver_sql(sql, [values(row) for row in rows])


def _side_by_side(operations: list[Operation]) -> list[Operation]:
    """Changes of many dockings as one run of firsts, one of seconds, and so on.

    Each docking keeps its own order; what differs between dockings may change places.
    """
    told: Counter[str] = Counter()
    turns = []
    for operation in operations:
        docking = operation.row.get(_OF_DOCKING) or operation.row["docking"]
        turns.append(told[docking])
        told[docking] += 1
    order = sorted(range(len(operations)), key=turns.__getitem__)
    return [operations[place] for place in order]


@lru_cache(maxsize=256)
def _statement(
    dialect: Dialect, verb: Verb, columns: tuple[str, ...]
) -> tuple[str, Callable[[Row], tuple[Any, ...]]]:
    """The driver's own text of a statement, and what takes a row's values in its order.

    Thousands of rows a second would otherwise each be prepared anew by SQLAlchemy.
    """
    compiled = _STATEMENTS[dialect.name][verb].compile(dialect=dialect, column_keys=columns)
    order = getattr(compiled, "positiontup", None)
    assert order is not None, "the engine's parameters are positional"
    return str(compiled), itemgetter(*order)


def _insert_object(statement: Insert) -> ClauseElement:
    """An object is complete when any occurrence of it was."""
    old, new = schema.objects.c, statement.excluded
    return statement.on_conflict_do_update(
        index_elements=[old.sha256],
        set_={
            "sm3": func.coalesce(old.sm3, new.sm3),
            "complete": or_(old.complete, new.complete),
        },
    )


def _insert_recording(statement: Insert) -> ClauseElement:
    """The first occurrence says what a recording is; the highest importance wins."""
    old, new = schema.recordings.c, statement.excluded
    return statement.on_conflict_do_update(
        index_elements=[old.id],
        set_={
            "sm3": func.coalesce(old.sm3, new.sm3),
            "complete": or_(old.complete, new.complete),
            "important": or_(old.important, new.important),
        },
    )


def _insert_occurrence(statement: Insert) -> ClauseElement:
    """The recording is named by its id; the row holds its number."""
    recordings = schema.recordings.c
    number = select(recordings.seq).where(recordings.id == bindparam(_OF_RECORDING))
    return statement.values(recording=number.scalar_subquery())


def _insert_replica(statement: Insert) -> ClauseElement:
    """The last word on an object in a store counts."""
    new = statement.excluded
    return statement.on_conflict_do_update(
        index_elements=[schema.replicas.c.sha256, schema.replicas.c.store],
        set_={"present": new.present, "seq": new.seq, "time_us": new.time_us},
    )


def _insert_docking(statement: Insert) -> ClauseElement:
    return statement.on_conflict_do_nothing(index_elements=[schema.dockings.c.docking])


def _insert_plain(statement: Insert) -> ClauseElement:
    return statement


_UPDATE_DOCKING: Final = update(schema.dockings).where(
    schema.dockings.c.docking == bindparam(_OF_DOCKING)
)


_ONE: Final = literal_column("1", Integer)
"""Spelt out: a row brings the values of its statement, and no others."""


def _count_part() -> ClauseElement:
    """A part of the batch at hand counts on; a part of another batch starts anew."""
    old = schema.dockings.c
    same_batch = old.inventory_batch == bindparam("listed_batch")
    return _UPDATE_DOCKING.values(
        inventory_parts_seen=case((same_batch, old.inventory_parts_seen + _ONE), else_=_ONE),
        inventory_batch=bindparam("listed_batch"),
        inventory_parts=bindparam("listed_parts"),
        inventory_found=bindparam("listed_found"),
    )


_INSERTS: Final[Mapping[Verb, tuple[Table, Callable[[Insert], ClauseElement]]]] = {
    Verb.OBJECT: (schema.objects, _insert_object),
    Verb.RECORDING: (schema.recordings, _insert_recording),
    Verb.OCCURRENCE: (schema.occurrences, _insert_occurrence),
    Verb.EVENT: (schema.events, _insert_plain),
    Verb.REPLICA: (schema.replicas, _insert_replica),
    Verb.FIXITY: (schema.fixity, _insert_plain),
    Verb.QUARANTINE: (schema.quarantine, _insert_plain),
    Verb.DOCK: (schema.dockings, _insert_docking),
    Verb.ANCHOR: (schema.anchors, _insert_plain),
}
_UPDATES: Final[Mapping[Verb, ClauseElement]] = {
    Verb.IDENTIFY: _UPDATE_DOCKING,
    Verb.CLOCK_READ: _UPDATE_DOCKING,
    Verb.INVENTORY: _count_part(),
    Verb.IMPORT: _UPDATE_DOCKING,
    Verb.UNDOCK: _UPDATE_DOCKING,
    Verb.TRUNCATED: _UPDATE_DOCKING,
}
_TABLES: Final[Mapping[Verb, Table]] = {
    **{verb: table for verb, (table, _) in _INSERTS.items()},
    **dict.fromkeys(_UPDATES, schema.dockings),
}


def _statements(insert: Callable[[Table], Insert]) -> Mapping[Verb, ClauseElement]:
    inserts = {verb: extend(insert(table)) for verb, (table, extend) in _INSERTS.items()}
    return {**inserts, **_UPDATES}


_STATEMENTS: Final = {
    "sqlite": _statements(sqlite.insert),
    "postgresql": _statements(postgresql.insert),
}
