"""A daemon and its clients as real processes of two real users."""

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from evidence_daemon.api.client import connect_to_daemon

_NOBODY = 65534

needs_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root can become another user")

# Imports come first, and one throw-away connection: after the change of user the interpreter's
# own files may be out of reach.
_CLIENT = """
import json, os, sys
from contextlib import nullcontext
from pathlib import Path
from evidence_daemon.api.client import connect
from evidence_daemon.error_report import report_of
from hashing.errors import EvidenceError
from tests.api_host import BareService, make_app

path, uid, groups, owner = Path(sys.argv[1]), *map(json.loads, sys.argv[2:])

def in_process():
    return nullcontext(make_app(BareService()))

def ask(path, owner):
    try:
        with connect(path, owner_uid=owner, in_process=in_process) as client:
            return client.get("/health")
    except EvidenceError as error:
        return report_of(error).as_json()

ask(path, 0)
ask(Path("/nonexistent/socket"), 0)
os.setgroups(groups)
os.setgid(uid)
os.setuid(uid)
print(json.dumps(ask(path, owner)))
"""


@contextmanager
def _daemon(path: Path) -> Iterator[subprocess.Popen[str]]:
    command = [sys.executable, "-m", "tests.api_host", str(path)]
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
        yield process
        if process.stdin is not None:
            process.stdin.close()


@pytest.fixture
def folder() -> Iterator[Path]:
    """A folder that every user can pass through."""
    with tempfile.TemporaryDirectory(prefix="evd-test-") as name:
        os.chmod(name, 0o755)
        yield Path(name)


def _ask_as(uid: int, path: Path, *, groups: list[int], owner: int) -> dict[str, Any]:
    done = subprocess.run(
        [sys.executable, "-c", _CLIENT, str(path), str(uid), json.dumps(groups), str(owner)],
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    )
    answer: dict[str, Any] = json.loads(done.stdout)
    return answer


@needs_root
def test_the_daemon_knows_each_user_that_its_group_lets_in(folder: Path) -> None:
    path = folder / "api.sock"
    with _daemon(path):
        group = path.stat().st_gid
        assert _ask_as(0, path, groups=[0], owner=0)["peer"]["uid"] == 0
        nobody = _ask_as(_NOBODY, path, groups=[group], owner=0)
        assert (nobody["peer"]["uid"], nobody["peer"]["gid"]) == (_NOBODY, _NOBODY)


@needs_root
def test_a_user_outside_the_group_is_kept_out(folder: Path) -> None:
    path = folder / "api.sock"
    with _daemon(path):
        refused = _ask_as(_NOBODY, path, groups=[], owner=0)
    assert (refused["code"], refused["exit_code"]) == ("SOCKET_FORBIDDEN", 72)


@needs_root
def test_without_a_daemon_only_the_owner_is_served(folder: Path) -> None:
    path = folder / "api.sock"
    served = _ask_as(_NOBODY, path, groups=[], owner=_NOBODY)
    assert served["peer"]["uid"] == _NOBODY
    refused = _ask_as(_NOBODY, path, groups=[], owner=0)
    assert (refused["code"], refused["exit_code"]) == ("SERVICE_NOT_RUNNING", 91)
    root_is_not_the_owner = _ask_as(0, path, groups=[0], owner=_NOBODY)
    assert root_is_not_the_owner["code"] == "SERVICE_NOT_RUNNING"


def test_a_killed_daemon_leaves_nothing_in_the_way(folder: Path) -> None:
    path = folder / "api.sock"
    with _daemon(path) as first:
        first.kill()
        first.wait()
        assert path.is_socket()
        with (
            _daemon(path),
            connect_to_daemon(path) as client,
        ):
            assert client.get("/health")["status"] == "ok"


def test_a_second_daemon_gives_way_to_the_first(folder: Path) -> None:
    path = folder / "api.sock"
    with _daemon(path), connect_to_daemon(path) as client:
        second = subprocess.run(
            [sys.executable, "-m", "tests.api_host", str(path)],
            capture_output=True,
            text=True,
            check=False,
        )
        assert "ServiceAlreadyRunning" in second.stderr
        assert client.get("/health")["status"] == "ok"
