"""Fetches a log's files for the verifier and turns what is missing into findings (3, 6).

A log that grows replaces its partial files by wider ones while it is read, so a file that is
gone is looked for in the wider widths as well. Where only a narrower bundle is left, its
entries are taken: they tell which entries are missing.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import partial
from typing import Protocol

from hashing.errors import EvidenceError, LogInconsistent, MissingFile
from hashing.findings import Check, FindingList
from hashing.merkle import HASH_BYTES
from hashing.tiles import TILE_WIDTH, MalformedBundle, decode_bundle, entries_path, tile_path


class LogSource(Protocol):
    """Where a log's files come from. An EvidenceError that a method raises is a finding.

    A width below 256 asks for the partial file of exactly that width.
    """

    def checkpoint(self) -> bytes | None:
        """The newest checkpoint's signed note, None where there is none."""

    def bundle(self, index: int, width: int) -> bytes | None:
        """An entry bundle, None where it is missing."""

    def tile(self, level: int, index: int, width: int) -> bytes | None:
        """A hash tile, None where it is missing."""


@dataclass(slots=True)
class _Run:
    """Missing files of one sort with consecutive indexes."""

    sort: str
    check: Check
    name: str
    first: int
    last: int


class LogReader:
    """Reads bundles and tiles, and remembers which were missing.

    Args:
        source: Where the files come from.
        findings: Where findings go.
    """

    def __init__(self, source: LogSource, findings: FindingList) -> None:
        self._source = source
        self._findings = findings
        self._missing: dict[str, _Run] = {}

    def bundle(self, index: int, width: int) -> tuple[list[bytes], bool]:
        """The entries of a bundle, as far as there are any, and whether it reads to its end."""
        name = entries_path(index, width)
        widths = [*_widths(width), *range(width - 1, 0, -1)]
        wanted = _Run("bundles", Check.BUNDLES, name, index, index)
        found = self._first(wanted, widths, partial(self._source.bundle, index))
        if found is None:
            return [], False
        data, found_width = found
        try:
            entries, intact = decode_bundle(data), True
        except MalformedBundle as error:
            self._findings.add(LogInconsistent, Check.BUNDLES, name, error.detail)
            entries, intact = list(error.entries), False
        if found_width >= width and len(entries) == found_width:
            return entries[:width], intact
        if intact:
            detail = f"bundle holds {len(entries)} entries, not {width}"
            self._findings.add(LogInconsistent, Check.BUNDLES, name, detail)
        return entries[:TILE_WIDTH], intact

    def tile(self, level: int, index: int, width: int) -> bytes | None:
        """A stored tile of the right length, else None."""
        name = tile_path(level, index, width)
        wanted = _Run(f"tiles of level {level}", Check.TILES, name, index, index)
        found = self._first(wanted, _widths(width), partial(self._source.tile, level, index))
        if found is None:
            return None
        data, found_width = found
        if len(data) != found_width * HASH_BYTES:
            detail = f"tile has {len(data)} bytes, not {found_width * HASH_BYTES}"
            self._findings.add(LogInconsistent, Check.TILES, name, detail)
            return None
        return data[: width * HASH_BYTES]

    def finish(self) -> None:
        """Report the last runs of missing files."""
        for run in self._missing.values():
            self._report(run)
        self._missing.clear()

    def _first(
        self, wanted: _Run, widths: Iterable[int], read: Callable[[int], bytes | None]
    ) -> tuple[bytes, int] | None:
        """The first file of these widths that is there, and its width."""
        try:
            for width in widths:
                data = read(width)
                if data is not None:
                    return data, width
        except EvidenceError as error:
            detail = f"cannot be read: {error.detail}"
            self._findings.add(MissingFile, wanted.check, wanted.name, detail)
        else:
            self._miss(wanted)
        return None

    def _miss(self, wanted: _Run) -> None:
        """Add a missing file to the run of its sort, or begin another."""
        run = self._missing.get(wanted.sort)
        if run is not None and run.last == wanted.first - 1:
            run.last = wanted.last
            return
        if run is not None:
            self._report(run)
        self._missing[wanted.sort] = wanted

    def _report(self, run: _Run) -> None:
        more = run.last - run.first
        detail = f"missing, and the {more} after it" if more else "missing"
        self._findings.add(MissingFile, run.check, run.name, detail)


def _widths(width: int) -> list[int]:
    """The width asked for, then those that a growing log puts in its place."""
    return list(range(width, TILE_WIDTH + 1))
