"""Histories of a station, as the log would tell them: deterministic, of any length.

:class:`Chain` builds the entries of one log through the writer's own function, for tests that
say exactly what happened. :func:`bureau` tells the life of a bureau's station day by day,
lazily, for tests and measurements that need many entries.
"""

import hashlib
import random
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, Final, NamedTuple

from hashing.entry import FORMAT_VERSION, ZERO_PREV, Act, Entry, Stamp, build, format_time, parse

START_US: Final = 1_700_000_000_000_000
DAY_US: Final = 86_400_000_000
SECOND_US: Final = 1_000_000
ZONE: Final = "Asia/Shanghai"
OFFICERS: Final = 133
RECORDERS: Final = 99
FILES_PER_DOCKING: Final = 20

Body = dict[str, Any]


class Happening(NamedTuple):
    """What an entry will say, and when."""

    time_us: int
    act: Act
    body: Body


def hex_of(*parts: object, length: int = 64) -> str:
    """Hexadecimal characters that depend on the parts alone."""
    return hashlib.sha256("/".join(map(str, parts)).encode()).hexdigest()[:length]


def recording_id(recorder: str, sha256: str) -> str:
    """The id that the entry format gives a content on a recorder."""
    return hashlib.sha256(f"{recorder}\0{sha256}".encode()).hexdigest()[:32]


@dataclass
class Chain:
    """Builds the entries of one log, each through the writer's own function.

    Attributes:
        time_us: The time of the last entry.
        entries: All of them.
    """

    time_us: int = START_US
    entries: list[Entry] = field(default_factory=list)

    def add(self, act: Act, body: Mapping[str, Any], *, actor: str = "station") -> Entry:
        """The next entry, a second after the last."""
        return self.tell(Happening(self.time_us + SECOND_US, act, dict(body)), actor=actor)

    def tell(self, happening: Happening, *, actor: str = "station") -> Entry:
        """The next entry, at its own time."""
        self.time_us = happening.time_us
        prev = self.entries[-1].leaf.hex() if self.entries else ZERO_PREV
        self.entries.append(_entry(len(self.entries), prev, happening, actor))
        return self.entries[-1]


def chained(happenings: Iterable[Happening]) -> Iterator[Entry]:
    """Entries as the writer makes them, none of them kept."""
    prev = ZERO_PREV
    for seq, happening in enumerate(happenings):
        entry = _entry(seq, prev, happening, "station")
        prev = entry.leaf.hex()
        yield entry


def _entry(seq: int, prev: str, happening: Happening, actor: str) -> Entry:
    stamp = Stamp(
        time=format_time(happening.time_us),
        mono_ms=seq,
        clock="synchronised",
        station="station-1",
        boot="0" * 32,
        actor=actor,
    )
    return parse(build(seq, prev, stamp, happening.act, happening.body))


def unchained(happenings: Iterable[Happening]) -> Iterator[Entry]:
    """Entries without bytes or links, quickly made: enough for whoever reads only fields."""
    for seq, (time_us, act, body) in enumerate(happenings):
        common = {"v": FORMAT_VERSION, "seq": seq, "act": str(act)}
        yield Entry(
            seq=seq,
            prev=ZERO_PREV,
            time_us=time_us,
            clock="synchronised",
            station="station-1",
            boot="0" * 32,
            actor="station",
            act=str(act),
            fields=common | body,
            raw=b"",
        )


def bureau(recordings: int, seed: int = 0) -> Iterator[Happening]:
    """The life of a station until it has so many recordings: every recorder docks every day."""
    yield Happening(START_US, Act.START, {"program": "evd", "version": "1", "timezone": ZONE})
    chance, day, made = random.Random(seed), 0, 0
    while made < recordings:
        for recorder in range(RECORDERS):
            files = min(FILES_PER_DOCKING, recordings - made)
            time_us = START_US + day * DAY_US + recorder * 60 * SECOND_US
            yield from _docking(chance, time_us, day, recorder, files)
            made += files
            if made == recordings:
                return
        day += 1


def _docking(
    chance: random.Random, time_us: int, day: int, recorder: int, files: int
) -> Iterator[Happening]:
    """One docking: so many new recordings, one file seen before, one name that is no file."""
    at = Docked(docking=hex_of("docking", day, recorder, length=32), recorder=f"ZFY-{recorder:04}")
    officer = f"{chance.randrange(OFFICERS):06}"
    taken = [_video(day, recorder, number, chance) for number in range(files)]
    yield Happening(time_us, Act.DOCK, at.dock())
    yield Happening(time_us, Act.IDENTIFY, at.identify(officer))
    yield Happening(time_us, Act.CLOCK_READ, at.clock_read(chance.randrange(-90_000, 90_000)))
    yield Happening(time_us, Act.INVENTORY, at.inventory(taken))
    for number, file in enumerate(taken):
        ingest = at.occurrence(file, officer)
        yield Happening(time_us + number * SECOND_US, Act.INGEST, ingest)
    if files:
        again = at.occurrence(taken[0], officer) | {"proof": "metadata", "new_recording": False}
        yield Happening(time_us + files * SECOND_US, Act.SIGHTING, again)
    yield Happening(time_us + 30 * SECOND_US, Act.UNDOCK, at.undock(files, 1 if files else 0))


class File(NamedTuple):
    """A file on a recorder."""

    path: str
    size_bytes: int
    mtime_us: int
    sha256: str
    name: Body | None


def _video(day: int, recorder: int, number: int, chance: random.Random) -> File:
    local = datetime(2023, 11, 15, 8, tzinfo=UTC) + timedelta(days=day, minutes=20 * number)
    important = chance.random() < 0.03
    counter = day * FILES_PER_DOCKING + number
    mark = "IMP" if important else ""
    folder = "DCIM/101ANDRO" if important else "DCIM/100ANDRO"
    path = f"{folder}/{recorder:06}_{recorder:04}_{local:%Y%m%d%H%M%S}_{counter:04}{mark}.mp4"
    name: Body = {
        "grammar": "android_dcim",
        "media": "video",
        "device": f"{recorder:04}",
        "officer_no": f"{recorder:06}",
        "local_time": local.strftime("%Y-%m-%dT%H:%M:%S"),
        "counter": counter,
        "important": important,
        "prerecord": False,
    }
    return File(
        path=path,
        size_bytes=chance.randrange(200_000_000, 800_000_000),
        mtime_us=int(local.timestamp()) * SECOND_US,
        sha256=hex_of("object", day, recorder, number),
        name=name,
    )


@dataclass(frozen=True)
class Docked:
    """A docking's identity, and the bodies of the entries that speak of it."""

    docking: str
    recorder: str

    def dock(self, zone: str = ZONE) -> Body:
        """The body of ``dock``."""
        return {
            "docking": self.docking,
            "slot": "7",
            "driver": "folder",
            "source": "/media/card",
            "timezone": zone,
        }

    def identify(self, officer: str | None) -> Body:
        """The body of ``identify``."""
        return {
            "docking": self.docking,
            "recorder": self.recorder,
            "basis": "evidence",
            "evidence": [{"kind": "device_token", "value": self.recorder, "weight": 60}],
            "officer": officer,
            "officer_source": "none" if officer is None else "ledger",
        }

    def clock_read(self, offset_ms: int) -> Body:
        """The body of ``clock_read``."""
        return {
            "docking": self.docking,
            "device_local": "2023-11-15T08:00:00",
            "offset_ms": offset_ms,
            "uncertainty_ms": 40,
            "method": "zfy",
        }

    def inventory(
        self, files: list[File], *, batch: str = "b" * 32, part: int = 1, parts: int = 1
    ) -> Body:
        """The body of one part of an ``inventory``."""
        listed = [
            {
                "path": file.path,
                "size_bytes": file.size_bytes,
                "mtime_us": file.mtime_us,
                "mtime_zone": "local_digits",
            }
            for file in files
        ]
        return {
            "docking": self.docking,
            "batch": batch,
            "part": part,
            "parts": parts,
            "found": len(files) * parts,
            "files": listed,
            "skipped": [],
            "unreadable": [],
        }

    def occurrence(self, file: File, officer: str | None = None, *, complete: bool = True) -> Body:
        """The body of ``ingest``; with a proof and ``new_recording``, of ``sighting``."""
        return {
            "docking": self.docking,
            "recording": recording_id(self.recorder, file.sha256),
            "recorder": self.recorder,
            "officer": officer,
            "object": {
                "sha256": file.sha256,
                "sm3": hex_of("sm3", file.sha256),
                "size_bytes": file.size_bytes,
            },
            "complete": complete,
            "path": file.path,
            "mtime_us": file.mtime_us,
            "mtime_zone": "local_digits",
            "sample": hex_of("sample", file.sha256),
            "name": file.name,
        }

    def receipt(self) -> Body:
        """The body of ``receipt``."""
        return {
            "docking": self.docking,
            "recorder": self.recorder,
            "officer": None,
            "sha256": hex_of("receipt", self.docking),
            "files": 0,
        }

    def undock(self, new: int = 0, known: int = 0, failed: int = 0) -> Body:
        """The body of ``undock``, with one symbolic link passed over."""
        return {
            "docking": self.docking,
            "recorder": self.recorder,
            "found": new + known + failed + 1,
            "new": new,
            "known": known,
            "failed": failed,
            "skipped": {"symlink": 1},
            "bytes": new * 1000,
            "state": "removable_incomplete" if failed else "safe_to_remove",
            "interrupted": False,
        }
