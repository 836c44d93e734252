"""Reading every object of an archive again, against openssl over the same files."""

import os
from pathlib import Path

from archive.verify.archive import Progress, Question, verify_archive
from bench.harness import (
    Contender,
    Report,
    interleave,
    make_file,
    ratio,
    seconds,
    shell,
    timed,
    workspace,
)
from bench.station import ingest_s, station
from hashing.digest import Algorithm

OBJECTS = 48
SIZE_BYTES = 64 << 20


def _verify(root: Path, *algorithms: Algorithm) -> float:
    question = Question(deep=True, algorithms=(Algorithm.SHA256, *algorithms))

    def once() -> None:
        verdict = verify_archive(root, question, Progress())
        assert verdict.ok, verdict.findings
        assert verdict.objects == OBJECTS

    return timed(once)


def main() -> Report:
    """Run the bench."""
    with workspace() as folder:
        card = folder / "card"
        card.mkdir()
        for number in range(OBJECTS):
            make_file(card / f"{number:03}.mp4", SIZE_BYTES)
        with station(folder / "station", sm3=True, read_back=False) as service:
            ingest_s(service, [card])
            root = folder / "station" / "archive"
            jobs = os.cpu_count() or 1
            digest = (
                f"find '{root}/objects' -type f -print0 | "
                f"xargs -0 -n 1 -P {jobs} openssl dgst -sha256"
            )
            times = interleave(
                [
                    Contender("openssl dgst -sha256, parallel", shell(digest)),
                    Contender("verify --deep", lambda: _verify(root)),
                    Contender("verify --deep --digests all", lambda: _verify(root, Algorithm.SM3)),
                ]
            )
    rows = [seconds(name, measured) for name, measured in times.items()]
    rows.append(
        ratio(
            "speed of verify --deep / parallel openssl",
            times["verify --deep"],
            times["openssl dgst -sha256, parallel"],
            ">= 0.9",
            lambda x: x >= 0.9,
        )
    )
    return Report(
        f"{OBJECTS} objects of 64 MiB verified",
        "python -m bench verify_objects",
        rows,
        "Verification also walks the log and compares the catalog.",
    )
