"""The portable verifier as an auditor runs it: a package of 1 GiB, a log of a million entries."""

import resource
import statistics
import subprocess
import sys
from itertools import islice
from pathlib import Path

from archive.export.verifiers import verify
from bench.harness import (
    Contender,
    Report,
    Row,
    interleave,
    make_file,
    ratio,
    seconds,
    shell,
    timed,
    workspace,
)
from bench.logs import life, write_log
from bench.verify_log import ENTRIES
from drivers.folder import FolderRecorder
from hashing.note import SigningKey
from tests.archives import dock, new_site
from tests.packages import POLICY, export, recordings

FILES = 4
SIZE_BYTES = 256 << 20
LOG_ROUNDS = 3


def _package(folder: Path) -> tuple[Path, str]:
    """An evidence package of 1 GiB of originals, and the key to pin."""
    card = folder / "card"
    card.mkdir()
    for number in range(FILES):
        make_file(card / f"{number:03}.mp4", SIZE_BYTES)
    site = new_site(folder / "site")
    with site.open(POLICY) as archive:
        dock(archive, FolderRecorder(str(card)))
        export(archive, recordings(site), folder / "package")
    return folder / "package", str(site.key)


def _verify(*words: str | Path, exit_code: int = 0) -> float:
    command = [sys.executable, "-I", "-S", verify.__file__, *words]

    def once() -> None:
        ended = subprocess.run(command, capture_output=True, check=False)
        assert ended.returncode == exit_code, ended.stdout

    return timed(once)


def _of_package(folder: Path) -> list[Row]:
    package, key = _package(folder)
    files = f"find '{package}/data' -type f -print0 | xargs -0"
    words = (package, "--key", key)
    openssl, ours = "openssl dgst -sha256", "verify.py"
    times = interleave(
        [
            Contender(openssl, shell(f"{files} openssl dgst -sha256")),
            Contender(f"{openssl}, parallel", shell(f"{files} -n 1 -P 2 openssl dgst -sha256")),
            Contender(ours, lambda: _verify(*words)),
            Contender("verify.py --digests all", lambda: _verify(*words, "--digests", "all")),
        ]
    )
    rows = [seconds(name, measured) for name, measured in times.items()]
    rows.append(
        ratio(
            "speed of verify.py / openssl",
            times[ours],
            times[openssl],
            ">= 0.8",
            lambda x: x >= 0.8,
        )
    )
    rows.append(
        ratio("speed of verify.py / parallel openssl", times[ours], times[f"{openssl}, parallel"])
    )
    return rows


def _of_log(folder: Path) -> list[Row]:
    key = SigningKey.generate_origin("bench/dock")
    write_log(folder / "log", key, islice(life(key, ENTRIES), ENTRIES))
    times = [_verify(folder / "log", exit_code=101) for _ in range(LOG_ROUNDS)]
    alone = _verify(folder / "log", "--processes", "1", exit_code=101)
    peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024
    middle, spread = statistics.median(times), f"{min(times):.1f}-{max(times):.1f}"
    return [
        Row(f"{ENTRIES:,} entries", f"{middle:.1f} s", spread, "<= 30 s", middle <= 30),
        Row(f"{ENTRIES:,} entries, one process", f"{alone:.1f} s"),
        Row("peak memory of a process", f"{peak:.0f} MiB"),
    ]


def main() -> Report:
    """Run the bench."""
    with workspace() as folder:
        rows = [*_of_log(folder), *_of_package(folder)]
    return Report(
        f"verify.py: {ENTRIES:,} entries; a package of {FILES * SIZE_BYTES >> 20:,} MiB",
        "python -m bench verify_py",
        rows,
        "Wall time of whole processes, start of the interpreter included. Every entry is held "
        "against its canonical form, and every hash of every tile is made again.",
    )
