"""Running Python where a folder lies on a medium that cannot be written.

As an ordinary user the folder's permissions do it. Root passes over permissions; there the
folder is mounted read-only over itself, in a mount namespace of the child alone.
"""

import os
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

_REPOSITORY = Path(__file__).parent.parent


def run_on_read_only(folder: Path, code: str) -> str:
    """Run ``code`` with the folder as its first argument; what it printed.

    The folder's content is checked to be the same afterwards.
    """
    before = _content(folder)
    run = _as_root(folder, code) if os.geteuid() == 0 else _as_user(folder, code)
    assert run.returncode == 0, run.stderr
    assert _content(folder) == before
    return run.stdout


def _content(folder: Path) -> dict[str, bytes]:
    files = [path for path in folder.rglob("*") if path.is_file()]
    return {str(path.relative_to(folder)): path.read_bytes() for path in files}


def _as_root(folder: Path, code: str) -> subprocess.CompletedProcess[str]:
    inside, python = shlex.quote(str(folder)), shlex.join(_python(folder, code))
    mount = f"mount --bind {inside} {inside} && mount -o remount,bind,ro {inside}"
    unshare = ["unshare", "--mount", "--propagation", "private", "sh", "-c"]
    if _run([*unshare, mount]).returncode != 0:
        pytest.skip("nothing can be mounted here")
    return _run([*unshare, f"{mount} && exec {python}"])


def _as_user(folder: Path, code: str) -> subprocess.CompletedProcess[str]:
    modes = {path: path.stat().st_mode for path in (*folder.rglob("*"), folder)}
    for path, mode in modes.items():
        path.chmod(mode & 0o555)
    try:
        return _run(_python(folder, code))
    finally:
        for path, mode in reversed(modes.items()):
            path.chmod(mode)


def _python(folder: Path, code: str) -> list[str]:
    return [sys.executable, "-W", "error", "-c", code, str(folder)]


def _run(command: list[str]) -> subprocess.CompletedProcess[str]:
    return subprocess.run(command, check=False, capture_output=True, text=True, cwd=_REPOSITORY)
