"""``docs/benchmarks.md``: the machine, then a section for each bench, all made from reports.

Nothing on the page is written by hand. A section names the bench that makes it, so that one
bench can be measured again without the others; all of a page is from one machine.
"""

import os
import platform
import re
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

from bench.harness import ROUNDS

_HEAD = """# Benchmarks

Figures measured by `make bench`, each next to its peers in the same interleaved run; medians of
{rounds} rounds, with the least and the most, where nothing else is said. A target that is missed
says so. Unless said otherwise SHA-256 alone is meant, with the default (SHA-256 and SM3) beside it.

{machine}
`python -m bench --write` makes this page anew on a machine of your own.

"""
_MACHINE = re.compile(r"^The machine: .*$", re.MULTILINE)
_SECTION = re.compile(
    r"^## .*?\n\n`python -m bench (\w+)`\n.*?(?=^## |\Z)", re.MULTILINE | re.DOTALL
)


def machine() -> str:
    """The machine's line: its processors and its system, which do not change between runs."""
    cpu = Path("/proc/cpuinfo").read_text()
    model = next(line.split(": ")[1] for line in cpu.splitlines() if "model name" in line)
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    kernel = platform.release().split("-")[0]
    return (
        f"The machine: {os.cpu_count()} cores ({model}), {memory:.0f} GiB, Linux {kernel}, "
        f"Python {platform.python_version()}."
    )


def compose(machine_line: str, sections: Mapping[str, str], names: Sequence[str]) -> str:
    """The page.

    Args:
        machine_line: As :func:`machine` gives it.
        sections: Markdown by name of bench.
        names: The benches in the order of the page; those without a section are left out.
    """
    body = "\n".join(sections[name].rstrip("\n") + "\n" for name in names if name in sections)
    return _HEAD.format(rounds=ROUNDS, machine=machine_line) + body


def take_apart(page: str) -> tuple[str, dict[str, str]]:
    """The machine's line of a page, empty where there is none, and its sections by bench."""
    line = _MACHINE.search(page)
    return line[0] if line else "", {found[1]: found[0] for found in _SECTION.finditer(page)}


class Meanwhile:
    """What else the machine did while something was measured, from the kernel's own counters."""

    def __init__(self) -> None:
        self._load = os.getloadavg()[0]
        self._begun_s = time.monotonic()
        self._busy_s = _busy_s() - _own_s()

    def told(self) -> str:
        """A sentence for the report."""
        took_s = time.monotonic() - self._begun_s
        others_s = max(0.0, _busy_s() - _own_s() - self._busy_s)
        share = min(1.0, others_s / (took_s * (os.cpu_count() or 1)))
        return (
            f"Load average {self._load:.1f} before and {os.getloadavg()[0]:.1f} after; what is not "
            f"of the bench, the kernel's writing included, took {share:.0%} of the processors."
        )


def _busy_s() -> float:
    """Processor time of the whole machine that was not idle, in seconds (proc(5))."""
    fields = Path("/proc/stat").read_text().split("\n", 1)[0].split()[1:]
    user, nice, system, _idle, _wait, irq, softirq, steal = map(int, fields[:8])
    return (user + nice + system + irq + softirq + steal) / os.sysconf("SC_CLK_TCK")


def _own_s() -> float:
    """Processor time of this process and of its children that have ended, in seconds."""
    return sum(os.times()[:4])
