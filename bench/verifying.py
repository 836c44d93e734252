"""A log verified in a process of its own, and what that cost."""

import json
import subprocess
import sys
import time
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

from archive.log.reader import LogFiles
from hashing.note import VerifierKey
from hashing.verifier import verify_log


@dataclass(frozen=True, slots=True)
class Cost:
    """What a verification took.

    Attributes:
        entries: Entries of the log.
        wall_s: From the first file to the verdict, in seconds.
        cpu_s: Processor time of the whole process, start of the interpreter included.
        tenths_s: Processor time of each tenth of the log.
        rss_at_tenth_mib: Peak of the resident memory after a tenth of the log.
        rss_at_end_mib: The same at the end.
    """

    entries: int
    wall_s: float
    cpu_s: float
    tenths_s: list[float]
    rss_at_tenth_mib: float
    rss_at_end_mib: float


def verify_apart(log: Path, key: VerifierKey) -> Cost:
    """Verify a log, its first key pinned, in a fresh process.

    Raises:
        CalledProcessError: It does not hold.
    """
    code = f"from bench.verifying import tell; tell({str(log)!r}, {str(key)!r})"
    done = subprocess.run([sys.executable, "-c", code], check=True, stdout=subprocess.PIPE)
    return Cost(**json.loads(done.stdout))


def tell(log: str, key: str) -> None:
    """Verify a log in this process; the cost goes to standard output as JSON."""
    marks_s = [time.process_time()]
    rss_mib: list[float] = []

    def sample(done: int, total: int) -> None:
        if done * 10 >= total * len(marks_s):
            marks_s.append(time.process_time())
            rss_mib.append(_peak_mib())

    begun_s = time.perf_counter()
    verdict = verify_log(LogFiles(Path(log)), VerifierKey.parse(key), progress=sample)
    wall_s = time.perf_counter() - begun_s
    assert verdict.ok, verdict.findings
    assert verdict.origin_proven
    tenths_s = [after - before for before, after in pairwise(marks_s)]
    cost = {
        "entries": verdict.size,
        "wall_s": wall_s,
        "cpu_s": time.process_time(),
        "tenths_s": tenths_s,
        "rss_at_tenth_mib": rss_mib[0],
        "rss_at_end_mib": _peak_mib(),
    }
    sys.stdout.write(json.dumps(cost))


def _peak_mib() -> float:
    """The peak of this program's memory: getrusage(2) counts what it was forked from as well."""
    status = Path("/proc/self/status").read_text()
    line = next(each for each in status.splitlines() if each.startswith("VmHWM:"))
    return int(line.split()[1]) / 1024
