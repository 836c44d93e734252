"""Where a catalog differs from what its log says: row by row against a fresh projection.

Both sides are read in the order of their keys, a few thousand rows at a time, so that memory
stays flat. The index of texts is no table of rows: of each of its bigrams the number and a sum
over its places are compared. What the catalog does not have yet (a log that has grown since) is
no difference; a catalog that claims more entries than there are is one.
"""

from collections.abc import Generator, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import Column, Connection, Table, select

from archive.catalog import path_text, schema

ROWS_AT_ONCE: Final = 4096

_KEYS: Final = {
    table: tuple(table.primary_key.columns) or (table.c.kind, table.c.subject, table.c.seq)
    for table in schema.metadata.sorted_tables
    if table is not schema.meta
}
"""Events have no primary key: their unique index serves every question about them."""


@dataclass(frozen=True, slots=True)
class Difference:
    """One place where the catalog is not what the log makes it.

    Attributes:
        table: The table.
        key: The row.
        column: The column, or None where the whole row is missing or too many.
        expected: What the log says; None for a row that should not be there.
        found: What the catalog holds; None for a row that is missing.
    """

    table: str
    key: tuple[Any, ...]
    column: str | None
    expected: Any
    found: Any


Values = tuple[Any, ...]


def differences(expected: Connection, found: Connection) -> Generator[Difference, None, None]:
    """Every difference between two catalogs, table by table, in the order of the keys.

    To be closed before the connections are, where it is not read to its end.
    """
    for table, key in _KEYS.items():
        with (
            closing(_rows(expected, table, key)) as wanted,
            closing(_rows(found, table, key)) as there,
        ):
            yield from _in_table(table, key, wanted, there)
    for bigram, in_one, in_other in path_text.differences(expected, found):
        column = None if in_one is None or in_other is None else "places"
        yield Difference(path_text.NAME, (bigram,), column, in_one, in_other)


def _rows(
    connection: Connection, table: Table, key: Sequence[Column[Any]]
) -> Generator[Values, None, None]:
    """The rows as the database holds them, without making sense of any value."""
    statement = select(table).order_by(*key).compile(dialect=connection.dialect)
    options = {"stream_results": True, "max_row_buffer": ROWS_AT_ONCE}
    with connection.exec_driver_sql(str(statement), execution_options=options) as result:
        yield from map(tuple, result)


def _in_table(
    table: Table,
    key: Sequence[Column[Any]],
    expected_rows: Iterator[Values],
    found_rows: Iterator[Values],
) -> Iterator[Difference]:
    columns = tuple(table.columns.keys())
    places = [columns.index(column.name) for column in key]
    expected, found = next(expected_rows, None), next(found_rows, None)
    while expected is not None or found is not None:
        side = _earlier(places, expected, found)
        this = found if expected is None or side > 0 else expected
        assert this is not None
        of_row = tuple(this[place] for place in places)
        if side == 0 and expected != found:
            yield from _in_row(table.name, of_row, columns, expected or (), found or ())
        elif side != 0:
            named = dict(zip(columns, this, strict=True))
            missing, extra = (named, None) if side < 0 else (None, named)
            yield Difference(table.name, of_row, None, missing, extra)
        if side <= 0:
            expected = next(expected_rows, None)
        if side >= 0:
            found = next(found_rows, None)


def _earlier(places: Sequence[int], expected: Values | None, found: Values | None) -> int:
    """-1 where the expected row comes first, 1 where the found one does, 0 for the same key."""
    if expected is None or found is None:
        return 1 if expected is None else -1
    wanted, there = ([_rank(row[place]) for place in places] for row in (expected, found))
    return (wanted > there) - (wanted < there)


def _rank(value: Any) -> tuple[int, Any]:
    """The order of SQLite among values of any kind, for a key may hold what it never should."""
    if value is None:
        return 0, 0
    if isinstance(value, int | float):
        return 1, value
    return (2, value) if isinstance(value, str) else (3, bytes(value))


def _in_row(
    table: str, key: Values, columns: Sequence[str], expected: Values, found: Values
) -> Iterator[Difference]:
    for column, wanted, there in zip(columns, expected, found, strict=True):
        if wanted != there:
            yield Difference(table, key, column, wanted, there)
