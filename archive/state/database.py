"""The state database: ``state.sqlite`` beside the archive.

It holds what is neither evidence nor derivable from the log. Any thread may use it.
"""

import contextlib
import os
from collections.abc import Iterable, Iterator
from pathlib import Path
from types import TracebackType
from typing import Final, Self

from sqlalchemy import Connection, Engine

from archive.databases import database_errors
from archive.durable import storage_errors
from archive.filesystems import refuse_network
from archive.sqlite import reading_engine, writing_engine
from archive.state import jobs, witnessed
from archive.state.errors import StateDamaged
from archive.state.jobs import Job, Pending
from archive.state.migrating import migrate
from archive.state.witnessed import Witnessed
from hashing.cosignature import CosigningKey
from hashing.witness import AddCheckpoint, SeenHead, TrustedLogs

FORGOTTEN_AT_ONCE: Final = 1000


class StateDatabase:
    """A state database that is open. Use :meth:`open`; close it, or use it as a context."""

    def __init__(self, writing: Engine, reading: Engine) -> None:
        self._writing = writing
        self._reading = reading

    @classmethod
    def open(cls, path: str | os.PathLike[str]) -> Self:
        """Open a state database, made where it is missing and brought up to date.

        Raises:
            NetworkFileSystem: It lies on a network file system.
            StateTooNew: It was changed by a later version of the program.
            StateDamaged: It cannot be read.
            StorageError: It cannot be opened.
        """
        path = Path(path)
        refuse_network(path.parent)
        with storage_errors(f"cannot open {path}"):
            database = cls(writing_engine(path), reading_engine(path))
        try:
            with database._changing() as connection:
                migrate(connection)
        except BaseException:
            database.close()
            raise
        return database

    def close(self) -> None:
        """Close every connection."""
        self._reading.dispose()
        self._writing.dispose()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        exc_type: type[BaseException] | None,
        exc: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()

    def enqueue(self, kind: str, keys: Iterable[str], due_us: int) -> int:
        """Offer jobs, each known by its key until it is done and forgotten, durably.

        Args:
            kind: Who does them.
            keys: What is to be done.
            due_us: When, in microseconds since 1970 UTC.

        Returns:
            How many of them were not known yet.
        """
        with self._changing() as connection:
            return jobs.enqueue(connection, kind, keys, due_us)

    def claim(self, kind: str, now_us: int, lease_us: int) -> Job | None:
        """Take the job of a kind that has been due for the longest time, for so long."""
        with self._changing() as connection:
            return jobs.claim(connection, kind, now_us, lease_us)

    def done(self, job: Job, now_us: int) -> bool:
        """Report a job done; False where the lease ran out and another has taken it."""
        with self._changing() as connection:
            return jobs.done(connection, job, now_us)

    def forget_done(self, before_us: int) -> int:
        """Forget jobs that were done before a time, in steps that hold up nobody.

        Args:
            before_us: In microseconds since 1970 UTC.

        Returns:
            How many there were.
        """
        forgotten = 0
        while True:
            with self._changing() as connection:
                gone = jobs.forget_done(connection, before_us, FORGOTTEN_AT_ONCE)
            forgotten += gone
            if gone < FORGOTTEN_AT_ONCE:
                return forgotten

    def failed(self, job: Job, error: str, retry_at_us: int) -> bool:
        """Report a job failed, to be tried again; False where another has taken it."""
        with self._changing() as connection:
            return jobs.failed(connection, job, error, retry_at_us)

    def pending(self) -> dict[str, Pending]:
        """What is still to be done, by kind."""
        with self._errors("read"), self._reading.begin() as connection:
            return jobs.pending(connection)

    def witness(
        self, request: AddCheckpoint, trusted: TrustedLogs, key: CosigningKey, time_s: int
    ) -> Witnessed:
        """Decide on a request for a cosignature; a head that is cosigned is durable on return."""
        with self._changing() as connection:
            return witnessed.add_checkpoint(connection, request, trusted, key, time_s)

    def cosigned_note(self, origin: str) -> bytes | None:
        """The checkpoint of a log that this station cosigned last; None if it cosigned none."""
        with self._errors("read"), self._reading.begin() as connection:
            return witnessed.cosigned_note(connection, origin)

    def witnessed_heads(self) -> dict[str, SeenHead]:
        """The heads that this station cosigned last, by the logs' origins."""
        with self._errors("read"), self._reading.begin() as connection:
            return witnessed.heads(connection)

    @contextlib.contextmanager
    def _changing(self) -> Iterator[Connection]:
        with self._errors("change"), self._writing.begin() as connection:
            yield connection

    def _errors(self, verb: str) -> contextlib.AbstractContextManager[None]:
        return database_errors(f"cannot {verb} the state database", StateDamaged)
