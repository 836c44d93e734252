"""SQLite as this program uses it: the one module with settings or calls only SQLite knows.

* A live database is in write-ahead mode with full synchronisation: when a transaction has
  returned, it outlives a power cut. One engine writes, another reads and cannot write.
* A read-only opening leaves nothing behind on a medium it cannot write: no ``-wal``, no
  ``-shm``. Where such a medium holds an unfinished write-ahead log, a private copy is read.
* A scratch database forgoes every guarantee for speed. It is copied into a live one in one
  transaction, or thrown away.
* Phrases of words are found by FTS5 (:func:`create_phrase_index`). It keeps where each word
  stands and no text.

Engines may be shared between threads.
"""

import contextlib
import os
import shutil
import sqlite3
import tempfile
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final
from urllib.parse import quote

from sqlalchemy import (
    ColumnElement,
    Connection,
    Engine,
    Integer,
    QueuePool,
    Select,
    String,
    bindparam,
    create_engine,
    event,
    func,
    literal_column,
    select,
    text,
)

BUSY_TIMEOUT_S: Final = 10.0
READERS: Final = 8
MORE_READERS: Final = 56

_FILE_MODE: Final = 0o640
_SIDE_FILES: Final = ("-wal", "-shm", "-journal")

_WRITING: Final = (
    "PRAGMA journal_mode = WAL",
    "PRAGMA synchronous = FULL",
    "PRAGMA foreign_keys = ON",
    "PRAGMA cache_size = -32768",
    "PRAGMA wal_autocheckpoint = 4096",
    "PRAGMA journal_size_limit = 67108864",
)
_READING: Final = ("PRAGMA query_only = ON", "PRAGMA cache_size = -8192")
_SCRATCH: Final = (
    "PRAGMA journal_mode = OFF",
    "PRAGMA synchronous = OFF",
    "PRAGMA locking_mode = EXCLUSIVE",
    "PRAGMA cache_size = -131072",
)
_COPYING: Final = ("PRAGMA journal_mode = OFF", "PRAGMA synchronous = FULL")


def writing_engine(path: Path) -> Engine:
    """The engine of a live database's one writer: a single connection, durable commits.

    A file that does not exist is made, readable by its owner and group only.
    """
    _make_file(path)
    return _engine(_connector(path, "mode=rw", _WRITING), begin="BEGIN IMMEDIATE", size=1, more=0)


def reading_engine(path: Path) -> Engine:
    """An engine for questions to a live database, while another one may be writing."""
    return _engine(_connector(path, "mode=rw", _READING))


def scratch_engine(path: Path) -> Engine:
    """The engine of a throw-away database: one connection, nothing survives a crash."""
    return _engine(_connector(path, "mode=rwc", _SCRATCH), size=1, more=0)


@dataclass(frozen=True, slots=True)
class ReadOnly:
    """A database opened for reading only.

    Attributes:
        engine: For questions; it cannot write.
        private_copy: The folder of the copy being read, where one was needed.
    """

    engine: Engine
    private_copy: tempfile.TemporaryDirectory[str] | None = None

    def close(self) -> None:
        """Close every connection and remove the private copy."""
        self.engine.dispose()
        if self.private_copy is not None:
            self.private_copy.cleanup()


def open_read_only(path: Path) -> ReadOnly:
    """Open a database that must not change, on whatever medium it lies.

    Where the medium can be written, a live writer's newest commits are seen and no side file
    stays behind. Where it cannot, no side file is made.

    Raises:
        OSError: A private copy is needed and cannot be made.
    """
    if os.access(path, os.W_OK) and os.access(path.parent, os.W_OK):
        return ReadOnly(reading_engine(path))
    log, shared = (path.with_name(path.name + side) for side in ("-wal", "-shm"))
    if not log.exists() or log.stat().st_size == 0:
        return ReadOnly(_engine(_connector(path, "mode=ro&immutable=1", _READING)))
    if shared.exists():
        return ReadOnly(_engine(_connector(path, "mode=ro", _READING)))
    return _open_copy(path, log)


def _open_copy(path: Path, log: Path) -> ReadOnly:
    """Read a copy: a write-ahead log cannot be read where SQLite cannot make its index."""
    folder = tempfile.TemporaryDirectory(prefix="catalog-")
    try:
        for file in (path, log):
            shutil.copyfile(file, Path(folder.name, file.name))
    except OSError:
        folder.cleanup()
        raise
    return ReadOnly(reading_engine(Path(folder.name, path.name)), folder)


def copy_into(scratch: Connection, live: Engine) -> None:
    """Replace the content of a live database by that of a scratch one, in one transaction.

    Readers see the old content or the new. A crash leaves the old.
    """
    with live.connect() as connection:
        target = _driver_connection(connection)
        _driver_connection(scratch).backup(target)
        target.execute("PRAGMA wal_checkpoint(TRUNCATE)")


def copy_database(source: Path, target: Path) -> None:
    """Put a consistent copy of a database, which others may be changing, at ``target``.

    The copy is one file; it stands there whole or not at all.

    Raises:
        OSError: The copy cannot be put in place.
        sqlite3.Error: The database cannot be read, or the copy not be written.
    """
    new = target.with_name(f".{target.name}.new")
    remove_database(new)
    _make_file(new)
    live = _connector(source, "mode=rw", _READING)()
    try:
        copy = _connector(new, "mode=rw", _COPYING)()
        try:
            live.backup(copy)
        finally:
            copy.close()
    finally:
        live.close()
    new.replace(target)


def _make_file(path: Path) -> None:
    """Make an empty file, readable by its owner and group only, where there is none."""
    with contextlib.suppress(FileExistsError):
        os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, _FILE_MODE))


def _driver_connection(connection: Connection) -> sqlite3.Connection:
    driver = connection.connection.driver_connection
    assert isinstance(driver, sqlite3.Connection)
    return driver


def check_integrity(connection: Connection) -> None:
    """Read a whole database: every page well-formed, every index agreeing with its table.

    Raises:
        DatabaseError: As SQLite itself would for a page it cannot read (``sqlite3``'s class).
    """
    problem = connection.exec_driver_sql("PRAGMA integrity_check(1)").scalar()
    if problem != "ok":
        raise sqlite3.DatabaseError(str(problem))


def create_phrase_index(connection: Connection, name: str) -> None:
    """Make an empty index of words by their row and place, and a view of it, ``name_words``.

    A word is letters and digits of ASCII and anything beyond ASCII; ASCII letters of either
    case are one. The view is read by :func:`indexed_words`.
    """
    connection.exec_driver_sql(
        f"CREATE VIRTUAL TABLE {name} USING fts5"
        "(words, content = '', columnsize = 0, detail = full, tokenize = 'ascii')"
    )
    connection.exec_driver_sql(
        f"CREATE VIRTUAL TABLE {name}_words USING fts5vocab({name}, 'instance')"
    )


def index_words(connection: Connection, name: str, rows: Iterable[tuple[int, str]]) -> None:
    """Enter rows, each a number that is new to the index and its words with spaces between."""
    batch = list(rows)
    if batch:
        sql = f"INSERT INTO {name} (rowid, words) VALUES (?, ?)"  # noqa: S608 - a name of ours
        connection.exec_driver_sql(sql, batch)


def rows_with_phrase(name: str, phrase: str) -> Select[Any]:
    """The numbers of the rows in which these words follow one another.

    Args:
        name: The index.
        phrase: Words with spaces between; a ``*`` behind the last stands for any end of it.
    """
    last = "*" if phrase.endswith("*") else ""
    matches = text(f"{name} MATCH :phrase").bindparams(
        bindparam("phrase", f'"{phrase.removesuffix("*")}" {last}')
    )
    return select(literal_column("rowid").label("row")).select_from(text(name)).where(matches)


def indexed_words(name: str) -> Select[Any]:
    """Every word of an index in order, how often it stands there, and a sum over where.

    The sum tells an index that was changed by accident or by hand from one that was not. It
    withstands nobody who sets out to keep it.
    """
    word = literal_column("term", String)
    row, place = (literal_column(column, Integer) for column in ("doc", '"offset"'))
    where = func.sum((row * 2_654_435_761 + place * 40_507) % 4_294_967_291)
    columns: tuple[ColumnElement[Any], ...] = (word, func.count(), where)
    words = select(*columns).select_from(text(f"{name}_words"))
    return words.group_by(word).order_by(word)


def drop_virtual_tables(connection: Connection) -> None:
    """Remove the tables that FTS5 answers for, before the plain ones in which it keeps them."""
    found = "SELECT name FROM sqlite_schema WHERE sql LIKE 'CREATE VIRTUAL TABLE %'"
    for name in connection.exec_driver_sql(found).scalars().all():
        connection.exec_driver_sql(f"DROP TABLE {_quoted(name)}")


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


def remove_database(path: Path) -> None:
    """Remove a database with its side files; what is not there is fine."""
    for side in ("", *_SIDE_FILES):
        path.with_name(path.name + side).unlink(missing_ok=True)


def _connector(path: Path, mode: str, settings: Sequence[str]) -> Callable[[], sqlite3.Connection]:
    uri = f"file:{quote(os.fsencode(path.absolute()))}?{mode}"

    def connect() -> sqlite3.Connection:
        connection = sqlite3.connect(
            uri, uri=True, timeout=BUSY_TIMEOUT_S, isolation_level=None, check_same_thread=False
        )
        try:
            for setting in settings:
                connection.execute(setting)
        except BaseException:
            connection.close()
            raise
        return connection

    return connect


def _engine(
    connect: Callable[[], sqlite3.Connection],
    *,
    begin: str = "BEGIN",
    size: int = READERS,
    more: int = MORE_READERS,
) -> Engine:
    """An engine that begins its transactions itself, so that schema changes are in them too."""
    engine = create_engine(
        "sqlite://",
        creator=connect,
        poolclass=QueuePool,
        pool_size=size,
        max_overflow=more,
        pool_timeout=BUSY_TIMEOUT_S,
        hide_parameters=True,
    )

    @event.listens_for(engine, "begin")
    def _begin(connection: Connection) -> None:
        connection.exec_driver_sql(begin)

    return engine
