"""A station that ``evd init`` made, and everything asked of it through real processes."""

import shutil
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from evidence_daemon.api.listener import is_listening
from tests.archives import Site
from tests.evd_process import EVD, environment, records, run

_START_S = 60.0


@dataclass(frozen=True, slots=True)
class EvdStation:
    """A station's folder.

    Attributes:
        folder: What was given to ``evd init``.
        key: The verifier key that it printed.
    """

    folder: Path
    key: str

    @classmethod
    def init(cls, folder: Path) -> "EvdStation":
        """A new station."""
        words = ("--organisation", "bureau", "--station", "dock-1")
        done = run("init", str(folder), *words, "--json")
        assert done.returncode == 0, done.stderr
        [record] = records(done.stdout)
        return cls(folder, record["verifier_key"])

    @property
    def config(self) -> Path:
        return self.folder / "config.toml"

    @property
    def archive(self) -> Path:
        return self.folder / "archive"

    @property
    def site(self) -> Site:
        """The account of what is really in the archive."""
        from hashing.note import VerifierKey

        return Site(self.folder, VerifierKey.parse(self.key))

    def evd(self, *words: str, **env: str) -> subprocess.CompletedProcess[str]:
        """Run a command on this station."""
        return run("--config", str(self.config), *words, env=env)

    def ask(self, *words: str, code: int = 0, **env: str) -> list[dict[str, Any]]:
        """The records that a command prints with ``--json``."""
        done = self.evd("--json", *words, **env)
        assert done.returncode == code, (done.stdout[-2000:], done.stderr[-2000:])
        return records(done.stdout)

    @contextmanager
    def running(self, code: int = 0) -> Iterator[subprocess.Popen[bytes]]:
        """The station's daemon, asked to stop at the end unless it has ended by then."""
        command = [str(EVD), "--config", str(self.config), "station", "run"]
        with subprocess.Popen(command, stderr=subprocess.DEVNULL, env=environment()) as process:
            try:
                deadline = time.monotonic() + _START_S
                while not is_listening(self.folder / "api.sock"):
                    assert process.poll() is None
                    assert time.monotonic() < deadline
                    time.sleep(0.05)
                yield process
                process.terminate()
                assert process.wait(_START_S) == code
            finally:
                process.kill()

    def copy_to(self, folder: Path) -> "EvdStation":
        """A station of the same content elsewhere."""
        shutil.copytree(self.folder, folder)
        text = self.config.read_text("utf-8").replace(str(self.folder), str(folder))
        copy = EvdStation(folder, self.key)
        copy.config.write_text(text, "utf-8")
        return copy

    def set(self, section: str, line: str) -> None:
        """Set one more setting."""
        text = self.config.read_text("utf-8")
        assert f"[{section}]\n" in text
        self.config.write_text(text.replace(f"[{section}]\n", f"[{section}]\n{line}\n"), "utf-8")
