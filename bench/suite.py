"""Which benches there are, and running one by itself."""

import sys
import time
from concurrent.futures import ProcessPoolExecutor
from dataclasses import replace
from importlib import import_module
from multiprocessing import get_context

from bench.harness import Report
from bench.page import Meanwhile

NAMES = (
    "large_file",
    "small_files",
    "verify_objects",
    "verify_log",
    "verify_ten_million",
    "verify_py",
    "verify_in_browser",
    "docked_folders",
    "catalog_rebuild",
    "catalog_find",
    "start",
)
"""In the order of the page."""


def run(name: str) -> Report:
    """Run one bench in a process of its own, whose memory nothing else has been in.

    What else the machine did meanwhile stands in the report's notes.
    """
    meanwhile, begun_s = Meanwhile(), time.monotonic()
    with ProcessPoolExecutor(1, get_context("spawn")) as fresh:
        report = fresh.submit(measure, name).result()
    print(f"{name}: {time.monotonic() - begun_s:.0f} s", file=sys.stderr, flush=True)
    return replace(report, notes=f"{report.notes} {meanwhile.told()}".strip())


def measure(name: str) -> Report:
    """Run one bench here."""
    report: Report = import_module(f"bench.{name}").main()
    return report
