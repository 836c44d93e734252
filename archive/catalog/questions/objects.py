"""Objects, where copies of them lie, and how much there is of everything."""

from collections.abc import Collection

from sqlalchemy import Connection, and_, func, select

from archive.catalog.rows import Counts, ObjectRow, QuarantineRow, ReplicaRow, WantedCopy
from archive.catalog.schema import (
    dockings,
    objects,
    occurrences,
    quarantine,
    recordings,
    replicas,
)


def object_of(connection: Connection, sha256: str) -> ObjectRow | None:
    """The object with this digest."""
    row = connection.execute(select(objects).where(objects.c.sha256 == sha256)).one_or_none()
    return None if row is None else ObjectRow(*row)


def known_objects(connection: Connection, digests: Collection[str]) -> set[str]:
    """Those of the digests that name an object."""
    statement = select(objects.c.sha256).where(objects.c.sha256.in_(digests))
    return set(connection.scalars(statement))


def objects_page(connection: Connection, after: str, rows: int) -> list[ObjectRow]:
    """Objects by digest, those behind ``after``, at most ``rows``."""
    statement = (
        select(objects).where(objects.c.sha256 > after).order_by(objects.c.sha256).limit(rows)
    )
    return [ObjectRow(*row) for row in connection.execute(statement)]


def replicas_of(connection: Connection, sha256: str) -> list[ReplicaRow]:
    """What the log last said of an object in each store, by store."""
    statement = select(replicas).where(replicas.c.sha256 == sha256).order_by(replicas.c.store)
    return [ReplicaRow(*row) for row in connection.execute(statement)]


def wanted_copies_page(
    connection: Connection, store: str, after: str, rows: int
) -> list[WantedCopy]:
    """Objects that a store does not hold, by digest, those behind ``after``, at most ``rows``."""
    of_store = and_(replicas.c.sha256 == objects.c.sha256, replicas.c.store == store)
    statement = (
        select(objects.c.sha256, func.coalesce(replicas.c.seq, objects.c.seq))
        .select_from(objects.outerjoin(replicas, of_store))
        .where(objects.c.sha256 > after, replicas.c.present.is_not(True))
        .order_by(objects.c.sha256)
        .limit(rows)
    )
    return [WantedCopy(*row) for row in connection.execute(statement)]


def quarantined(connection: Connection, docking: str | None) -> list[QuarantineRow]:
    """Files in quarantine, all or those of one docking, in the order of the log."""
    statement = select(quarantine).order_by(quarantine.c.seq)
    if docking is not None:
        statement = statement.where(quarantine.c.docking == docking)
    return [QuarantineRow(*row) for row in connection.execute(statement)]


def counts(connection: Connection) -> Counts:
    """How much the catalog knows of. Reads all objects and an index of every other table."""
    tables = (recordings, objects, occurrences, dockings, quarantine)
    rows = {
        table: connection.scalar(select(func.count()).select_from(table)) or 0 for table in tables
    }
    open_dockings = select(func.count()).where(
        dockings.c.undocked_us.is_(None), dockings.c.truncated_us.is_(None)
    )
    return Counts(
        recordings=rows[recordings],
        objects=rows[objects],
        object_bytes=int(connection.scalar(select(func.sum(objects.c.size_bytes))) or 0),
        occurrences=rows[occurrences],
        dockings=rows[dockings],
        open_dockings=connection.scalar(open_dockings) or 0,
        quarantined=rows[quarantine],
    )
