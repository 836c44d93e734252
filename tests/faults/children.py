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
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        print(job.as_json(), file=self.process.stdin, flush=True)
        code = int(self.process.stdout.readline())
        if code == KILLED:
            return None
        assert code == 0, f"the child ended with {code}"
        return Report(**json.loads(Path(job.report).read_text("utf-8")))


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
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


def main() -> None:
    """Fork a child for each job on standard input, and tell how it ended."""
    for line in sys.stdin:
        sys.stdout.write(f"{_fork(line)}\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
