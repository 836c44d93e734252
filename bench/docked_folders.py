"""Ninety-nine recorders docked at once: memory of the daemon, and every slot at work."""

import json
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

from bench.harness import Report, Row, make_file, workspace

RECORDERS = 99
FILES = 6
SIZE_BYTES = 8 << 20
POLL_S = 0.2
END_S = 900.0


def _evd(config: Path, *words: str) -> list[dict[str, object]]:
    command = [sys.executable, "-m", "evidence_daemon", "--json", "--config", str(config), *words]
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    return [json.loads(line) for line in done.stdout.splitlines()]


def _peak_rss_mib(pid: int) -> float:
    """The most memory a process has had resident, as the kernel counts (VmHWM)."""
    status = Path(f"/proc/{pid}/status").read_text()
    line = next(line for line in status.splitlines() if line.startswith("VmHWM"))
    return int(line.split()[1]) / 1024


def _found(folder: Path) -> Path:
    """A station with one drop folder; its configuration."""
    subprocess.run(
        [sys.executable, "-m", "evidence_daemon", "init", str(folder)],
        check=True,
        capture_output=True,
    )
    (folder / "drop").mkdir()
    config = folder / "config.toml"
    text = config.read_text()
    settings = f'drop_folders = ["{folder / "drop"}"]\nstable_s = 0.0\nrescan_s = 1.0\n'
    config.write_text(text.replace("[station]\n", f"[station]\n{settings}", 1))
    return config


def _lay_out(folder: Path) -> None:
    for number in range(RECORDERS):
        card = folder / "cards" / f"slot-{number:02}"
        card.mkdir(parents=True)
        for counter in range(FILES):
            name = f"100{number:03}_456{number:04}_20240301{counter:02}3000_{counter:04}.mp4"
            make_file(card / name, SIZE_BYTES)


def _watch(config: Path, begun: float) -> tuple[float, int, float]:
    """Poll until all is taken: seconds, most slots at work at once, longest poll in seconds."""
    most, slowest = 0, 0.0
    while time.monotonic() - begun < END_S:
        asked = time.monotonic()
        slots = _evd(config, "station", "status")
        slowest = max(slowest, time.monotonic() - asked)
        working = [s for s in slots if s["status"] == "copying" and s["bytes_done"]]
        most = max(most, len(working))
        if sum(s["status"] == "safe_to_remove" for s in slots) == RECORDERS:
            return time.monotonic() - begun, most, slowest
        time.sleep(POLL_S)
    raise TimeoutError("not every recorder was taken in")


def main() -> Report:
    """Run the bench."""
    with workspace() as folder:
        config = _found(folder)
        _lay_out(folder)
        command = [sys.executable, "-m", "evidence_daemon", "--config", str(config)]
        with subprocess.Popen(
            [*command, "station", "run"], stderr=subprocess.PIPE, text=True
        ) as daemon:
            assert daemon.stderr is not None
            told: list[str] = []
            for line in daemon.stderr:
                told.append(line)
                if "station_running" in line:
                    break
            else:
                raise RuntimeError("".join(told))
            reader = threading.Thread(target=daemon.stderr.read, daemon=True)
            reader.start()
            idle_mib = _peak_rss_mib(daemon.pid)
            begun = time.monotonic()
            for card in sorted((folder / "cards").iterdir()):
                card.rename(folder / "drop" / card.name)
            took_s, most, slowest_s = _watch(config, begun)
            peak_mib = _peak_rss_mib(daemon.pid)
            daemon.send_signal(signal.SIGTERM)
            assert daemon.wait() == 0
    size_mib = RECORDERS * FILES * SIZE_BYTES / 2**20
    return Report(
        f"{RECORDERS} recorders docked at once, {FILES} files of {SIZE_BYTES >> 20} MiB each",
        "python -m bench docked_folders",
        [
            Row(
                "peak memory of the daemon",
                f"{peak_mib:.0f} MiB",
                f"{idle_mib:.0f} MiB idle",
                "<= 300 MiB",
                peak_mib <= 300,
            ),
            Row(
                "slots copying at the same time, most seen", f"{most}", "", "all progress", most > 1
            ),
            Row(
                "all taken in",
                f"{took_s:.1f} s",
                f"{size_mib / took_s:.0f} MiB/s, SHA-256 and SM3, read back",
            ),
            Row("slowest answer of evd station status", f"{slowest_s:.2f} s"),
        ],
        "One run. The daemon is a process of its own with the default settings.",
    )
