"""Carrying entries into tables: a group at a time, or a whole log at once."""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from functools import partial
from itertools import islice
from pathlib import Path
from typing import Final

from sqlalchemy import Connection, delete

from archive.catalog import path_text
from archive.catalog.bookkeeping import Position, begin, move_to
from archive.catalog.errors import CatalogGap
from archive.catalog.making import create_indexes, create_tables
from archive.catalog.opening import remove_file
from archive.catalog.operations import execute
from archive.catalog.projection import Projection
from archive.catalog.questions.dockings import zone_of
from archive.catalog.schema import meta, metadata
from archive.sqlite import scratch_engine
from hashing.entry import Entry

GROUP_ENTRIES: Final = 4096


def load(connection: Connection, entries: Iterable[Entry], log_size: int) -> int:
    """Project entries that follow the first ``log_size``; how much of the log there is then.

    Raises:
        CatalogGap: An entry does not follow the one before.
        BodyMismatch: An entry does not hold what its act promises.
    """
    projection = Projection(partial(zone_of, connection))
    remaining = iter(entries)
    while group := list(islice(remaining, GROUP_ENTRIES)):
        for place, entry in enumerate(group, log_size):
            if entry.seq != place:
                raise CatalogGap(f"entry {entry.seq} was offered where {place} comes next")
        execute(connection, (change for entry in group for change in projection.operations(entry)))
        path_text.add(connection, log_size)
        projection.carried_out()
        log_size += len(group)
    return log_size


@contextmanager
def projected_afresh(
    path: Path, entries: Iterable[Entry], head: str | None = None
) -> Iterator[Connection]:
    """A scratch catalog at ``path`` of all these entries, removed when the block ends."""
    remove_file(path)
    engine = scratch_engine(path)
    try:
        with engine.begin() as connection:
            create_tables(connection)
            begin(connection)
            move_to(connection, Position(load(connection, entries, 0), head))
            create_indexes(connection)
        with engine.connect() as connection:
            yield connection
    finally:
        engine.dispose()
        remove_file(path)


def empty(connection: Connection) -> None:
    """Remove every row of a catalog on a server, and say so."""
    for table in reversed(metadata.sorted_tables):
        if table is not meta:
            connection.execute(delete(table))
    move_to(connection, Position(0))
