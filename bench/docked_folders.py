"""Ninety-nine recorders docked at once: memory of the daemon, and every slot at work."""

import json
import statistics
import subprocess
import threading
import time
from collections.abc import Sequence
from pathlib import Path

from bench.daemon import EVD, found_station, running, set_station
from bench.harness import Report, Row, make_file, timed, workspace
from evidence_daemon.api.client import connect_to_daemon

RECORDERS = 99
FILES = 6
SIZE_BYTES = 8 << 20
ASK_S = 0.1
COMMAND_S = 2.0
END_S = 900.0
TARGET_S = 0.5


def _evd(config: Path, *words: str) -> list[dict[str, object]]:
    command = [*EVD, "--json", "--config", str(config), *words]
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    return [json.loads(line) for line in done.stdout.splitlines()]


def _peak_rss_mib(pid: int) -> float:
    """The most memory a process has had resident, as the kernel counts (VmHWM)."""
    status = Path(f"/proc/{pid}/status").read_text()
    line = next(line for line in status.splitlines() if line.startswith("VmHWM"))
    return int(line.split()[1]) / 1024


def _found(folder: Path) -> Path:
    """A station with one drop folder; its configuration."""
    config = found_station(folder)
    drop = folder / "drop"
    drop.mkdir()
    set_station(config, [f'drop_folders = ["{drop}"]', "stable_s = 0.0", "rescan_s = 1.0"])
    return config


def _lay_out(folder: Path) -> None:
    for number in range(RECORDERS):
        card = folder / "cards" / f"slot-{number:02}"
        card.mkdir(parents=True)
        for counter in range(FILES):
            name = f"100{number:03}_456{number:04}_20240301{counter:02}3000_{counter:04}.mp4"
            make_file(card / name, SIZE_BYTES)


class Asked:
    """Asks the daemon for its slots again and again, in a thread, until all is taken.

    Attributes:
        answers_s: Seconds of every answer.
        most: Most slots seen at work at once.
        done: Set when every recorder may be removed.
    """

    def __init__(self, socket: Path) -> None:
        self.answers_s: list[float] = []
        self.most = 0
        self.done = threading.Event()
        self._socket = socket
        self._thread = threading.Thread(target=self._ask, daemon=True)
        self._thread.start()

    def _ask(self) -> None:
        with connect_to_daemon(self._socket) as client:
            while not self.done.wait(ASK_S):
                asked = time.monotonic()
                slots = list(client.lines("GET", "/slots"))
                self.answers_s.append(time.monotonic() - asked)
                working = [s for s in slots if s["status"] == "copying" and s["bytes_done"]]
                self.most = max(self.most, len(working))
                if sum(s["status"] == "safe_to_remove" for s in slots) == RECORDERS:
                    self.done.set()


def _commands_s(config: Path, done: threading.Event) -> list[float]:
    """Seconds of every ``evd station status`` until all is taken."""
    took_s: list[float] = []
    end_s = time.monotonic() + END_S
    while not done.wait(COMMAND_S):
        took_s.append(timed(lambda: _evd(config, "station", "status")))
        if time.monotonic() > end_s:
            raise TimeoutError("not every recorder was taken in")
    return took_s


def _answers(name: str, times_s: Sequence[float], target_s: float | None = None) -> Row:
    """The slowest of many answers."""
    slowest_s = max(times_s)
    return Row(
        name,
        f"{slowest_s:.2f} s",
        f"{statistics.median(times_s):.2f} s, median of {len(times_s)}",
        "" if target_s is None else f"<= {target_s} s",
        None if target_s is None else slowest_s <= target_s,
    )


def main() -> Report:
    """Run the bench."""
    with workspace() as folder:
        config = _found(folder)
        _lay_out(folder)
        with running(config) as daemon:
            idle_mib = _peak_rss_mib(daemon.pid)
            idle_s = [timed(lambda: _evd(config, "station", "status")) for _ in range(5)]
            begun = time.monotonic()
            for card in sorted((folder / "cards").iterdir()):
                card.rename(folder / "drop" / card.name)
            asked = Asked(folder / "api.sock")
            commands_s = _commands_s(config, asked.done)
            took_s = time.monotonic() - begun
            peak_mib = _peak_rss_mib(daemon.pid)
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
                "slots copying at the same time, most seen",
                f"{asked.most}",
                "",
                "all progress",
                asked.most > 1,
            ),
            Row(
                "all taken in",
                f"{took_s:.1f} s",
                f"{size_mib / took_s:.0f} MiB/s, SHA-256 and SM3, read back",
            ),
            _answers("state of all slots, slowest answer of the API", asked.answers_s, TARGET_S),
            _answers("evd station status, slowest", commands_s),
            _answers("evd station status, nothing docked", idle_s),
        ],
        "One run. The daemon is a process of its own with the default settings. The API is asked "
        "ten times a second, the command run every two seconds, its start included.",
        heads=("measured", "figure", "beside it", "target"),
    )
