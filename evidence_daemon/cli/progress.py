"""How far long work has come: live bars on a terminal, now and then a line elsewhere."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from types import TracebackType
from typing import Protocol, Self, TextIO

from rich.console import Console
from rich.progress import (
    BarColumn,
    DownloadColumn,
    MofNCompleteColumn,
    ProgressColumn,
    TaskID,
    TextColumn,
    TimeRemainingColumn,
    TransferSpeedColumn,
)
from rich.progress import Progress as RichProgress

from evidence_daemon.cli.language import say
from evidence_daemon.cli.printable import printable

_LINE_INTERVAL_S = 5.0
_NAMED_JOBS = 4


class Unit(StrEnum):
    """What is counted."""

    BYTES = "bytes"
    ITEMS = "items"


class Progress(Protocol):
    """Long work made of named jobs. Used by one thread."""

    def update(self, job: str, done: int, total: int, note: str = "") -> None:
        """Tell how far a job has come.

        Args:
            job: Its name: a recorder, a file, a step.
            done: How much is done, in the unit.
            total: How much there is, in the unit.
            note: What it is doing, in the language in force.
        """

    def __enter__(self) -> Self: ...

    def __exit__(
        self,
        exc_type: type[BaseException] | None,
        exc: BaseException | None,
        traceback: TracebackType | None,
    ) -> None: ...


def make_progress(stream: TextIO, unit: Unit) -> Progress:
    """The kind of progress that a stream can show."""
    return Bars(stream, unit) if stream.isatty() else Lines(stream)


class Bars:
    """A live bar for each job.

    Args:
        stream: A terminal.
        unit: What is counted.
    """

    def __init__(self, stream: TextIO, unit: Unit) -> None:
        counted: list[ProgressColumn] = (
            [DownloadColumn(binary_units=True), TransferSpeedColumn()]
            if unit is Unit.BYTES
            else [MofNCompleteColumn()]
        )
        self._bars = RichProgress(
            TextColumn("{task.description}", markup=False),
            BarColumn(),
            *counted,
            TimeRemainingColumn(),
            TextColumn("{task.fields[note]}", markup=False),
            console=Console(file=stream),
        )
        self._tasks: dict[str, TaskID] = {}

    def update(self, job: str, done: int, total: int, note: str = "") -> None:
        """Move a job's bar."""
        if job not in self._tasks:
            self._tasks[job] = self._bars.add_task(printable(job), total=total, note="")
        self._bars.update(self._tasks[job], completed=done, total=total, note=printable(note))

    def __enter__(self) -> Self:
        self._bars.start()
        return self

    def __exit__(
        self,
        exc_type: type[BaseException] | None,
        exc: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._bars.stop()


@dataclass(frozen=True, slots=True)
class _Job:
    done: int
    total: int
    note: str

    @property
    def percent(self) -> int:
        return 100 * self.done // self.total if self.total else 100

    def words(self, name: str) -> str:
        return printable(f"{name} {self.percent}% {self.note}".rstrip())


class Lines:
    """A line every few seconds about the jobs that are not done, and one at the end.

    Args:
        stream: Where lines go.
        clock: Tells seconds, never backwards.
    """

    def __init__(self, stream: TextIO, clock: Callable[[], float] = time.monotonic) -> None:
        self._stream = stream
        self._clock = clock
        self._jobs: dict[str, _Job] = {}
        self._next_s = clock() + _LINE_INTERVAL_S

    def update(self, job: str, done: int, total: int, note: str = "") -> None:
        """Note how far a job is, and write a line when one is due."""
        self._jobs[job] = _Job(done, total, note)
        if self._clock() >= self._next_s:
            self._write()

    def _write(self) -> None:
        active = [(name, job) for name, job in self._jobs.items() if job.done < job.total]
        finished = len(self._jobs) - len(active)
        count = say(
            zh=f"完成 {finished}/{len(self._jobs)}", en=f"{finished} of {len(self._jobs)} done"
        )
        named = [job.words(name) for name, job in active[:_NAMED_JOBS]]
        more = ["…"] if len(active) > _NAMED_JOBS else []
        self._stream.write(", ".join([count, *named, *more]) + "\n")
        self._stream.flush()
        self._next_s = self._clock() + _LINE_INTERVAL_S

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        exc_type: type[BaseException] | None,
        exc: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        if self._jobs:
            self._write()
