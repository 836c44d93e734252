"""However a history is cut into groups, and however often: the catalog says the same.

Histories are valid and random: recorders dock, several at once, show files they showed before
or that others showed, vanish, are replicated, exported, quarantined; the catalog is closed and
opened in between. What single groups made is compared with a rebuild, and with another rebuild
into a file that was deleted, table by table and row by row.
"""

import tempfile
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from unittest import mock

from hypothesis import given, settings
from hypothesis import strategies as st

from archive.catalog import Catalog, loading, projection
from hashing.entry import Act, Entry, format_time
from tests.catalog_story import dump, file, named
from tests.histories import Chain, Docked, File, hex_of

PATHS = ("DCIM/A_0001.mp4", "DCIM/B_0002IMP.mp4", "LOG/现场.txt", "x")
CONTENTS = ("one", "two", "three", "empty")
ZONES = ("Asia/Shanghai", "UTC", "Europe/Berlin", "no such zone")
TIMES = (None, "2023-03-26T02:30:00", "2010-01-01T00:00:00", "2023-02-30T00:00:00")


@dataclass
class Station:
    """Tells a history move by move; each move is a choice and some numbers to choose by."""

    chain: Chain = field(default_factory=Chain)
    docked: list[Docked] = field(default_factory=list)
    ids: list[str] = field(default_factory=list)
    digests: list[str] = field(default_factory=list)

    def move(self, choice: str, numbers: list[int]) -> None:
        """Do what is asked; what needs a docked recorder docks one first."""
        if not self.docked:
            self.dock(numbers)
        getattr(self, choice)(numbers)

    def at(self, numbers: list[int]) -> Docked:
        return self.docked[numbers[0] % len(self.docked)]

    def dock(self, numbers: list[int]) -> None:
        number = len(self.chain.entries)
        recorder = f"ZFY-{numbers[1] % 3}"
        self.docked.append(Docked(hex_of("docking", number, length=32), recorder))
        self.add(Act.DOCK, self.docked[-1].dock(ZONES[numbers[2] % len(ZONES)]))

    def identify(self, numbers: list[int]) -> None:
        officer = (None, "officer-1", "officer-2")[numbers[1] % 3]
        self.add(Act.IDENTIFY, self.at(numbers).identify(officer))

    def clock_read(self, numbers: list[int]) -> None:
        self.add(Act.CLOCK_READ, self.at(numbers).clock_read(numbers[1] - 500))

    def inventory(self, numbers: list[int]) -> None:
        """A whole inventory, or the beginning of one that is never finished."""
        parts, told = 1 + numbers[1] % 3, 1 + numbers[2] % 3
        batch = hex_of("batch", len(self.chain.entries), length=32)
        for part in range(1, min(parts, told) + 1):
            listed = self.at(numbers).inventory([], batch=batch, part=part, parts=parts)
            self.add(Act.INVENTORY, listed)

    def ingest(self, numbers: list[int]) -> None:
        self._occurrence(Act.INGEST, numbers, {})

    def sighting(self, numbers: list[int]) -> None:
        proof = ("content", "metadata")[numbers[5] % 2]
        new = bool(numbers[6] % 2)
        self._occurrence(Act.SIGHTING, numbers, {"proof": proof, "new_recording": new})

    def _occurrence(self, act: Act, numbers: list[int], more: dict[str, Any]) -> None:
        body = self.at(numbers).occurrence(_file(numbers), complete=numbers[4] % 4 != 0) | more
        if numbers[5] % 3 == 0:
            del body["object"]["sm3"]
        self.ids.append(body["recording"])
        self.digests.append(body["object"]["sha256"])
        self.add(act, body)

    def undock(self, numbers: list[int]) -> None:
        at = self.docked.pop(numbers[0] % len(self.docked))
        self.add(Act.UNDOCK, at.undock(numbers[1] % 3, numbers[2] % 3, numbers[3] % 2))

    def crash(self, numbers: list[int]) -> None:
        truncated = [at.docking for at in self.docked]
        counts = {"completed": numbers[1], "discarded": 0, "quarantined": 0}
        self.docked.clear()
        self.add(Act.RECOVER, counts | {"truncated_dockings": truncated})

    def replicate(self, numbers: list[int]) -> None:
        sha256 = self._one_of(self.digests, numbers, hex_of("never seen"))
        thing = {"sha256": sha256, "size_bytes": 1}
        store = ("nas", "far")[numbers[2] % 2]
        operation = ("copy", "evict")[numbers[3] % 2]
        self.add(Act.REPLICATE, {"object": thing, "store": store, "operation": operation})

    def export(self, numbers: list[int]) -> None:
        ids = [self._one_of(self.ids, [number], "0" * 32) for number in numbers[: numbers[1] % 4]]
        self.add(Act.EXPORT, {"kind": "copy", "recordings": ids, "purpose": "court"})

    def view(self, numbers: list[int]) -> None:
        self.add(Act.VIEW, {"recording": self._one_of(self.ids, numbers, "0" * 32)})

    def fixity(self, numbers: list[int]) -> None:
        failures = [self._one_of(self.digests, [number], "0" * 64) for number in numbers[:2]]
        body = {"scope": "all", "objects": 1, "bytes": 1, "failures": failures}
        if numbers[2] % 2:
            after, through = sorted(hex_of(number) for number in numbers[3:5])
            began = {"began": "2026-01-01T00:00:00.000000Z"}
            body |= began | {"store": "landing", "after": after, "through": through}
        self.add(Act.FIXITY, body)

    def quarantine(self, numbers: list[int]) -> None:
        docking = self.at(numbers).docking if numbers[1] % 2 else None
        lost = {"path": PATHS[numbers[2] % 4], "reason": "vanished", "detail": "gone"}
        self.add(Act.QUARANTINE, lost | {"docking": docking, "recorder": None})

    def stamp(self, numbers: list[int]) -> None:
        size = numbers[0] % (len(self.chain.entries) + 1)
        token = {"token_sha256": hex_of(numbers), "gen_time": format_time(numbers[1] * 1_000_003)}
        renews = {"renews": hex_of(numbers[2])} if numbers[2] % 3 == 0 else {}
        body = {"size": size, "root": hex_of(size), "authority": f"tsa-{numbers[3] % 2}"}
        self.add(Act.STAMP, body | token | renews)

    def witness(self, numbers: list[int]) -> None:
        size = numbers[0] % (len(self.chain.entries) + 1)
        who = {"witness": f"w.example/{numbers[3] % 2}", "vkey": "w", "method": "carried"}
        at = {"cosigned_time": format_time(numbers[1] * 1_000_000)}
        self.add(Act.WITNESS, {"size": size, "root": hex_of(size)} | who | at)

    def note(self, numbers: list[int]) -> None:
        """An act that the catalog has no question about."""
        self.add(Act.NOTE, {"sha256": hex_of(numbers), "subject": "x"})

    def add(self, act: Act, body: dict[str, Any]) -> None:
        self.chain.add(act, body)

    @staticmethod
    def _one_of(known: list[str], numbers: list[int], otherwise: str) -> str:
        return known[numbers[0] % len(known)] if known else otherwise


def _file(numbers: list[int]) -> File:
    name = named(TIMES[numbers[2] % 4], numbers[3], important=numbers[4] % 3 == 0)
    path, content = PATHS[numbers[1] % 4], CONTENTS[numbers[3] % 4]
    return file(path, content, name=name if numbers[6] % 3 else None, hours=numbers[2] % 5)


CHOICES = (
    "dock", "identify", "clock_read", "inventory", "ingest", "ingest", "ingest", "sighting",
    "sighting", "undock", "crash", "replicate", "export", "view", "fixity", "quarantine", "note",
    "stamp",
    "witness",
)  # fmt: skip
moves = st.tuples(st.sampled_from(CHOICES), st.lists(st.integers(0, 1000), min_size=7, max_size=7))


@st.composite
def histories(draw: st.DrawFn) -> list[Entry]:
    """The entries of a random history."""
    station = Station()
    for choice, numbers in draw(st.lists(moves, min_size=1, max_size=60)):
        station.move(choice, numbers)
    return station.chain.entries


@settings(deadline=None, max_examples=60)
@given(histories(), st.lists(st.integers(1, 20), min_size=1), st.sets(st.integers(0, 10)))
def test_groups_and_rebuilds_agree(
    entries: list[Entry], group_sizes: list[int], closed_after: set[int]
) -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "catalog.sqlite")
        address = f"sqlite:///{path}"
        _apply_in_groups(path, entries, group_sizes, closed_after)
        in_groups = dump(address)
        _with_catalog(path, lambda catalog: catalog.rebuild(entries))
        assert dump(address) == in_groups
        _with_catalog(path, lambda catalog: _must_agree(catalog, entries))
        path.unlink()
        with (
            mock.patch.object(loading, "GROUP_ENTRIES", group_sizes[0]),
            mock.patch.object(projection, "_ZONES_KEPT", 2),
        ):
            _with_catalog(path, lambda catalog: catalog.rebuild(iter(entries)))
        assert dump(address) == in_groups


def _with_catalog(path: Path, act: Callable[[Catalog], object]) -> None:
    with Catalog.open(path) as catalog:
        act(catalog)


def _must_agree(catalog: Catalog, entries: list[Entry]) -> None:
    assert catalog.compare(entries) == []


def _apply_in_groups(
    path: Path, entries: list[Entry], group_sizes: list[int], closed_after: set[int]
) -> None:
    """Groups of the given sizes, over and over; some overlap what was applied before."""
    catalog, start, group = Catalog.open(path), 0, 0
    try:
        while start < len(entries):
            end = start + group_sizes[group % len(group_sizes)]
            catalog.apply(entries[max(0, start - group % 3) : end])
            if group in closed_after:
                catalog.close()
                catalog = Catalog.open(path)
            start, group = end, group + 1
    finally:
        catalog.close()


@settings(deadline=None, max_examples=60)
@given(histories())
def test_what_the_catalog_counts_is_what_the_log_says(entries: list[Entry]) -> None:
    """Against a reckoning made directly from the entries, without the catalog's code."""
    seen = [entry.fields for entry in entries if entry.act in {"ingest", "sighting"}]
    ended = {entry.fields["docking"] for entry in entries if entry.act == "undock"}
    for entry in entries:
        if entry.act == "recover":
            ended |= set(entry.fields["truncated_dockings"])
    docked = {entry.fields["docking"] for entry in entries if entry.act == "dock"}
    important = {body["recording"] for body in seen if body["name"] and body["name"]["important"]}
    with tempfile.TemporaryDirectory() as folder, Catalog.open(Path(folder, "c")) as catalog:
        catalog.rebuild(entries)
        counts = catalog.counts()
        assert counts.recordings == len({body["recording"] for body in seen})
        assert counts.objects == len({body["object"]["sha256"] for body in seen})
        assert counts.occurrences == len(seen)
        assert counts.dockings == len(docked)
        assert {row.docking for row in catalog.open_dockings()} == docked - ended
        for body in seen:
            assert catalog.recording(body["recording"]).important == (
                body["recording"] in important
            )
