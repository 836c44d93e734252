"""How soon the command line answers."""

import subprocess
import sys

from bench.harness import Contender, Report, Row, interleave, seconds, timed


def _run(*words: str) -> float:
    command = [sys.executable, *words]
    return timed(lambda: subprocess.run(command, check=True, capture_output=True))


def main() -> Report:
    """Run the bench."""
    bare, ours = "python -c pass", "evd --help"
    times = interleave(
        [
            Contender(bare, lambda: _run("-c", "pass")),
            Contender(ours, lambda: _run("-m", "evidence_daemon", "--help")),
        ],
        rounds=11,
    )
    middle_ms = sorted(times[ours])[len(times[ours]) // 2] * 1000
    rows = [
        seconds(bare, times[bare]),
        seconds(ours, times[ours]),
        Row("evd --help", f"{middle_ms:.0f} ms", "", "<= 250 ms", middle_ms <= 250),
    ]
    return Report("Start of the command line", "python -m bench start", rows)
