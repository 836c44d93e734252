"""Interleaved rounds, medians, and the table they end in."""

import os
import shutil
import statistics
import subprocess
import tempfile
import textwrap
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

ROUNDS = 7
NOTES_WIDTH = 100


@dataclass(frozen=True, slots=True)
class Contender:
    """Something that is timed.

    Attributes:
        name: What it is.
        run: Does it once and returns its wall time in seconds.
    """

    name: str
    run: Callable[[], float]


@dataclass(frozen=True, slots=True)
class Row:
    """One line of the report.

    Attributes:
        name: What was measured.
        figure: The median, with its unit.
        spread: Least and most, or what else shows the noise.
        target: The target, where there is one.
        met: Whether it is met; None where there is none.
    """

    name: str
    figure: str
    spread: str = ""
    target: str = ""
    met: bool | None = None

    def cells(self) -> tuple[str, ...]:
        """The row as text."""
        verdict = "" if self.met is None else ("met" if self.met else "**missed**")
        return (self.name, self.figure, self.spread, self.target, verdict)


@dataclass(frozen=True, slots=True)
class Report:
    """What one bench found.

    Attributes:
        title: Its heading.
        command: What makes it again.
        rows: The figures.
        notes: What a reader should know.
        heads: What stands over the first four columns.
    """

    title: str
    command: str
    rows: Sequence[Row]
    notes: str = ""
    heads: tuple[str, str, str, str] = ("measured", "median", "min-max", "target")

    def markdown(self) -> str:
        """The report as a section of ``docs/benchmarks.md``."""
        lines = [f"## {self.title}", "", f"`{self.command}`", ""]
        lines += [f"| {' | '.join((*self.heads, ''))} |", "|---|---|---|---|---|"]
        lines += [f"| {' | '.join(row.cells())} |" for row in self.rows]
        notes = textwrap.wrap(
            self.notes, NOTES_WIDTH, break_long_words=False, break_on_hyphens=False
        )
        return "\n".join([*lines, "", *notes, ""] if notes else [*lines, ""])


def interleave(contenders: Sequence[Contender], rounds: int = ROUNDS) -> dict[str, list[float]]:
    """Run every contender in turn, round after round; the seconds of each."""
    times: dict[str, list[float]] = {contender.name: [] for contender in contenders}
    for number in range(rounds):
        turn = contenders if number % 2 == 0 else list(reversed(contenders))
        for contender in turn:
            times[contender.name].append(contender.run())
    return times


def seconds(name: str, times: Sequence[float]) -> Row:
    """A row of plain wall times."""
    return Row(name, f"{statistics.median(times):.2f} s", f"{min(times):.2f}-{max(times):.2f}")


def ratio(
    name: str,
    ours: Sequence[float],
    theirs: Sequence[float],
    target: str = "",
    met: Callable[[float], bool] | None = None,
) -> Row:
    """A row of ``theirs / ours``, pair by pair: above 1 we are faster."""
    pairs = [their / our for our, their in zip(ours, theirs, strict=True)]
    middle = statistics.median(pairs)
    spread = f"{min(pairs):.2f}-{max(pairs):.2f}"
    return Row(name, f"{middle:.2f} x", spread, target, None if met is None else met(middle))


def timed(action: Callable[[], object]) -> float:
    """Wall time of an action in seconds."""
    begun = time.perf_counter()
    action()
    return time.perf_counter() - begun


def shell(command: str) -> Callable[[], float]:
    """A contender's run that is one shell command."""
    return lambda: timed(
        lambda: subprocess.run(["/bin/sh", "-c", command], check=True, capture_output=True)
    )


def has(program: str) -> bool:
    """Whether a peer is installed."""
    return shutil.which(program) is not None


@contextmanager
def workspace() -> Iterator[Path]:
    """A folder on the disk that is measured: ``BENCH_DIR``, or ``.bench`` here."""
    base = Path(os.environ.get("BENCH_DIR", ".bench")).absolute()
    base.mkdir(parents=True, exist_ok=True)
    folder = Path(tempfile.mkdtemp(dir=base))
    try:
        yield folder
    finally:
        shutil.rmtree(folder)
        os.sync()


def make_file(path: Path, size_bytes: int) -> None:
    """A durable file of random bytes, its pages in the cache."""
    piece = 4 << 20
    with path.open("wb") as file:
        for start in range(0, size_bytes, piece):
            file.write(os.urandom(min(piece, size_bytes - start)))
        file.flush()
        os.fsync(file.fileno())


def drop_cached(path: Path) -> None:
    """Let the kernel forget a clean file's pages."""
    descriptor = os.open(path, os.O_RDONLY)
    os.posix_fadvise(descriptor, 0, 0, os.POSIX_FADV_DONTNEED)
    os.close(descriptor)
