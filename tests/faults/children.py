"""Child processes that may be killed: forked from a clean process that has one thread.

The test process may hold threads and locks of other tests, which a fork would carry over; and
to start an interpreter for every child would take longer than what the child does. So one
clean process is started, imports the program, and forks a child for each job it is given.
"""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.faults.jobs import Job, Report, perform

KILLED = -9


@dataclass(slots=True)
class Nursery:
    """Runs jobs in children, one after another."""

    process: "subprocess.Popen[str]"

    def run(self, job: Job) -> Report | None:
        """Run a job to its end; None where the child was killed."""
        self.start(job)
        return self.finish(job)

    def start(self, job: Job) -> int:
        """Start a job; the child's process id."""
        assert self.process.stdin is not None
        print(job.as_json(), file=self.process.stdin, flush=True)
        return self._told()

    def finish(self, job: Job) -> Report | None:
        """Wait for a started job; None where the child was killed."""
        code = self._told()
        if code == KILLED:
            return None
        assert code == 0, f"the child ended with {code}"
        return Report(**json.loads(Path(job.report).read_text("utf-8")))

    def _told(self) -> int:
        assert self.process.stdout is not None
        return int(self.process.stdout.readline())


@contextmanager
def nursery() -> Iterator[Nursery]:
    """A clean process that has imported everything."""
    command = [sys.executable, "-m", "tests.faults.children"]
    root = Path(__file__).parents[2]
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd=root
    ) as process:
        yield Nursery(process)
        assert process.stdin is not None
        process.stdin.close()


def _fork(line: str) -> int:
    child = os.fork()
    if child == 0:
        code = 1
        os.dup2(2, 1)  # standard output is how outcomes are told
        try:
            perform(Job.from_json(line))
            code = 0
        finally:
            os._exit(code)
    _tell(child)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


def _tell(number: int) -> None:
    sys.stdout.write(f"{number}\n")
    sys.stdout.flush()


def main() -> None:
    """Fork a child for each job on standard input, and tell how it ended."""
    for line in sys.stdin:
        _tell(_fork(line))


if __name__ == "__main__":
    main()
