"""Two thousand small files: hashed, logged, catalogued and durable."""

import statistics
from pathlib import Path

from bench.harness import (
    Contender,
    Report,
    Row,
    interleave,
    make_file,
    ratio,
    shell,
    workspace,
)
from bench.station import ingest_s, station

FILES = 2000
SIZE_BYTES = 65536


def _ours(folder: Path, card: Path, *, sm3: bool, read_back: bool) -> float:
    with station(folder / "station", sm3=sm3, read_back=read_back) as service:
        return ingest_s(service, [card])


def _rate(name: str, times: list[float], target: float = 0) -> Row:
    rates = [FILES / took for took in times]
    middle = statistics.median(rates)
    spread = f"{min(rates):.0f}-{max(rates):.0f}"
    wanted = f">= {target:.0f}/s" if target else ""
    return Row(name, f"{middle:.0f} files/s", spread, wanted, middle >= target if target else None)


def main() -> Report:
    """Run the bench."""
    with workspace() as folder:
        card = folder / "card"
        card.mkdir()
        for number in range(FILES):
            make_file(card / f"{number:04}.jpg", SIZE_BYTES)
        copy = f"rm -rf '{folder}/copy' && cp -r '{card}' '{folder}/copy' && sync"
        digest = f"find '{card}' -type f -print0 | xargs -0 openssl dgst -sha256"
        times = interleave(
            [
                Contender("cp -r + sync", shell(copy)),
                Contender("openssl dgst of each", shell(digest)),
                Contender("ingest", lambda: _ours(folder, card, sm3=False, read_back=False)),
                Contender("with read-back", lambda: _ours(folder, card, sm3=False, read_back=True)),
                Contender("with SM3", lambda: _ours(folder, card, sm3=True, read_back=True)),
            ]
        )
    both = [
        a + b for a, b in zip(times["cp -r + sync"], times["openssl dgst of each"], strict=True)
    ]
    return Report(
        "2,000 files of 64 KiB",
        "python -m bench small_files",
        [
            _rate("cp -r + sync", times["cp -r + sync"]),
            _rate("openssl dgst of each", times["openssl dgst of each"]),
            _rate("ingest, SHA-256", times["ingest"], 1000),
            _rate("ingest, SHA-256, read-back", times["with read-back"]),
            _rate("ingest, SHA-256, SM3, read-back (the default)", times["with SM3"]),
            ratio("speed of ingest / (cp + sync + openssl dgst)", times["ingest"], both),
        ],
        "Every file has its entry under a durable checkpoint and its rows in the catalog.",
    )
