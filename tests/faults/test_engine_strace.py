"""The same with real system calls, those of SQLite and of the interpreter among them.

strace is attached to a process that is about to take a card in, and injects a signal or an
error at the n-th call of a sort, counted in each thread for itself.
"""

import os
import re
import shutil
import subprocess
from collections import Counter
from dataclasses import replace
from pathlib import Path

import pytest

from tests.faults.bench import Bench, assert_failed_well
from tests.faults.jobs import Report
from tests.faults.sampling import sampled

CALLS = (
    "openat",
    "write",
    "pwrite64",
    "fsync",
    "fdatasync",
    "rename",
    "linkat",
    "unlink",
    "ftruncate",
    "syncfs",
    "fallocate",
)
"""As the kernel of this architecture names them; other ones are skipped."""
REFUSED = ("pwrite64", "fdatasync", "fsync", "ftruncate", "openat")
SHARES = 2


pytestmark = pytest.mark.skipif(shutil.which("strace") is None, reason="strace is not installed")


def traced(bench: Bench, folder: Path, site_folder: Path, *options: str) -> Report | None:
    """Take the card in under strace; None where the process was killed."""
    gate = folder / "gate"
    os.mkfifo(gate)
    job = replace(bench.job(bench.pristine), site=str(site_folder), gate=str(gate), dockings=1)
    command = ["strace", "-f", "-o", str(folder / "trace"), "-p", str(bench.children.start(job))]
    with subprocess.Popen([*command, *options], stderr=subprocess.PIPE, text=True) as strace:
        assert strace.stderr is not None
        said = strace.stderr.readline()
        gate.write_bytes(b"")
        gate.unlink()
        report = bench.children.finish(job)
        strace.communicate()
    if "attached" not in said:
        pytest.skip(f"strace may not attach: {said.strip()}")
    return report


@pytest.fixture(scope="module")
def most(bench: Bench, tmp_path_factory: pytest.TempPathFactory) -> Counter[str]:
    """How often each call is made, in the thread that makes it most."""
    folder = tmp_path_factory.mktemp("strace")
    site = bench.copy(bench.pristine)
    report = traced(bench, folder, site.folder, "-e", f"trace={','.join(CALLS)}")
    assert_failed_well(report, "nothing was injected")
    made: Counter[tuple[str, str]] = Counter()
    for thread, call in re.findall(r"^(\d+) +(\w+)\(", (folder / "trace").read_text(), re.M):
        made[call, thread] += 1
    counted: Counter[str] = Counter()
    for (call, _), count in made.items():
        counted[call] = max(counted[call], count)
    return counted


def numbers(most: Counter[str], call: str, share: int) -> list[int]:
    """Which of the calls to try."""
    if not most[call]:
        pytest.skip(f"{call} is never made here")
    return sampled(most[call], share, SHARES)


@pytest.mark.parametrize("share", range(SHARES))
@pytest.mark.parametrize("call", CALLS)
def test_killed_at_a_real_call(
    bench: Bench, most: Counter[str], call: str, share: int, tmp_path: Path
) -> None:
    for number in numbers(most, call, share):
        site = bench.copy(bench.pristine)
        inject = f"inject={call}:signal=KILL:when={number}"
        assert traced(bench, tmp_path, site.folder, "-e", inject) is None
        bench.assert_recovers(site)


@pytest.mark.parametrize("share", range(SHARES))
@pytest.mark.parametrize("call", REFUSED)
def test_refused_at_a_real_call(
    bench: Bench, most: Counter[str], call: str, share: int, tmp_path: Path
) -> None:
    for number in numbers(most, call, share):
        site = bench.copy(bench.pristine)
        inject = f"inject={call}:error=EIO:when={number}"
        assert_failed_well(traced(bench, tmp_path, site.folder, "-e", inject), inject)
        bench.assert_recovers(site)
