"""``python -m bench [--write] [NAME …]``: run benches, all or those named, and print reports.

With ``--write`` each report takes its place in ``docs/benchmarks.md`` as soon as it is there. A
bench that fails is told, does not keep the others from running, and makes the exit code 1.
"""

import os
import sys
import traceback
from collections.abc import Sequence
from pathlib import Path

from bench.harness import Report
from bench.page import compose, machine, take_apart
from bench.suite import NAMES, run

PAGE = Path("docs/benchmarks.md")


def write(name: str, report: Report) -> None:
    """Put a report in its place on the page; a page of another machine is begun anew."""
    line, sections = take_apart(PAGE.read_text()) if PAGE.exists() else ("", {})
    kept = sections if line == machine() else {}
    PAGE.write_text(compose(machine(), kept | {name: report.markdown()}, NAMES))


def main(arguments: Sequence[str]) -> int:
    """Run what is asked for; the exit code."""
    # Programs are measured as they are installed: on the path, their compiled modules kept.
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
    os.environ["PATH"] = f"{Path(sys.executable).parent}:{os.environ['PATH']}"
    failed = False
    for name in [word for word in arguments if word != "--write"] or NAMES:
        try:
            report = run(name)
        except Exception:
            traceback.print_exc()
            failed = True
            continue
        print(report.markdown(), flush=True)
        if "--write" in arguments:
            write(name, report)
    return int(failed)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
