"""A log of a million entries without objects: processor time and memory of its verification."""

import json
import os
import resource
import subprocess
import sys
from itertools import islice
from pathlib import Path

from archive.log.reader import LogFiles
from bench.harness import Report, Row, workspace
from bench.logs import life, write_log
from hashing.note import SigningKey
from hashing.verifier import verify_log

ENTRIES = 1_000_000


def verify(directory: str) -> None:
    """Verify a log in this process; what it cost goes to standard output as JSON."""
    rss_kib: list[int] = []

    def sample(done: int, total: int) -> None:
        if done >= total // 10 and not rss_kib:
            rss_kib.append(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)

    verdict = verify_log(LogFiles(Path(directory)), None, progress=sample)
    assert verdict.ok, verdict.findings
    used = resource.getrusage(resource.RUSAGE_SELF)
    cost = {
        "entries": verdict.size,
        "cpu_s": used.ru_utime + used.ru_stime,
        "rss_at_tenth_mib": rss_kib[0] / 1024,
        "rss_at_end_mib": used.ru_maxrss / 1024,
    }
    sys.stdout.write(json.dumps(cost))


def main() -> Report:
    """Run the bench."""
    with workspace() as folder:
        key = SigningKey.generate_origin("bench/dock")
        write_log(folder / "log", key, islice(life(key, ENTRIES), ENTRIES))
        code = f"from bench.verify_log import verify; verify({str(folder / 'log')!r})"
        runs = [
            json.loads(
                subprocess.run(
                    [sys.executable, "-c", code], check=True, capture_output=True, cwd=os.getcwd()
                ).stdout
            )
            for _ in range(3)
        ]
    cpu = sorted(run["cpu_s"] for run in runs)
    start, end = runs[0]["rss_at_tenth_mib"], runs[0]["rss_at_end_mib"]
    return Report(
        f"A log of {ENTRIES:,} entries verified",
        "python -m bench verify_log",
        [
            Row(
                "processor time",
                f"{cpu[1]:.1f} s",
                f"{cpu[0]:.1f}-{cpu[-1]:.1f}",
                "<= 10 s",
                cpu[1] <= 10,
            ),
            Row("rate", f"{ENTRIES / cpu[1]:,.0f} entries/s"),
            Row(
                "peak memory",
                f"{end:.0f} MiB",
                f"{start:.0f} MiB after a tenth",
                "flat",
                end <= start * 1.1,
            ),
        ],
        "Three runs of a fresh process, start of the interpreter included.",
    )
