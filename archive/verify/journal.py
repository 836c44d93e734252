"""What a long verification has read already, so that it can be gone on with.

A deep run over a large archive takes days. Its journal is a file of whoever verifies, never of the
archive: a heading that names the log and the digests compared, then the SHA-256 of every object
that was found intact, with the time, a JSON line each. A run that is given the journal does not
read those objects again, and says so: what an earlier run saw is only as good as its journal.

Objects that were *not* intact are not in it: they are read again every time.
"""

import os
import threading
from collections.abc import Sequence
from pathlib import Path
from types import TracebackType
from typing import IO, Any, Final, Self

import orjson

from archive.clock import now_us
from archive.errors import StorageError
from hashing.digest import Algorithm, Digest
from hashing.entry import format_time
from hashing.errors import Bilingual, EvidenceError

KIND: Final = "verification_journal"
SYNC_EVERY_BYTES: Final = 1 << 30
"""How much may have to be read again after a power cut."""


class JournalUnusable(StorageError):  # noqa: N818 - named for the state
    """The journal of a verification cannot be used for this one."""

    code = "JOURNAL_UNUSABLE"
    exit_code = 44
    meaning = Bilingual(
        zh="没有开始校验；档案库未受影响。",
        en="The verification did not begin; the archive is not affected.",
    )
    action = Bilingual(
        zh="为本次校验另指定一个新的文件。", en="Name another, new file for this verification."
    )


class Journal:
    """Objects found intact by this run and by those before it. Threads may share it.

    Use :meth:`open`, and close it at the end.

    Attributes:
        earlier: How many objects earlier runs had found intact.
        since: When the first of those was read, as in entries; empty where there are none.
        trouble: Why it could not be written any more; None while it can.
    """

    def __init__(self, file: IO[bytes], known: set[bytes], since: str) -> None:
        self.earlier = len(known)
        self.since = since
        self.trouble: str | None = None
        self._file = file
        self._known = known
        self._unsynced_bytes = 0
        self._one_at_a_time = threading.Lock()

    @classmethod
    def open(cls, path: Path, origin: str, algorithms: Sequence[Algorithm]) -> Self:
        """Go on with a journal, or begin one.

        Args:
            path: The file; made where there is none.
            origin: The log's name.
            algorithms: The digests that are compared.

        Raises:
            JournalUnusable: It is of another log or compares other digests, is no journal, or
                cannot be written.
        """
        compared = sorted(algorithm.value for algorithm in algorithms)
        heading = {"kind": KIND, "origin": origin, "algorithms": compared}
        try:
            file = open(path, "a+b")  # noqa: SIM115 - kept open until close()
            file.seek(0)
            first, known, since, whole = _read(file)
            if first is None:
                file.truncate(0)
                file.write(orjson.dumps(heading, option=orjson.OPT_APPEND_NEWLINE))
                file.flush()
            elif first != heading:
                file.close()
                raise JournalUnusable(f"{path} is the journal of another verification: {first}")
            else:
                file.truncate(whole)  # a line that a crash cut short
        except OSError as error:
            raise JournalUnusable(f"cannot use {path}: {error.strerror or error}") from error
        return cls(file, known, since)

    def knows(self, digest: Digest) -> bool:
        """Whether an earlier run found the object intact."""
        return bytes.fromhex(digest.hex) in self._known

    def note(self, digest: Digest, size_bytes: int) -> None:
        """An object was read and is intact; what cannot be written becomes :attr:`trouble`."""
        line = orjson.dumps(
            {"sha256": digest.hex, "at": format_time(now_us())}, option=orjson.OPT_APPEND_NEWLINE
        )
        with self._one_at_a_time:
            try:
                self._file.write(line)
                self._unsynced_bytes += size_bytes
                if self._unsynced_bytes >= SYNC_EVERY_BYTES:
                    self._sync()
            except OSError as error:
                self.trouble = error.strerror or str(error)

    def close(self) -> None:
        """Make durable what was noted."""
        try:
            self._sync()
        except OSError as error:
            self.trouble = error.strerror or str(error)
        finally:
            self._file.close()

    def _sync(self) -> None:
        self._file.flush()
        os.fsync(self._file.fileno())
        self._unsynced_bytes = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        exc_type: type[BaseException] | None,
        exc: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()


def _read(file: IO[bytes]) -> tuple[dict[str, Any] | None, set[bytes], str, int]:
    """The heading, the digests, the first time, and where the last whole line ends.

    Raises:
        JournalUnusable: A whole line is none of a journal's.
    """
    heading: dict[str, Any] | None = None
    known: set[bytes] = set()
    since, end = "", 0
    for line in file:
        if not line.endswith(b"\n"):
            break
        end += len(line)
        try:
            record = orjson.loads(line)
            if heading is None:
                heading = dict(record)
                continue
            known.add(bytes.fromhex(Digest.sha256(record["sha256"]).hex))
            since = since or str(record["at"])
        except (ValueError, KeyError, TypeError, EvidenceError) as error:
            raise JournalUnusable(f"not a journal: {line[:80]!r}") from error
    return heading, known, since, end
