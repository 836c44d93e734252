"""What the station tells systemd: ready, alive, stopping, and one line of status.

Implements the datagram protocol of ``sd_notify(3)``. Outside systemd, where
``NOTIFY_SOCKET`` is not set, every call does nothing and says so by returning False; a lost
datagram is never an error of the station, because systemd then acts by its own timeouts.
"""

import os
import socket
from collections.abc import Mapping

_MICROSECONDS = 1_000_000


def ready(status: str) -> bool:
    """Tell that the station has started, with one line about it."""
    return _send({"READY": "1", "STATUS": status})


def status(text: str) -> bool:
    """Replace the line that ``systemctl status`` shows."""
    return _send({"STATUS": text})


def watchdog() -> bool:
    """Tell that the station is alive; due every :func:`watchdog_interval_s`."""
    return _send({"WATCHDOG": "1"})


def extend_timeout(duration_s: float) -> bool:
    """Ask for more time to start or stop, counted from now (recovery of a large staging)."""
    return _send({"EXTEND_TIMEOUT_USEC": str(int(duration_s * _MICROSECONDS))})


def stopping() -> bool:
    """Tell that the station has begun to stop."""
    return _send({"STOPPING": "1"})


def watchdog_interval_s() -> float | None:
    """Seconds between two signs of life: half of what systemd waits, None when it does not."""
    if os.environ.get("WATCHDOG_PID", str(os.getpid())) != str(os.getpid()):
        return None
    limit = os.environ.get("WATCHDOG_USEC", "")
    limit_us = int(limit) if limit.isascii() and limit.isdigit() else 0
    return limit_us / _MICROSECONDS / 2 if limit_us else None


def _send(fields: Mapping[str, str]) -> bool:
    address = os.environ.get("NOTIFY_SOCKET", "")
    if not address:
        return False
    if address.startswith("@"):
        address = "\0" + address[1:]
    lines = (f"{name}={' '.join(value.splitlines())}" for name, value in fields.items())
    try:
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_CLOEXEC) as notifier:
            notifier.sendto("\n".join(lines).encode(), address)
    except OSError:
        return False
    return True
