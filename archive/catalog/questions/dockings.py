"""Dockings: what was docked when, and which of them never ended."""

from typing import Any

import orjson
from sqlalchemy import Connection, Row, Select, func, select

from archive.catalog.rows import DockingRow
from archive.catalog.schema import dockings

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


def _dockings() -> Select[Any]:
    return select(*_COLUMNS)


def _row(found: Row[Any]) -> DockingRow:
    values = found._asdict()
    skipped = values.pop("skipped")
    return DockingRow(**values, skipped=None if skipped is None else orjson.loads(skipped))
