"""The portable verifier as a process, as an auditor runs it, and its answer as data."""

import json
import os
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from archive.export.verifiers import verify

VERIFY_PY = Path(verify.__file__)


@dataclass(frozen=True)
class Answer:
    """What ``verify.py --json`` printed, and how it ended."""

    exit_code: int
    findings: list[dict[str, Any]]
    summary: dict[str, Any]

    @property
    def failed(self) -> set[int]:
        """The checks that failed."""
        return {f["check"] for f in self.findings if f["severity"] == "error"}

    def status(self, check: int) -> str:
        """How a check ended."""
        [status] = [each["status"] for each in self.summary["checks"] if each["check"] == check]
        return str(status)


def run(
    *arguments: str | Path, script: Path = VERIFY_PY, python: str = sys.executable
) -> subprocess.CompletedProcess[str]:
    """Run it to its end: no site-packages, no environment, nothing of this program to import."""
    return subprocess.run(
        [python, "-I", "-S", script, *arguments],
        capture_output=True,
        text=True,
        encoding="utf-8",
        env={"LC_ALL": "C.UTF-8", "PATH": os.environ["PATH"]},
        check=False,
        timeout=120,
    )


def ask(*arguments: str | Path, script: Path = VERIFY_PY, python: str = sys.executable) -> Answer:
    """Run it with ``--json``; nothing but JSON may come."""
    ended = run(*arguments, "--json", script=script, python=python)
    assert ended.stderr == "", ended.stderr
    *findings, summary = [json.loads(line) for line in ended.stdout.splitlines()]
    assert {each["type"] for each in findings} <= {"finding"}
    assert summary["type"] == "summary"
    return Answer(ended.returncode, findings, summary)


def write(folder: Path, files: Mapping[str, bytes]) -> Path:
    """Lay files, given by name, below a folder."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, data in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
    return folder
