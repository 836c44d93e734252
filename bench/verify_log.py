"""A log of a million entries without objects: processor time and memory of its verification."""

from itertools import islice

from bench.harness import Report, Row, workspace
from bench.logs import life, write_log
from bench.verifying import verify_apart
from hashing.note import SigningKey

ENTRIES = 1_000_000


def main() -> Report:
    """Run the bench."""
    with workspace() as folder:
        key = SigningKey.generate_origin("bench/dock")
        write_log(folder / "log", key, islice(life(key, ENTRIES), ENTRIES))
        runs = [verify_apart(folder / "log", key.verifier) for _ in range(3)]
    cpu = sorted(run.cpu_s for run in runs)
    start, end = runs[0].rss_at_tenth_mib, runs[0].rss_at_end_mib
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
