"""What a running station does while its archive is verified.

A verification takes no lock. The log is judged up to the checkpoint it began with; what is
found in the store may be newer, and must not be called a stranger or missing for that.
"""

from dataclasses import dataclass

from archive.ingest.intents import intended_objects
from archive.layout import Layout
from archive.log.reader import LogFiles
from archive.stores.landing import LANDING
from hashing.entry import Act, Entry


@dataclass(frozen=True, slots=True)
class Meanwhile:
    """Objects by SHA-256 in hexadecimal.

    Attributes:
        taken_in: Those that new entries and intents speak of.
        evicted: Those that the landing store has let go.
    """

    taken_in: frozenset[str] = frozenset()
    evicted: frozenset[str] = frozenset()


def look(layout: Layout, files: LogFiles, size: int) -> Meanwhile:
    """What has happened since the log had ``size`` entries.

    Intents are read first: one that is gone by then has its entries in the log.
    """
    taken_in, evicted = set(intended_objects(layout.staging)), set[str]()
    for entry in files.entries(size):
        evicted |= evicted_by(entry)
        if entry.act == Act.INGEST:
            taken_in |= _named(entry)
    return Meanwhile(frozenset(taken_in), frozenset(evicted))


def evicted_by(entry: Entry) -> frozenset[str]:
    """The object that an entry says the landing store let go, if it says so."""
    fields = entry.fields
    let_go = (entry.act, fields.get("operation"), fields.get("store"))
    return _named(entry) if let_go == (Act.REPLICATE, "evict", LANDING) else frozenset()


def _named(entry: Entry) -> frozenset[str]:
    body = entry.fields.get("object")
    return frozenset({str(body.get("sha256"))}) if isinstance(body, dict) else frozenset()
