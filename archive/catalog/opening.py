"""Opening the database of a catalog: which engine writes, which answers, what to close."""

import contextlib
import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import URL, Connection, Engine, create_engine, make_url
from sqlalchemy.exc import ArgumentError

from archive.durable import storage_errors
from archive.errors import CatalogDamaged, StorageError
from archive.filesystems import refuse_network
from archive.sqlite import open_read_only, reading_engine, remove_database, writing_engine


@dataclass(frozen=True, slots=True)
class Database:
    """An opened database.

    Attributes:
        path: The file, on SQLite; None on a server.
        writing: Begins transactions that write; None where it was opened for reading only.
        reading: Answers questions, from any thread.
        close: Closes every connection.
    """

    path: Path | None
    writing: Engine | None
    reading: Engine
    close: Callable[[], None]

    def snapshot(self) -> contextlib.AbstractContextManager[Connection]:
        """A connection that sees the database as it is at its first question, to the end."""
        if self.path is not None:
            return self.reading.connect()
        return self.reading.execution_options(isolation_level="REPEATABLE READ").connect()


def open_database(place: str | os.PathLike[str], *, read_only: bool) -> Database:
    """Open a file, made where it is missing, or a server named by an SQLAlchemy URL.

    Raises:
        NetworkFileSystem: The file lies on a file system whose locks do not hold.
        StorageError: It cannot be opened.
    """
    path = file_of(place)
    if path is None:
        return _open_server(_parsed(str(place)), read_only=read_only)
    refuse_network(path.parent)
    return _open_file_to_read(path) if read_only else _open_file(path)


def file_of(place: str | os.PathLike[str]) -> Path | None:
    """The file that a path or a ``sqlite:`` URL names; None for a server."""
    if not isinstance(place, str) or "://" not in place:
        return Path(place)
    url = _parsed(place)
    if url.get_backend_name() != "sqlite":
        return None
    if url.database in {None, "", ":memory:"}:
        raise StorageError("a catalog in memory would be lost with the process")
    return Path(str(url.database))


def scratch_of(path: Path) -> Path:
    """Where a catalog is projected afresh before it takes the place of the one at ``path``."""
    return path.with_name(f"{path.name}.new")


def remove_file(path: Path) -> None:
    """Remove a catalog's file, so that it can be made anew."""
    with storage_errors(f"cannot remove {path}"):
        remove_database(path)


def _parsed(place: str) -> URL:
    try:
        return make_url(place)
    except ArgumentError as error:
        raise StorageError("the catalog's address is not a database URL") from error


def _open_server(url: URL, *, read_only: bool) -> Database:
    engine = create_engine(url, pool_pre_ping=True, paramstyle="format", hide_parameters=True)
    return Database(None, None if read_only else engine, engine, engine.dispose)


def _open_file(path: Path) -> Database:
    remove_file(scratch_of(path))  # left behind where a rebuild was cut off
    with storage_errors(f"cannot open {path}"):
        writing = writing_engine(path)
    reading = reading_engine(path)

    def close() -> None:
        # The writer goes last: it folds the write-ahead log into the file and removes it.
        reading.dispose()
        writing.dispose()

    return Database(path, writing, reading, close)


def _open_file_to_read(path: Path) -> Database:
    if not path.is_file():
        raise CatalogDamaged(f"there is no catalog at {path}")
    with storage_errors(f"cannot open {path}"):
        opened = open_read_only(path)
    return Database(path, None, opened.engine, opened.close)
