"""Dockings: what was docked when, and which of them never ended."""

from typing import Any

import orjson
from sqlalchemy import Connection, Row, Select, func, literal, select, union_all

from archive.catalog.projection import DOCKING
from archive.catalog.questions.ids import (
    ID_LENGTH,
    MATCHES_LISTED,
    ambiguous,
    beginning_with,
    hex_prefix,
)
from archive.catalog.rows import DockingRow
from archive.catalog.schema import dockings, events, occurrences, quarantine
from archive.errors import NoReceipt
from hashing.entry import Act

_COLUMNS = (
    dockings.c.docking,
    dockings.c.seq,
    dockings.c.docked_us,
    dockings.c.slot,
    dockings.c.driver,
    dockings.c.source,
    dockings.c.timezone,
    dockings.c.recorder,
    dockings.c.basis,
    dockings.c.officer,
    dockings.c.officer_source,
    dockings.c.clock_offset_ms,
    dockings.c.clock_uncertainty_ms,
    dockings.c.inventory_parts,
    dockings.c.inventory_parts_seen,
    dockings.c.inventory_found,
    dockings.c.custodian,
    dockings.c.undocked_us,
    dockings.c.state,
    dockings.c.interrupted,
    dockings.c.found,
    dockings.c.new,
    dockings.c.known,
    dockings.c.failed,
    dockings.c.skipped,
    dockings.c.size_bytes,
    dockings.c.truncated_us,
)


def docking_of(connection: Connection, docking: str) -> DockingRow | None:
    """The docking with this id."""
    statement = _dockings().where(dockings.c.docking == docking)
    found = connection.execute(statement).one_or_none()
    return None if found is None else _row(found)


def zone_of(connection: Connection, docking: str) -> str | None:
    """The zone in which the wall-clock digits of a docking are read."""
    zone: str | None = connection.scalar(
        select(dockings.c.timezone).where(dockings.c.docking == docking)
    )
    return zone


def latest_dockings(
    connection: Connection, recorder: str | None, limit: int | None
) -> list[DockingRow]:
    """Dockings, newest first: all, or those of one recorder."""
    statement = _dockings().order_by(dockings.c.seq.desc()).limit(limit)
    if recorder is not None:
        statement = statement.where(dockings.c.recorder == recorder)
    return [_row(found) for found in connection.execute(statement)]


def open_dockings(connection: Connection) -> list[DockingRow]:
    """Dockings that neither ended nor were found cut off after a crash, oldest first."""
    statement = (
        _dockings()
        .where(dockings.c.undocked_us.is_(None), dockings.c.truncated_us.is_(None))
        .order_by(dockings.c.seq)
    )
    return [_row(found) for found in connection.execute(statement)]


def last_undocked_us(connection: Connection) -> int | None:
    """When a docking ended last; None where none ever did."""
    ended: int | None = connection.scalar(select(func.max(dockings.c.undocked_us)))
    return ended


def docking_id(connection: Connection, prefix: str) -> str:
    """The id of the docking that begins with ``prefix``.

    Raises:
        NoReceipt: None does.
        AmbiguousId: Several do.
    """
    wanted = hex_prefix(prefix)
    if wanted is None:
        raise NoReceipt(f"not the id of a docking: {prefix[:ID_LENGTH]!r}")
    statement = (
        select(dockings.c.docking)
        .where(beginning_with(dockings.c.docking, wanted))
        .order_by(dockings.c.docking)
        .limit(MATCHES_LISTED + 1)
    )
    found = list(connection.scalars(statement))
    if not found:
        raise NoReceipt(f"no docking has an id that begins with {wanted[:ID_LENGTH]}")
    if len(found) > 1:
        raise ambiguous(wanted, found)
    return str(found[0])


def docking_entries(connection: Connection, docking: str, act: str | None) -> list[int]:
    """The numbers of a docking's entries in order, all or those of one act."""
    told = select(events.c.seq, events.c.act).where(
        events.c.kind == DOCKING, events.c.subject == docking
    )
    seen = select(occurrences.c.seq, occurrences.c.act).where(occurrences.c.docking == docking)
    refused = select(quarantine.c.seq, literal(Act.QUARANTINE.value)).where(
        quarantine.c.docking == docking
    )
    every = union_all(told, seen, refused).subquery()
    statement = select(every.c.seq).order_by(every.c.seq)
    if act is not None:
        statement = statement.where(every.c.act == act)
    return list(connection.scalars(statement))


def _dockings() -> Select[Any]:
    return select(*_COLUMNS)


def _row(found: Row[Any]) -> DockingRow:
    values = found._asdict()
    skipped = values.pop("skipped")
    return DockingRow(**values, skipped=None if skipped is None else orjson.loads(skipped))
