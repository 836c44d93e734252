import os
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from evidence_daemon import notify


@pytest.fixture(params=["path", "abstract"])
def systemd(
    request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[socket.socket]:
    """A socket where systemd would listen."""
    name = str(tmp_path / "notify") if request.param == "path" else f"@evd-test-{os.getpid()}"
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as listener:
        listener.bind(name.replace("@", "\0"))
        listener.settimeout(5)
        monkeypatch.setenv("NOTIFY_SOCKET", name)
        yield listener


def test_the_station_tells_its_life(systemd: socket.socket) -> None:
    told = [
        notify.ready("99 slots"),
        notify.watchdog(),
        notify.status("copying"),
        notify.extend_timeout(1.5),
        notify.stopping(),
    ]
    assert told == [True] * 5
    assert [systemd.recv(4096) for _ in told] == [
        b"READY=1\nSTATUS=99 slots",
        b"WATCHDOG=1",
        b"STATUS=copying",
        b"EXTEND_TIMEOUT_USEC=1500000",
        b"STOPPING=1",
    ]


def test_a_line_break_in_the_status_cannot_forge_a_field(systemd: socket.socket) -> None:
    notify.status("slot 7\nREADY=1\u2028MAINPID=1")
    assert systemd.recv(4096) == b"STATUS=slot 7 READY=1 MAINPID=1"


def test_outside_systemd_nothing_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("NOTIFY_SOCKET", raising=False)
    assert not notify.ready("x")


def test_a_socket_that_is_gone_is_no_error(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("NOTIFY_SOCKET", str(tmp_path / "gone"))
    assert not notify.watchdog()


@pytest.mark.parametrize(
    ("limit", "pid", "interval_s"),
    [
        ("60000000", None, 30.0),
        ("60000000", "own", 30.0),
        ("60000000", "1", None),
        ("0", None, None),
        ("soon", None, None),
        (None, None, None),
    ],
)
def test_the_watchdog_is_fed_twice_as_often_as_asked(
    monkeypatch: pytest.MonkeyPatch, limit: str | None, pid: str | None, interval_s: float | None
) -> None:
    monkeypatch.delenv("WATCHDOG_USEC", raising=False)
    monkeypatch.delenv("WATCHDOG_PID", raising=False)
    if limit is not None:
        monkeypatch.setenv("WATCHDOG_USEC", limit)
    if pid is not None:
        monkeypatch.setenv("WATCHDOG_PID", str(os.getpid()) if pid == "own" else pid)
    assert notify.watchdog_interval_s() == interval_s
