"""A founded station and its daemon, each through its own command in a process of its own."""

import signal
import subprocess
import sys
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

EVD = (sys.executable, "-m", "evidence_daemon")


def found_station(folder: Path) -> Path:
    """A new station in ``folder``; the path of its configuration."""
    subprocess.run([*EVD, "init", str(folder)], check=True, capture_output=True)
    return folder / "config.toml"


def set_station(config: Path, lines: Sequence[str]) -> None:
    """Set more settings of the section ``[station]``."""
    text = config.read_text()
    settings = "\n".join(["[station]", *lines, ""])
    config.write_text(text.replace("[station]\n", settings, 1))


@contextmanager
def running(config: Path) -> Iterator["subprocess.Popen[str]"]:
    """The station's daemon, in a session of its own as a service is, until its clean stop."""
    command = [*EVD, "--config", str(config), "station", "run"]
    with subprocess.Popen(
        command, stderr=subprocess.PIPE, text=True, start_new_session=True
    ) as daemon:
        assert daemon.stderr is not None
        told: list[str] = []
        for line in daemon.stderr:
            told.append(line)
            if "station_running" in line:
                break
        else:
            raise RuntimeError("".join(told))
        threading.Thread(target=daemon.stderr.read, daemon=True).start()
        try:
            yield daemon
        finally:
            daemon.send_signal(signal.SIGTERM)
            stopped = daemon.wait()
        assert stopped == 0, stopped
