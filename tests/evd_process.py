"""The real ``evd`` of this environment, run as a process."""

import json
import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

EVD = Path(sys.executable).with_name("evd")


def environment(**changes: str) -> dict[str, str]:
    """This process's environment without anything that speaks to ``evd``, plus changes.

    Compiled modules may be kept, or every process would compile hundreds of them anew.
    """
    ours = ("EVD_", "LC_", "LANG", "PYTHONDONTWRITEBYTECODE")
    kept = {name: value for name, value in os.environ.items() if not name.startswith(ours)}
    return kept | {"LC_ALL": "C.UTF-8"} | changes


def run(
    *arguments: str, env: Mapping[str, str] | None = None, cwd: Path | None = None
) -> subprocess.CompletedProcess[str]:
    """Run ``evd`` to its end."""
    return subprocess.run(
        [EVD, *arguments],
        capture_output=True,
        text=True,
        encoding="utf-8",
        env=environment(**(env or {})),
        cwd=cwd,
        check=False,
        timeout=60,
    )


def records(output: str) -> list[dict[str, Any]]:
    """The records of a ``--json`` output."""
    return [json.loads(line) for line in output.splitlines()]
