"""How fast the running station answers who made what when, through its API.

A station of its own is founded, its log filled with the life of a bureau, its catalog projected
from that log, and its daemon started. Each question is asked over the daemon's socket by the
client that ``evd find`` uses, and its whole answer read. It names a random officer and a random
range of time. Warm is with the catalog in the page cache; cold is after the kernel was told to
drop it from there, before every question.
"""

import argparse
import random
import statistics
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from archive.catalog import Catalog
from archive.keys import load_log_key
from archive.layout import Layout
from archive.log.reader import LogFiles
from bench.daemon import found_station, running
from bench.harness import Report, Row, drop_cached, workspace
from bench.logs import life, write_log
from evidence_daemon.api.client import ApiClient, connect_to_daemon
from tests.histories import DAY_US, FILES_PER_DOCKING, OFFICERS, RECORDERS, START_US

RECORDINGS = 1_000_000
QUESTIONS = 200
RANGES_DAYS = (1, 7, 31)
YEAR_DAYS = 366
TARGET_MS = 50


@dataclass(frozen=True, slots=True)
class Answer:
    """One answer: its rows, milliseconds to its first bytes and to its end."""

    rows: int
    first_ms: float
    whole_ms: float


def main(arguments: Sequence[str] = ()) -> Report:
    """Measure a station of ``--recordings`` recordings, kept in ``--keep`` for the next run."""
    parser = argparse.ArgumentParser(prog="python -m bench.catalog_find")
    parser.add_argument("--recordings", type=int, default=RECORDINGS)
    parser.add_argument("--questions", type=int, default=QUESTIONS)
    parser.add_argument("--keep", type=Path)
    options = parser.parse_args(arguments)
    with workspace() as folder:
        station = options.keep or folder / "station"
        if not station.exists():
            _found(station, options.recordings)
        catalog = Layout(station / "archive").catalog
        catalog.read_bytes()
        with running(station / "config.toml"), connect_to_daemon(station / "api.sock") as client:
            questions = Questions(client, catalog, options.recordings, options.questions)
            rows = [
                row
                for cold in (False, True)
                for days in (*RANGES_DAYS, YEAR_DAYS)
                for row in questions.rows(days, cold=cold)
            ]
    return Report(
        f"Find by officer and time among {options.recordings:,} recordings",
        "python -m bench catalog_find",
        rows,
        f"{OFFICERS} officers, {RECORDERS} recorders; the figure is the 95th percentile of "
        f"{options.questions} questions over the daemon's socket, from the request to the last "
        "byte of the answer. The target is for a day, a week and a month of one officer.",
        heads=("one officer's recordings", "p95", "median, rows", "target"),
    )


def _found(station: Path, recordings: int) -> None:
    """Found a station that has taken so many recordings; its objects alone are not there."""
    found_station(station)
    layout = Layout(station / "archive")
    key = load_log_key(station / "keys")
    write_log(layout.log, key, life(key, recordings))
    files = LogFiles(layout.log)
    with Catalog.open(layout.catalog) as catalog:
        catalog.rebuild(files.entries(), files.head().root.hex())


class Questions:
    """Asks a station's daemon.

    Args:
        client: Speaks to it.
        catalog: The catalog's file, to be dropped from the page cache.
        recordings: How many the station has.
        count: How many questions make a figure.
    """

    def __init__(self, client: ApiClient, catalog: Path, recordings: int, count: int) -> None:
        self._client = client
        self._catalog = catalog
        self._days = 1 + recordings // (RECORDERS * FILES_PER_DOCKING)
        self._count = count

    def rows(self, days: int, *, cold: bool) -> list[Row]:
        """What answers over so many days cost."""
        chance = random.Random(days)
        answers = [self._ask(chance, days, cold=cold) for _ in range(self._count)]
        name = f"{days} day{'s' if days > 1 else ''}, {'cold' if cold else 'warm'}"
        has_target = days in RANGES_DAYS and not cold
        rows = [_times(name, answers, [answer.whole_ms for answer in answers], target=has_target)]
        if days == YEAR_DAYS:
            first = [answer.first_ms for answer in answers]
            rows.append(_times(f"{name}, to the first rows", answers, first, target=False))
            rate = sum(a.rows for a in answers) / sum(a.whole_ms for a in answers) * 1000
            rows.append(Row(f"{name}, rate", f"{rate:,.0f} rows/s"))
        return rows

    def _ask(self, chance: random.Random, days: int, *, cold: bool) -> Answer:
        if cold:
            drop_cached(self._catalog)
        from_us = START_US + chance.randrange(max(1, self._days - days)) * DAY_US
        officer = f"{chance.randrange(OFFICERS):06}"
        params = {"officer": officer, "from_us": from_us, "to_us": from_us + days * DAY_US}
        lines, first_ms = 0, 0.0
        begun = time.perf_counter()
        for chunk in self._client.chunks("GET", "/recordings", params=params):
            first_ms = first_ms or (time.perf_counter() - begun) * 1000
            lines += chunk.count(b"\n")
        return Answer(lines, first_ms, (time.perf_counter() - begun) * 1000)


def _times(name: str, answers: Sequence[Answer], times_ms: Sequence[float], *, target: bool) -> Row:
    p95_ms = statistics.quantiles(times_ms, n=20)[-1]
    rows = statistics.median(answer.rows for answer in answers)
    return Row(
        name,
        f"{p95_ms:.1f} ms",
        f"{statistics.median(times_ms):.1f} ms, {rows:,.0f} rows",
        f"<= {TARGET_MS} ms" if target else "",
        p95_ms <= TARGET_MS if target else None,
    )


if __name__ == "__main__":
    print(main(sys.argv[1:]).markdown())
