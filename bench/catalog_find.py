"""How fast the catalog finds an officer's recordings of a time range.

Each question names a random officer and a random range, and its whole answer is read. Warm is
with the catalog in the page cache; cold is after the kernel was told to drop it from there,
before every question.
"""

import argparse
import random
import statistics
import sys
from collections.abc import Sequence
from pathlib import Path

from archive.catalog import Catalog, FindQuery
from bench.harness import Report, Row, drop_cached, timed, workspace
from tests.histories import (
    DAY_US,
    FILES_PER_DOCKING,
    OFFICERS,
    RECORDERS,
    START_US,
    bureau,
    unchained,
)

RECORDINGS = 1_000_000
QUESTIONS = 400
RANGES_DAYS = (1, 7, 31, 366)
TARGET_MS = 50


def main(arguments: Sequence[str] = ()) -> Report:
    """Measure a catalog of ``--recordings`` recordings."""
    parser = argparse.ArgumentParser(prog="python -m bench.catalog_find")
    parser.add_argument("--recordings", type=int, default=RECORDINGS)
    parser.add_argument("--questions", type=int, default=QUESTIONS)
    options = parser.parse_args(arguments)
    days = 1 + options.recordings // (RECORDERS * FILES_PER_DOCKING)
    with workspace() as folder:
        path = folder / "catalog.sqlite"
        with Catalog.open(path) as catalog:
            catalog.rebuild(unchained(bureau(options.recordings)))
        path.read_bytes()
        rows = [
            _ask(path, days, range_days, options.questions, cold=cold)
            for cold in (False, True)
            for range_days in RANGES_DAYS
        ]
    return Report(
        f"Find by officer and time among {options.recordings:,} recordings",
        "python -m bench catalog_find",
        rows,
        f"{OFFICERS} officers, {days} days; the figure is the 95th percentile of "
        f"{options.questions} questions, in the process that holds the catalog.",
    )


def _ask(path: Path, days: int, range_days: int, questions: int, *, cold: bool) -> Row:
    chance, answers = random.Random(range_days), []
    with Catalog.open(path, read_only=True) as catalog:
        for _ in range(questions):
            if cold:
                drop_cached(path)
            answers.append(_answer(catalog, _question(chance, days, range_days)))
    times_ms, rows = zip(*answers, strict=True)
    p95_ms = statistics.quantiles(times_ms, n=20)[-1]
    return Row(
        f"one officer, {range_days} days, {'cold' if cold else 'warm'}",
        f"p95 {p95_ms:.1f} ms",
        f"median {statistics.median(times_ms):.1f} ms, {statistics.median(rows):,.0f} rows",
        "" if cold else f"<= {TARGET_MS} ms",
        None if cold else p95_ms <= TARGET_MS,
    )


def _answer(catalog: Catalog, query: FindQuery) -> tuple[float, int]:
    """Milliseconds for a whole answer, and its rows."""
    rows: list[int] = []
    took_s = timed(lambda: rows.append(sum(1 for _ in catalog.find(query))))
    return took_s * 1000, rows[0]


def _question(chance: random.Random, days: int, range_days: int) -> FindQuery:
    from_us = START_US + chance.randrange(max(1, days - range_days)) * DAY_US
    officer = f"{chance.randrange(OFFICERS):06}"
    return FindQuery(officer=officer, from_us=from_us, to_us=from_us + range_days * DAY_US)


if __name__ == "__main__":
    print(main(sys.argv[1:]).markdown())
