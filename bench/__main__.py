"""``python -m bench [--write] [NAME …]``: run benches and print their reports.

With ``--write`` all of them are run and ``docs/benchmarks.md`` is made anew from their figures.
"""

import os
import platform
import sys
from collections.abc import Sequence
from importlib import import_module
from pathlib import Path

from bench.harness import Report

NAMES = (
    "large_file",
    "small_files",
    "verify_objects",
    "verify_log",
    "docked_folders",
    "catalog_rebuild",
    "catalog_find",
    "start",
)
PAGE = Path("docs/benchmarks.md")
HEAD = """# Benchmarks

Figures measured by `make bench`, each next to its peers in the same interleaved run; medians, with
the least and the most. A target that is missed says so. Unless said otherwise SHA-256 alone is
meant, with the default (SHA-256 and SM3) beside it.

The machine: {machine}; load average when the run began {before}, when it ended {after}.

"""


def _machine() -> str:
    cpu = Path("/proc/cpuinfo").read_text()
    model = next(line.split(": ")[1] for line in cpu.splitlines() if "model name" in line)
    kernel = platform.release().split("-")[0]
    return f"{os.cpu_count()} cores ({model}), Linux {kernel}, Python {platform.python_version()}"


def _load() -> str:
    return f"{os.getloadavg()[0]:.1f}"


def run(names: Sequence[str]) -> list[Report]:
    """Run benches in turn, printing each report when it is there."""
    reports: list[Report] = []
    for name in names:
        report: Report = import_module(f"bench.{name}").main()
        print(report.markdown(), flush=True)
        reports.append(report)
    return reports


def main(arguments: Sequence[str]) -> None:
    """Run what is asked for."""
    write = "--write" in arguments
    names = [word for word in arguments if word != "--write"] or list(NAMES)
    before = _load()
    reports = run(NAMES if write else names)
    if write:
        body = "\n".join(report.markdown() for report in reports)
        PAGE.write_text(HEAD.format(machine=_machine(), before=before, after=_load()) + body)


main(sys.argv[1:])
