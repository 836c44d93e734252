"""What a store should hold, and which stretches of it were read again."""

from sqlalchemy import ColumnElement, Connection, and_, select

from archive.catalog.rows import LOWEST, FixityRow, HeldObject
from archive.catalog.schema import fixity, objects, replicas


def held_objects_page(
    connection: Connection, store: str, after: str, first_home: bool, rows: int
) -> list[HeldObject]:
    """Objects that a store should hold, by digest, those behind ``after``, at most ``rows``."""
    of_store = and_(replicas.c.sha256 == objects.c.sha256, replicas.c.store == store)
    said = replicas.c.present
    present: ColumnElement[bool] = said.is_not(False) if first_home else said.is_(True)
    statement = (
        select(objects.c.sha256, objects.c.size_bytes)
        .select_from(objects.outerjoin(replicas, of_store))
        .where(objects.c.sha256 > after, present)
        .order_by(objects.c.sha256)
        .limit(rows)
    )
    return [HeldObject(*row) for row in connection.execute(statement)]


def last_fixity(connection: Connection, store: str) -> FixityRow | None:
    """The stretch of a store that was read last."""
    page = fixity_page(connection, store, None, 1)
    return page[0] if page else None


def fixity_page(
    connection: Connection, store: str, before: int | None, rows: int
) -> list[FixityRow]:
    """Stretches of a store, newest first, those before an entry, at most ``rows``."""
    statement = select(fixity).where(fixity.c.store == store)
    if before is not None:
        statement = statement.where(fixity.c.seq < before)
    statement = statement.order_by(fixity.c.seq.desc()).limit(rows)
    return [FixityRow(*row) for row in connection.execute(statement)]


def pass_began_us(connection: Connection, store: str) -> int | None:
    """When the newest pass over a store began: the newest stretch from the lowest digest."""
    statement = (
        select(fixity.c.began_us)
        .where(fixity.c.store == store, fixity.c.after == LOWEST)
        .order_by(fixity.c.seq.desc())
        .limit(1)
    )
    return connection.scalar(statement)
