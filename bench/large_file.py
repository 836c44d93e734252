"""One large file, from a card's folder to the archive on the same disk."""

import shutil
from collections.abc import Callable
from pathlib import Path

from bench.harness import (
    Contender,
    Report,
    Row,
    drop_cached,
    has,
    interleave,
    make_file,
    ratio,
    seconds,
    shell,
    workspace,
)
from bench.station import ingest_s, station

SIZE_BYTES = 2 << 30
SECTOR_BYTES = 512


def _device_read_bytes(inside: Path) -> int:
    """Bytes that the block device under ``inside`` has read since boot (its own counter)."""
    device = inside.stat().st_dev
    number = f"{device >> 8}:{device & 0xFF}"
    return int(Path(f"/sys/dev/block/{number}/stat").read_text().split()[2]) * SECTOR_BYTES


def _ours(folder: Path, card: Path, *, sm3: bool, read_back: bool, cold: bool = False) -> float:
    if cold:
        drop_cached(card / "video.mp4")
    with station(folder / "station", sm3=sm3, read_back=read_back) as service:
        return ingest_s(service, [card])


def _fresh(folder: Path, name: str, run: Callable[[], float]) -> Contender:
    """A contender that writes to ``folder/name``, which is removed before each run."""

    def once() -> float:
        shutil.rmtree(folder / name, ignore_errors=True)
        (folder / name).mkdir()
        return run()

    return Contender(name, once)


def _peers(folder: Path, card: Path) -> list[Contender]:
    source = card / "video.mp4"
    peers = [
        _fresh(folder, "cp + sync", shell(f"cp '{source}' '{folder}/cp + sync/' && sync")),
        Contender("openssl dgst -sha256", shell(f"openssl dgst -sha256 '{source}'")),
    ]
    if has("rsync"):
        command = f"rsync -a --fsync '{source}' '{folder}/rsync -a --fsync/'"
        peers.append(_fresh(folder, "rsync -a --fsync", shell(command)))
    if has("hashdeep"):
        peers.append(Contender("hashdeep -c sha256", shell(f"hashdeep -c sha256 '{source}'")))
    target = f"{folder}/cp + bagit + sync"
    bag = f"cp '{source}' '{target}/' && bagit.py --quiet --sha256 '{target}' && sync"
    peers.append(_fresh(folder, "cp + bagit + sync", shell(bag)))
    return peers


def main() -> Report:
    """Run the bench."""
    with workspace() as folder:
        card = folder / "card"
        card.mkdir()
        make_file(card / "video.mp4", SIZE_BYTES)
        read: list[int] = []

        def proven() -> float:
            before = _device_read_bytes(folder)
            took = _ours(folder, card, sm3=False, read_back=True)
            read.append(_device_read_bytes(folder) - before)
            return took

        ours = [
            Contender("ingest", lambda: _ours(folder, card, sm3=False, read_back=False)),
            Contender("ingest + read-back", proven),
            Contender(
                "ingest + SM3 + read-back", lambda: _ours(folder, card, sm3=True, read_back=True)
            ),
        ]
        times = interleave([*_peers(folder, card), *ours])
        cold = interleave(
            [Contender("cold", lambda: _ours(folder, card, sm3=False, read_back=True, cold=True))]
        )
        rows = [seconds(name, measured) for name, measured in times.items()]
        rows.append(seconds("ingest + read-back, cold source", cold["cold"]))
        rows += _ratios(times, min(read))
    return Report(
        "One file of 2 GiB",
        "python -m bench large_file",
        rows,
        "Ingest is everything from the docking to the durable checkpoint and catalog: one read "
        "pass with SHA-256, direct writes, fsync, log. The source is in the page cache unless "
        f"said otherwise, for the peers as for us.{_absent()}",
    )


def _absent() -> str:
    """Which peers could not be measured, as a sentence."""
    absent = [peer for peer in ("rsync", "hashdeep") if not has(peer)]
    return f" Not installed on this machine: {', '.join(absent)}." if absent else ""


def _ratios(times: dict[str, list[float]], read_bytes: int) -> list[Row]:
    copy, digest = times["cp + sync"], times["openssl dgst -sha256"]
    both = [a + b for a, b in zip(copy, digest, strict=True)]
    proven = times["ingest + read-back"]
    gib = read_bytes / 2**30
    return [
        ratio("speed of ingest / cp + sync", times["ingest"], copy, ">= 1.0", lambda x: x >= 1.0),
        ratio(
            "speed of ingest / (cp + sync + openssl dgst)",
            times["ingest"],
            both,
            ">= 1.8",
            lambda x: x >= 1.8,
        ),
        ratio(
            "wall time of ingest + read-back / cp + sync",
            copy,
            proven,
            "<= 1.4",
            lambda x: x <= 1.4,
        ),
        Row(
            "read from the device during ingest + read-back",
            f"{gib:.2f} GiB",
            "least of the runs",
            ">= 2 GiB",
            read_bytes >= SIZE_BYTES,
        ),
    ]
