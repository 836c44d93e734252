"""A log of ten million entries: verified by the program and by Go, proofs made and checked.

The log is that of :mod:`bench.long_log`, some 970 bytes an entry; eleven gigabytes of disk are
needed meanwhile. Go's judgement (``tests/oracles/log.go``) covers the signature, every bundle,
the root and every tile, but not what entries say nor their chain.
"""

import argparse
import os
import random
import statistics
import sys
import time
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import NamedTuple

from archive.export.proving import ProvenLog
from archive.log.reader import LogFiles
from bench.harness import Report, Row, timed, workspace
from bench.long_log import write_long_log
from bench.verifying import Cost, verify_apart
from hashing.entry import leaf_hash
from hashing.note import SigningKey, VerifierKey
from hashing.tlog_proof import TlogProof
from tests.go_oracle import built, is_missing, judge

ENTRIES = 10_000_000
PROOFS = 1_000
TARGET_MS = 5
FLAT = 1.1
"""Within a tenth: memory from the first tenth to the end, time from one half to the other."""


class GoCost(NamedTuple):
    """Seconds by the clock and seconds of a processor."""

    wall_s: float
    cpu_s: float


def main(arguments: Sequence[str] = ()) -> Report:
    """Measure a log of ``--entries`` entries."""
    parser = argparse.ArgumentParser(prog="python -m bench.verify_ten_million")
    parser.add_argument("--entries", type=int, default=ENTRIES)
    entries = parser.parse_args(arguments).entries
    key = SigningKey.generate_origin("bench/dock")
    with workspace() as folder:
        log = folder / "log"
        written_s = timed(lambda: write_long_log(log, key, entries))
        cost = verify_apart(log, key.verifier)
        go = _judged_by_go(log, key.verifier, cost.entries)
        times_ms = _proof_times_ms(log, key.verifier, entries)
    tenths = ", ".join(f"{each:.2f}" for each in cost.tenths_s)
    return Report(
        f"A log of {entries:,} entries: verified, judged by Go, entries proven",
        "python -m bench verify_ten_million",
        [*_verification_rows(cost), *_go_rows(cost, go), *_proof_rows(times_ms)],
        f"One run, each program in a fresh process, ours first; the log was written just before, "
        f"in {written_s:.0f} s, and what fits of it is in the page cache. Seconds of processor "
        f"time of each {entries // 10:,} entries: {tenths}. Go checks signature, bundles, root and "
        "tiles; it does not read entries, so the chain, the numbers and the canonical form are "
        f"checked by ours alone. {PROOFS:,} entries at random: checkpoint, bundle and tiles read, "
        "proof written and parsed, signature and way to the root checked.",
        heads=("measured", "figure", "beside it", "target"),
    )


def _verification_rows(cost: Cost) -> list[Row]:
    middle = len(cost.tenths_s) // 2
    drift = sum(cost.tenths_s[middle:]) / sum(cost.tenths_s[:middle])
    start, end = cost.rss_at_tenth_mib, cost.rss_at_end_mib
    return [
        Row(
            "verified",
            f"{cost.entries / cost.wall_s:,.0f} entries/s",
            f"{cost.wall_s:.1f} s, {cost.cpu_s:.1f} s of a processor",
        ),
        Row(
            "time of the second half / the first",
            f"{drift:.2f} x",
            f"tenths {min(cost.tenths_s):.2f}-{max(cost.tenths_s):.2f} s",
            "linear",
            drift <= FLAT,
        ),
        Row(
            "peak memory",
            f"{end:.0f} MiB",
            f"{start:.0f} MiB after a tenth",
            "flat",
            end <= start * FLAT,
        ),
    ]


def _go_rows(cost: Cost, go: GoCost | None) -> list[Row]:
    if go is None:
        return [Row("judged by Go", "not measured", is_missing())]
    rate = f"{cost.entries / go.wall_s:,.0f} entries/s"
    spent = f"{go.wall_s:.1f} s, {go.cpu_s:.1f} s of a processor"
    return [
        Row("judged by golang.org/x/mod/sumdb", rate, spent),
        Row(
            "speed of ours / Go's",
            f"{go.wall_s / cost.wall_s:.2f} x",
            f"{go.cpu_s / cost.cpu_s:.2f} x by processor time",
        ),
    ]


def _proof_rows(times_ms: Sequence[float]) -> list[Row]:
    median, p95 = statistics.median(times_ms), statistics.quantiles(times_ms, n=20)[-1]
    return [
        Row("an inclusion proof made and checked, median", f"{median:.2f} ms"),
        Row(
            "the same, 95th percentile",
            f"{p95:.2f} ms",
            f"{max(times_ms):.2f} ms at most",
            f"<= {TARGET_MS} ms",
            p95 <= TARGET_MS,
        ),
    ]


def _judged_by_go(log: Path, key: VerifierKey, entries: int) -> GoCost | None:
    """What Go's judgement takes; None where there is no Go."""
    if is_missing():
        return None
    built()
    begun_s, before = time.perf_counter(), os.times()
    judged = judge("log", log, str(key))
    wall_s, after = time.perf_counter() - begun_s, os.times()
    assert judged.size == entries
    cpu_s = sum(after[2:4]) - sum(before[2:4])
    return GoCost(wall_s, cpu_s)


def _proof_times_ms(log: Path, key: VerifierKey, entries: int) -> list[float]:
    """Milliseconds for each of some random entries; nothing is kept from one to the next."""
    chance = random.Random(entries)
    places = [chance.randrange(entries) for _ in range(PROOFS)]
    return [1000 * timed(partial(_prove_and_check, log, key, seq)) for seq in places]


def _prove_and_check(log: Path, key: VerifierKey, seq: int) -> None:
    proven = ProvenLog(LogFiles(log))
    [(_, raw)] = proven.entries([seq])
    proof = TlogProof.parse(proven.inclusion(seq))
    proof.note.verify(key)
    proof.verify_inclusion(leaf_hash(raw))


if __name__ == "__main__":
    print(main(sys.argv[1:]).markdown())
