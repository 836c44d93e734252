"""The catalog: what the log says, ready to be asked.

It is an index. It can be lost, emptied or damaged without losing anything: everything in it
is projected from the log again, with the same answers. It lies on SQLite beside the archive,
or on PostgreSQL; the database, or the schema on its search path, belongs to it alone.

:meth:`Catalog.apply` and :meth:`Catalog.rebuild` wait for each other; questions
(:class:`~archive.catalog.answers.Answers`) may be asked from any number of threads meanwhile.
"""

import contextlib
import os
import tempfile
import threading
from collections.abc import Iterable, Iterator
from itertools import chain, dropwhile, islice
from pathlib import Path
from types import TracebackType
from typing import Final, Self

from sqlalchemy import Connection, Engine

from archive.catalog import bookkeeping
from archive.catalog.answers import Answers, reading_errors
from archive.catalog.bookkeeping import Position, position
from archive.catalog.compare import Difference, differences
from archive.catalog.loading import empty, load, projected_afresh
from archive.catalog.opening import Database, file_of, open_database, remove_file, scratch_of
from archive.databases import database_errors
from archive.durable import storage_errors
from archive.errors import CatalogDamaged, StorageError
from archive.sqlite import check_integrity, copy_into
from hashing.entry import Entry

DIFFERENCES_LISTED: Final = 1000


class Catalog(Answers):
    """A catalog that is open. Use :meth:`open`; close it, or use it as a context."""

    def __init__(self, database: Database) -> None:
        super().__init__(database)
        self._one_writer = threading.Lock()

    @classmethod
    def open(cls, place: str | os.PathLike[str], *, read_only: bool = False) -> Self:
        """Open a catalog, and make it where there is none.

        A catalog of another schema number is emptied: its :attr:`log_size` is 0 and it is to
        be rebuilt.

        Args:
            place: A file, or the URL of a database as SQLAlchemy writes it.
            read_only: Change nothing, and leave no file behind on a medium that cannot be
                written. The catalog must be there, with the current schema number.

        Raises:
            NetworkFileSystem: The file lies on a network file system.
            CatalogDamaged: It cannot be read, or is no catalog.
            StorageError: It cannot be opened.
        """
        database = open_database(place, read_only=read_only)
        try:
            with database_errors("cannot open the catalog", CatalogDamaged):
                _make_ready(database)
        except BaseException:
            database.close()
            raise
        return cls(database)

    @classmethod
    def recreate(cls, place: str | os.PathLike[str]) -> Self:
        """Put an empty catalog in the place of a file that may be damaged beyond opening.

        A server's database is opened as it is: what may be wrong with it is not ours to remove.
        """
        path = file_of(place)
        if path is not None:
            remove_file(path)
        return cls.open(place)

    def close(self) -> None:
        """Close every connection. Questions under way in other threads fail."""
        self._database.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        exc_type: type[BaseException] | None,
        exc: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()

    def apply(self, entries: Iterable[Entry], head: str | None = None) -> None:
        """Project the next entries of the log, in one transaction.

        Entries that were projected before are passed over. For a group of the committer, and
        to catch up with a log that has gone on; a whole log is faster with :meth:`rebuild`.

        Args:
            entries: One after another, none missing between the last one known and these.
            head: The log's root after the last of them, in hexadecimal.

        Raises:
            CatalogGap: An entry is missing; nothing has changed.
            BodyMismatch: An entry does not hold what its act promises; nothing has changed.
        """
        with self._writing() as connection:
            known = position(connection, lock=True).log_size
            new = dropwhile(lambda entry: entry.seq < known, entries)
            size = load(connection, new, known)
            if size > known:
                bookkeeping.move_to(connection, Position(size, head))

    def rebuild(self, entries: Iterable[Entry], head: str | None = None) -> int:
        """Project the whole log anew, and put the result in the place of what was there.

        Questions are answered from the old content until the new stands; a failure leaves the
        old.

        Args:
            entries: The log from its first entry.
            head: The log's root after the last of them, in hexadecimal.

        Returns:
            The number of entries projected.
        """
        path, writer = self._database.path, self._writer()
        if path is None:
            return self._rebuild_in_place(entries, head)
        with (
            self._one_writer,
            database_errors("cannot rebuild the catalog", CatalogDamaged),
            projected_afresh(scratch_of(path), entries, head) as fresh,
        ):
            copy_into(fresh, writer)
            return position(fresh).log_size

    def _rebuild_in_place(self, entries: Iterable[Entry], head: str | None) -> int:
        with self._writing() as connection:
            position(connection, lock=True)
            empty(connection)
            size = load(connection, entries, 0)
            bookkeeping.move_to(connection, Position(size, head))
        return size

    def compare(
        self,
        entries: Iterable[Entry],
        head: str | None = None,
        limit: int = DIFFERENCES_LISTED,
    ) -> list[Difference]:
        """Where the catalog is not what its log says, as far as it has the log.

        Makes a second catalog in the temporary directory, about as large as the first.

        Args:
            entries: The log from its first entry; those beyond :attr:`log_size` are not read.
            head: The log's root at :attr:`log_size`, in hexadecimal; None leaves it unchecked.
            limit: Stop after so many differences.

        Raises:
            CatalogDamaged: It cannot be read, or an index does not agree with its table, so
                that answers could leave out what the rows say.
        """
        with (
            storage_errors("cannot compare the catalog"),
            tempfile.TemporaryDirectory(prefix="catalog-") as folder,
            reading_errors(),
            self._database.snapshot() as found,
        ):
            stated = position(found)
            fresh = Path(folder, "catalog.sqlite")
            if self._database.path is not None:
                check_integrity(found)
            with (
                projected_afresh(fresh, islice(entries, stated.log_size)) as expected,
                contextlib.closing(differences(expected, found)) as of_rows,
            ):
                actual = Position(position(expected).log_size, head or stated.head)
                of_position = _position_differences(actual, stated)
                return list(islice(chain(of_position, of_rows), limit))

    @contextlib.contextmanager
    def _writing(self) -> Iterator[Connection]:
        with (
            self._one_writer,
            database_errors("cannot write the catalog", CatalogDamaged),
            self._writer().begin() as connection,
        ):
            yield connection

    def _writer(self) -> Engine:
        if self._database.writing is None:
            raise StorageError("the catalog was opened for reading only")
        return self._database.writing


def _make_ready(database: Database) -> None:
    if database.writing is None:
        with database.reading.begin() as connection:
            bookkeeping.require_current(connection)
    else:
        with database.writing.begin() as connection:
            bookkeeping.prepare(connection)


def _position_differences(actual: Position, stated: Position) -> list[Difference]:
    return [
        Difference("meta", (name,), "value", wanted, there)
        for name in ("log_size", "head")
        if (wanted := getattr(actual, name)) != (there := getattr(stated, name))
    ]
