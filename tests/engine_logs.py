"""Logs on disk for tests of what writes and reads them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from archive.clock import StationClock
from archive.log.reader import LogFiles
from archive.log.store import LogStore
from archive.log.writer import Draft
from hashing.entry import Act, Entry, Stamp, format_time
from hashing.note import SigningKey
from hashing.verifier import verify_log
from tests.logbook import START_US

KEY = SigningKey.generate_origin("bureau/dock-1")


def draft(detail: str = "x", actor: str = "tester") -> Draft:
    """Some entry."""
    return Draft(Act.ALARM, {"alarm": "test", "subject": "slot", "detail": detail}, actor)


def key_draft(key: SigningKey = KEY) -> Draft:
    """Entry 0."""
    return Draft(Act.KEY, {"origin": key.name, "vkey": str(key.verifier)}, "station")


def bad_draft() -> Draft:
    """An entry whose body is not what its act says."""
    return Draft(Act.ALARM, {"alarm": "test"}, "tester")


@dataclass
class SetClock(StationClock):
    """A clock that a test sets.

    Attributes:
        time_us: What it shows.
    """

    time_us: int = START_US

    def stamp(self, actor: str) -> Stamp:
        return Stamp(format_time(self.time_us), 0, "unknown", "dock-1", "b" * 32, actor)


@dataclass
class Told:
    """A catalog that keeps what it is told."""

    entries: list[Entry] = field(default_factory=list)
    heads: list[str] = field(default_factory=list)

    def __call__(self, entries: Sequence[Entry], head: str) -> None:
        self.entries += entries
        self.heads.append(head)


def assert_intact(directory: Path, key: SigningKey = KEY) -> list[Mapping[str, object]]:
    """The entries of a log that holds together."""
    verdict = verify_log(LogFiles(directory), key.verifier, check_bodies=True)
    assert verdict.findings == ()
    assert verdict.origin_proven
    return [entry.fields for entry in LogFiles(directory).entries()]


def tree(directory: Path) -> dict[str, bytes]:
    """Every file below a folder."""
    return {
        str(path.relative_to(directory)): path.read_bytes()
        for path in directory.rglob("*")
        if path.is_file()
    }


def new_store(directory: Path, key: SigningKey = KEY) -> LogStore:
    """A store for a log that does not exist yet."""
    return LogStore(directory, key)
