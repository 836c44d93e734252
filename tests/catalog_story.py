"""One small history with everything that the catalog knows of, and a dump of what it made."""

import dataclasses
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from sqlalchemy import MetaData, create_engine, make_url, select

from hashing.entry import Act, Entry, format_time
from hashing.paths import path_fields
from tests.histories import SECOND_US, Chain, Docked, File, hex_of, recording_id

FIRST = "ZFY-0001"
SECOND = "ZFY-0002"
STORE = "nas-1"
HOUR_US = 3_600_000_000
BEGAN = "2026-01-01T00:00:00.000000Z"
STRETCHES = (("0" * 64, "8" * 64), ("8" * 64, "f" * 64), ("0" * 64, "3" * 64))
"""A whole pass over the landing store, and the beginning of the next."""
NINE_LOCAL_US = 1_700_038_800_000_000
"""2023-11-15 09:00:00 read as if it were UTC; in Shanghai it was 01:00 UTC."""


def named(local_time: str | None, counter: int, *, important: bool = False) -> dict[str, Any]:
    """What a file name of the common grammar says."""
    return {
        "grammar": "android_dcim",
        "media": "video",
        "device": "0001",
        "officer_no": "123456",
        "local_time": local_time,
        "counter": counter,
        "important": important,
        "prerecord": False,
    }


def file(path: str, content: str, *, name: dict[str, Any] | None = None, hours: int = 0) -> File:
    """A file whose bytes are known by a word; last changed so many hours after nine."""
    size_bytes = 0 if content == "empty" else 1000 + len(content)
    return File(path, size_bytes, NINE_LOCAL_US + hours * HOUR_US, hex_of(content), name)


VIDEO = file("DCIM/100ANDRO/V_0001.mp4", "video", name=named("2023-11-15T08:30:00", 1))
MARKED = file("DCIM/101ANDRO/V_0001IMP.mp4", "video", name=named(None, 1, important=True))
UNNAMED = file("MISC/现场 (50%_a).DAT", "unnamed", hours=1)
BROKEN = file("DCIM/100ANDRO/V_0002.mp4", "broken", name=named("2023-02-30T10:00:00", 2), hours=2)
EMPTY = file("LOG/20231115.txt", "empty", hours=3)
STRANGE_PATH = b"DCIM/\xff\xfe.mp4"
STRANGE = file("DCIM/\ufffd\ufffd.mp4", "strange", hours=4)


@dataclass
class Story:
    """The history: what the recorders brought, and what became of it."""

    entries: list[Entry]
    first: Docked
    second: Docked
    left_open: Docked
    cut_off: Docked
    imported: Docked

    def recording(self, of: File, recorder: str = FIRST) -> str:
        """The id of a file's recording."""
        return recording_id(recorder, of.sha256)


STAMPS: tuple[tuple[str, int, int, dict[str, str]], ...] = (
    ("tsa-1", 9, 0, {}),
    ("tsa-2", 9, -3, {}),
    ("tsa-1", 20, 5, {"renews": hex_of("tsa-1", 9)}),
)
"""Tokens: whose, over how many entries, how many seconds off the station's clock."""


def tell() -> Story:
    """The story from its first entry to its last."""
    chain = Chain()
    story = Story(chain.entries, *(_docked(number) for number in range(5)))
    chain.add(Act.START, {"program": "evd", "version": "1", "timezone": "UTC"})
    _first_docking(chain, story)
    _second_docking(chain, story)
    _afterwards(chain, story)
    return story


def _docked(number: int) -> Docked:
    return Docked(hex_of("docking", number, length=32), FIRST if number == 0 else SECOND)


def _first_docking(chain: Chain, story: Story) -> None:
    at = story.first
    chain.add(Act.DOCK, at.dock("Asia/Shanghai"))
    chain.add(Act.IDENTIFY, at.identify("officer-1"))
    chain.add(Act.CLOCK_READ, at.clock_read(-1500))
    for part in (1, 2):
        chain.add(Act.INVENTORY, at.inventory([VIDEO, EMPTY, UNNAMED], part=part, parts=2))
    chain.add(Act.INGEST, at.occurrence(VIDEO, "officer-1"))
    again = at.occurrence(MARKED, "officer-1") | {"proof": "content", "new_recording": False}
    chain.add(Act.SIGHTING, again)
    chain.add(Act.INGEST, at.occurrence(UNNAMED, "officer-1"))
    broken = at.occurrence(BROKEN, "officer-1", complete=False)
    chain.add(Act.INGEST, broken | {"unreadable": [[512, 4096]], "changed": True})
    chain.add(Act.INGEST, at.occurrence(EMPTY, "officer-1") | {"recovered": True})
    chain.add(Act.INGEST, at.occurrence(STRANGE, "officer-1") | path_fields(STRANGE_PATH))
    lost = {
        "docking": at.docking,
        "recorder": at.recorder,
        "path": "DCIM/lost.mp4",
        "reason": "vanished",
        "detail": "the recorder went away",
        "object": {"sha256": hex_of("lost"), "size_bytes": 7},
        "kept_as": "1.partial",
    }
    chain.add(Act.QUARANTINE, lost)
    chain.add(Act.UNDOCK, at.undock(new=5, known=1, failed=1))


def _second_docking(chain: Chain, story: Story) -> None:
    """Another recorder brings the same bytes: a second recording of one object."""
    at = story.second
    chain.add(Act.DOCK, at.dock("UTC"))
    chain.add(Act.IDENTIFY, at.identify(None))
    copied = at.occurrence(VIDEO) | {"proof": "content", "new_recording": True}
    chain.add(Act.SIGHTING, copied)
    chain.add(Act.UNDOCK, at.undock(new=1))


def _afterwards(chain: Chain, story: Story) -> None:
    video, broken = story.recording(VIDEO), story.recording(BROKEN)
    thing = story.first.occurrence(VIDEO)["object"]
    for operation in ("copy", "evict"):
        chain.add(Act.REPLICATE, {"object": thing, "store": STORE, "operation": operation})
    chain.add(Act.REPLICATE, {"object": thing, "store": "other", "operation": "copy"})
    chain.add(Act.VIEW, {"recording": video, "purpose": "case work"}, actor="li")
    export = {"kind": "copy", "recordings": [video, broken, video], "purpose": "court"}
    chain.add(Act.EXPORT, export | {"approval": "2023-7"}, actor="li")
    failures = [BROKEN.sha256, BROKEN.sha256]
    chain.add(Act.FIXITY, {"scope": "all", "objects": 5, "bytes": 9, "failures": failures})
    for after, through in STRETCHES:
        stretch = {"store": "landing", "after": after, "through": through, "began": BEGAN}
        counted = {"scope": "scheduled", "objects": 2, "bytes": 4, "failures": []}
        chain.add(Act.FIXITY, counted | stretch)
    chain.add(Act.DOCK, story.cut_off.dock())
    cut_off = {"truncated_dockings": [story.cut_off.docking]}
    chain.add(Act.RECOVER, {"completed": 1, "discarded": 2, "quarantined": 0} | cut_off)
    chain.add(Act.DOCK, story.left_open.dock())
    chain.add(Act.DOCK, story.imported.dock())
    origin = {"source": "a box of discs", "custodian": "archive room"}
    chain.add(Act.IMPORT, origin | {"docking": story.imported.docking})
    chain.add(Act.UNDOCK, story.imported.undock())
    for authority, size, seconds, more in STAMPS:
        body = {"size": size, "root": hex_of("root", size), "authority": authority}
        gen_time = format_time(chain.time_us + seconds * SECOND_US)
        token = {"token_sha256": hex_of(authority, size), "gen_time": gen_time}
        chain.add(Act.STAMP, body | token | more)
    chain.add(Act.RECEIPT, story.imported.receipt())
    cosigned = {"witness": "w.example", "vkey": "w.example+00000000+BA==", "method": "http"}
    covered = {"size": 5, "root": hex_of("root", 5), "cosigned_time": BEGAN}
    chain.add(Act.WITNESS, cosigned | covered)
    story.entries.append(_unheard_of(chain.add(Act.STOP, {"reason": "end of day"})))


def _unheard_of(last: Entry) -> Entry:
    """An entry of an act that this version has never heard of."""
    fields = last.fields | {"act": "levitate", "height_mm": 3}
    return dataclasses.replace(last, seq=last.seq + 1, act="levitate", fields=fields)


_READABLE = {"recordings_text_words"}


def dump(place: str) -> dict[str, list[tuple[Any, ...]]]:
    """Every row of every table, read without the catalog's own code.

    Of the index of texts on SQLite its words with their places; how it keeps them depends on
    how a log was cut into groups.
    """
    engine = create_engine(make_url(place))
    try:
        with engine.connect() as connection:
            tables = MetaData()
            tables.reflect(connection)
            return {
                table.name: _sorted(map(tuple, connection.execute(select(table))))
                for table in tables.sorted_tables
                if not table.name.startswith("recordings_text") or table.name in _READABLE
            }
    finally:
        engine.dispose()


def _sorted(rows: Iterable[tuple[Any, ...]]) -> list[tuple[Any, ...]]:
    return sorted(rows, key=repr)
