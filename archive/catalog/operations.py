"""The few changes that the catalog knows, and their execution in groups.

Every verb changes one table. The rows of one table are changed in the order of their entries,
and no change reads another table. So the result does not depend on how a log is cut into
groups, while a run of one verb becomes one ``executemany``.
"""

from collections.abc import Callable, Iterable, Mapping
from enum import StrEnum
from itertools import groupby
from typing import Any, Final, NamedTuple

from sqlalchemy import Connection, Executable, Table, bindparam, case, func, or_, update
from sqlalchemy.dialects import postgresql, sqlite

from archive.catalog import schema

Insert = sqlite.Insert | postgresql.Insert
Row = dict[str, Any]


class Verb(StrEnum):
    """What is done to a row."""

    OBJECT = "object"
    RECORDING = "recording"
    OCCURRENCE = "occurrence"
    EVENT = "event"
    REPLICA = "replica"
    QUARANTINE = "quarantine"
    DOCK = "dock"
    DOCKING = "docking"
    INVENTORY = "inventory"


class Operation(NamedTuple):
    """One change: a verb and the values of its row."""

    verb: Verb
    row: Row


def execute(connection: Connection, operations: Iterable[Operation]) -> None:
    """Carry out changes inside the connection's transaction.

    Tables are changed in the order in which they refer to each other.
    """
    by_table: dict[Table, list[Operation]] = {table: [] for table in schema.metadata.sorted_tables}
    for operation in operations:
        by_table[_TABLES[operation.verb]].append(operation)
    statements = _STATEMENTS[connection.dialect.name]
    for of_table in by_table.values():
        for (verb, _), run in groupby(of_table, key=_run_of):
            connection.execute(statements[verb], [operation.row for operation in run])


def _run_of(operation: Operation) -> tuple[Verb, tuple[str, ...] | None]:
    """What rows must share to be changed by one statement."""
    partial = operation.verb is Verb.DOCKING
    return operation.verb, tuple(operation.row) if partial else None


def _insert_object(statement: Insert) -> Executable:
    """An object is complete when any occurrence of it was."""
    old, new = schema.objects.c, statement.excluded
    return statement.on_conflict_do_update(
        index_elements=[old.sha256],
        set_={
            "sm3": func.coalesce(old.sm3, new.sm3),
            "complete": or_(old.complete, new.complete),
        },
    )


def _insert_recording(statement: Insert) -> Executable:
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


def _insert_replica(statement: Insert) -> Executable:
    """The last word on an object in a store counts."""
    new = statement.excluded
    return statement.on_conflict_do_update(
        index_elements=[schema.replicas.c.sha256, schema.replicas.c.store],
        set_={"present": new.present, "seq": new.seq, "time_us": new.time_us},
    )


def _insert_docking(statement: Insert) -> Executable:
    return statement.on_conflict_do_nothing(index_elements=[schema.dockings.c.docking])


def _insert_plain(statement: Insert) -> Executable:
    return statement


_OF = "of_docking"


def of_docking(docking: str) -> Row:
    """Which docking a :attr:`Verb.DOCKING` or :attr:`Verb.INVENTORY` changes."""
    return {_OF: docking}


_UPDATE_DOCKING: Final = update(schema.dockings).where(schema.dockings.c.docking == bindparam(_OF))


def _count_part() -> Executable:
    """A part of the batch at hand counts on; a part of another batch starts anew."""
    old = schema.dockings.c
    same_batch = old.inventory_batch == bindparam("listed_batch")
    return _UPDATE_DOCKING.values(
        inventory_parts_seen=case((same_batch, old.inventory_parts_seen + 1), else_=1),
        inventory_batch=bindparam("listed_batch"),
        inventory_parts=bindparam("listed_parts"),
        inventory_found=bindparam("listed_found"),
    )


_INSERTS: Final[Mapping[Verb, tuple[Table, Callable[[Insert], Executable]]]] = {
    Verb.OBJECT: (schema.objects, _insert_object),
    Verb.RECORDING: (schema.recordings, _insert_recording),
    Verb.OCCURRENCE: (schema.occurrences, _insert_plain),
    Verb.EVENT: (schema.events, _insert_plain),
    Verb.REPLICA: (schema.replicas, _insert_replica),
    Verb.QUARANTINE: (schema.quarantine, _insert_plain),
    Verb.DOCK: (schema.dockings, _insert_docking),
}
_UPDATES: Final[Mapping[Verb, Executable]] = {
    Verb.DOCKING: _UPDATE_DOCKING,
    Verb.INVENTORY: _count_part(),
}
_TABLES: Final[Mapping[Verb, Table]] = {
    **{verb: table for verb, (table, _) in _INSERTS.items()},
    **dict.fromkeys(_UPDATES, schema.dockings),
}


def _statements(insert: Callable[[Table], Insert]) -> Mapping[Verb, Executable]:
    inserts = {verb: extend(insert(table)) for verb, (table, extend) in _INSERTS.items()}
    return {**inserts, **_UPDATES}


_STATEMENTS: Final = {
    "sqlite": _statements(sqlite.insert),
    "postgresql": _statements(postgresql.insert),
}
