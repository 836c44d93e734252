"""How fast the catalog is made again from the log.

The entries are those of a station's ordinary life, built by the writer's own function and laid
out in one file, so that what is measured is parsing, projecting and storing them durably.
"""

import argparse
import resource
import statistics
import sys
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from archive.catalog import Catalog
from bench.harness import Report, Row, timed, workspace
from hashing.entry import Entry, parse
from tests.histories import bureau, chained

RECORDINGS = 100_000
RUNS = 7
TARGET = 10_000


def main(arguments: Sequence[str] = ()) -> Report:
    """Measure ``--recordings`` recordings' worth of log."""
    parser = argparse.ArgumentParser(prog="python -m bench.catalog_rebuild")
    parser.add_argument("--recordings", type=int, default=RECORDINGS)
    parser.add_argument("--runs", type=int, default=RUNS)
    options = parser.parse_args(arguments)
    with workspace() as folder:
        log, catalog = folder / "log", folder / "catalog.sqlite"
        entries = _write_log(log, chained(bureau(options.recordings)))
        before_kib = _peak_kib()
        speeds = [entries / _rebuild_s(catalog, log) for _ in range(options.runs)]
        size_bytes = catalog.stat().st_size
    middle = statistics.median(speeds)
    rows = [
        Row(
            "entries parsed, projected and durable",
            f"{middle:,.0f} /s",
            f"{min(speeds):,.0f}-{max(speeds):,.0f}",
            f">= {TARGET:,}",
            middle >= TARGET,
        ),
        Row("size of the catalog", f"{size_bytes / options.recordings:,.0f} bytes/recording"),
        Row("memory of rebuilding", f"{(_peak_kib() - before_kib) / 1024:,.0f} MiB"),
    ]
    title = f"Catalog rebuilt from {entries:,} entries ({options.recordings:,} recordings)"
    return Report(title, "python -m bench catalog_rebuild", rows)


def _write_log(path: Path, entries: Iterable[Entry]) -> int:
    """Lay entries out as a bundle does, length and bytes; how many there were."""
    with path.open("wb") as log:
        return sum(1 for entry in entries if log.write(_framed(entry.raw)))


def _framed(raw: bytes) -> bytes:
    return len(raw).to_bytes(2, "big") + raw


def _read_log(path: Path) -> Iterator[Entry]:
    with path.open("rb") as log:
        while length := log.read(2):
            yield parse(log.read(int.from_bytes(length, "big")))


def _rebuild_s(path: Path, log: Path) -> float:
    """Seconds for one rebuild, in the place of what is there."""
    with Catalog.open(path) as catalog:
        return timed(lambda: catalog.rebuild(_read_log(log)))


def _peak_kib() -> int:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss


if __name__ == "__main__":
    print(main(sys.argv[1:]).markdown())
