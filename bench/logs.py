"""Real logs on disk whose entries are those of a station's ordinary life."""

from collections.abc import Iterator
from itertools import chain, islice
from pathlib import Path

from archive.log.store import LogStore
from hashing.entry import Act, Entry
from hashing.keyring import first_key_body
from hashing.note import SigningKey
from tests.histories import START_US, Happening, bureau, chained

GROUP = 4096


def life(key: SigningKey, recordings: int) -> Iterator[Entry]:
    """The entries of a station's log until it has so many recordings."""
    first = Happening(START_US, Act.KEY, first_key_body(key))
    return chained(chain([first], bureau(recordings)))


def write_log(directory: Path, key: SigningKey, entries: Iterator[Entry]) -> None:
    """Write a whole log, a signed checkpoint after every :data:`GROUP` entries."""
    store = LogStore(directory, key)
    while group := [entry.raw for entry in islice(entries, GROUP)]:
        store.append(group)
