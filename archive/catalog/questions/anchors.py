"""Anchors: who else vouches for how much of the log, and since when."""

from typing import Any

from sqlalchemy import Connection, Select, func, select

from archive.catalog.projection import PAPER
from archive.catalog.rows import AnchorRow
from archive.catalog.schema import anchors


def first_covering(connection: Connection, seq: int, kind: str) -> AnchorRow | None:
    """The first anchor of a kind over a checkpoint that entry ``seq`` is under."""
    order = (anchors.c.size, anchors.c.time_us, anchors.c.seq)
    conditions = (anchors.c.kind == kind, anchors.c.size > seq)
    return _one(connection, select(anchors).where(*conditions).order_by(*order))


def latest(connection: Connection, kind: str, name: str) -> AnchorRow | None:
    """The anchor of one outsider that covers most, the last of them."""
    order = (anchors.c.size.desc(), anchors.c.seq.desc())
    conditions = (anchors.c.kind == kind, anchors.c.name == name)
    return _one(connection, select(anchors).where(*conditions).order_by(*order))


def anchored_size(connection: Connection) -> int:
    """How many entries anybody else vouches for; a page vouches only once it is shown."""
    shown = anchors.c.kind != PAPER
    return connection.scalar(select(func.max(anchors.c.size)).where(shown)) or 0


def _one(connection: Connection, statement: Select[Any]) -> AnchorRow | None:
    row = connection.execute(statement.limit(1)).one_or_none()
    return None if row is None else AnchorRow(*row)
