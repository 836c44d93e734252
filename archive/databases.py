"""Whatever a database reports, as an error of the program's own tree.

The caller says what it was doing and which error means "this database is damaged": the
catalog can be made again from the log, the state cannot.
"""

import contextlib
import sqlite3
from collections.abc import Iterator
from typing import Final

from sqlalchemy.exc import DBAPIError, InterfaceError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError

from archive.errors import ArchiveBusy, DiskFull, StorageError

_PRIMARY_CODE: Final = 0xFF
_SQLITE_ENVIRONMENT: Final[dict[int, type[StorageError]]] = {
    sqlite3.SQLITE_BUSY: ArchiveBusy,
    sqlite3.SQLITE_LOCKED: ArchiveBusy,
    sqlite3.SQLITE_FULL: DiskFull,
    sqlite3.SQLITE_IOERR: StorageError,
    sqlite3.SQLITE_CANTOPEN: StorageError,
    sqlite3.SQLITE_PERM: StorageError,
    sqlite3.SQLITE_READONLY: StorageError,
    sqlite3.SQLITE_NOMEM: StorageError,
}
"""Result codes that speak of the surroundings; every other one speaks of the database."""


@contextlib.contextmanager
def database_errors(what: str, damaged: type[StorageError]) -> Iterator[None]:
    """Turn a database error of the block into one that names ``what``.

    Args:
        what: What could not be done, to begin a sentence with.
        damaged: Raised where the database itself cannot be read or does not hold what it
            should.

    Raises:
        ArchiveBusy: Another writer held the database longer than the time allowed.
        DiskFull: There is no room.
        StorageError: The database cannot be reached.
    """
    try:
        yield
    except PoolTimeoutError as error:
        raise ArchiveBusy(f"{what}: every connection is in use") from error
    except DBAPIError as error:
        raise _kind(error, error.orig, damaged)(f"{what}: {error.orig}") from error
    except sqlite3.Error as error:
        raise _kind(error, error, damaged)(f"{what}: {error}") from error


def _kind(
    error: Exception, cause: BaseException | None, damaged: type[StorageError]
) -> type[StorageError]:
    if isinstance(cause, sqlite3.Error):
        # Python's own complaints, such as text that is not UTF-8, carry no code.
        code = getattr(cause, "sqlite_errorcode", sqlite3.SQLITE_CORRUPT)
        return _SQLITE_ENVIRONMENT.get(code & _PRIMARY_CODE, damaged)
    if isinstance(error, OperationalError | InterfaceError):
        return StorageError
    return damaged
