"""The catalog's own few facts: its schema number, how much of the log it has, and the head.

They change in the same transaction as the rows they speak of.
"""

from dataclasses import dataclass
from typing import Final

from sqlalchemy import Connection, insert, inspect, select, update

from archive.catalog.making import create_indexes, create_tables, drop_everything
from archive.catalog.schema import SCHEMA_NUMBER, meta
from archive.errors import CatalogDamaged

_SCHEMA: Final = "schema"
_LOG_SIZE: Final = "log_size"
_HEAD: Final = "head"


@dataclass(frozen=True, slots=True)
class Position:
    """How much of the log the catalog has.

    Attributes:
        log_size: Number of entries projected.
        head: Root of the log at that size, in hexadecimal, where it was told.
    """

    log_size: int
    head: str | None = None


def position(connection: Connection, *, lock: bool = False) -> Position:
    """Where the catalog stands. With ``lock`` no other writer can move it meanwhile.

    Raises:
        CatalogDamaged: The catalog does not say.
    """
    statement = select(meta.c.name, meta.c.value)
    rows = connection.execute(statement.with_for_update() if lock else statement)
    facts = {str(name): value for name, value in rows}
    size = str(facts.get(_LOG_SIZE))
    if not (size.isascii() and size.isdigit()):
        raise CatalogDamaged("the catalog does not say how much of the log it has")
    return Position(int(size), facts.get(_HEAD))


def move_to(connection: Connection, new: Position) -> None:
    """Record where the catalog stands after the transaction at hand."""
    for name, value in ((_LOG_SIZE, str(new.log_size)), (_HEAD, new.head)):
        connection.execute(update(meta).where(meta.c.name == name).values(value=value))


def prepare(connection: Connection) -> None:
    """Make the tables where there are none, and empty a catalog of another schema number.

    Raises:
        CatalogDamaged: The database holds something else.
    """
    number = schema_number(connection)
    if number == str(SCHEMA_NUMBER):
        return
    if number is not None:
        drop_everything(connection)
    create_tables(connection)
    create_indexes(connection)
    begin(connection)


def begin(connection: Connection) -> None:
    """Record in new tables that nothing has been projected yet."""
    facts = {_SCHEMA: str(SCHEMA_NUMBER), _LOG_SIZE: "0", _HEAD: None}
    rows = [{"name": name, "value": value} for name, value in facts.items()]
    connection.execute(insert(meta), rows)


def require_current(connection: Connection) -> None:
    """Refuse a catalog that cannot be asked as it is.

    Raises:
        CatalogDamaged: It is empty, or of another schema number.
    """
    number = schema_number(connection)
    if number != str(SCHEMA_NUMBER):
        raise CatalogDamaged(f"the catalog has schema {number or 'none'}, not {SCHEMA_NUMBER}")


def schema_number(connection: Connection) -> str | None:
    """The schema number that the database states; None for an empty database.

    Raises:
        CatalogDamaged: It holds tables but no schema number: it is no catalog.
    """
    tables = inspect(connection).get_table_names()
    if not tables:
        return None
    if meta.name in tables:
        number = connection.scalar(select(meta.c.value).where(meta.c.name == _SCHEMA))
        if number is not None:
            return str(number)
    raise CatalogDamaged("the database holds tables but says of none that it is a catalog")
