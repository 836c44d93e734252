"""A real browser for tests: headless Chromium, driven by chromedriver over the WebDriver protocol.

Only what the tests need of https://www.w3.org/TR/webdriver2/, spoken with ``httpx``. Tests that
need it are skipped where Chromium or its driver is not installed.
"""

import base64
import contextlib
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

import httpx
import pytest

CHROMIUM: Final = shutil.which("chromium")
DRIVER: Final = shutil.which("chromedriver")
needs_browser = pytest.mark.skipif(
    CHROMIUM is None or DRIVER is None, reason="chromium and chromium-driver are not installed"
)

_ARGUMENTS = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-dev-shm-usage",
    "--window-size=1366,768",
)
_ELEMENT = "element-6066-11e4-a52e-4f735466cecf"
_START_S = 30.0


class BrowserError(Exception):
    """The driver refused a command."""


class Browser:
    """One session. Use :func:`browser`."""

    def __init__(self, client: httpx.Client, capabilities: dict[str, Any]) -> None:
        self._client = client
        made = self._send("POST", "/session", {"capabilities": {"alwaysMatch": capabilities}})
        self._session = f"/session/{made['sessionId']}"
        self.process_id: int = made["capabilities"]["goog:processID"]

    def open(self, path: Path) -> None:
        """Open a file by its ``file://`` address."""
        self._command("POST", "/url", {"url": path.as_uri()})

    def run(self, script: str, *arguments: object, timeout_s: float = 300.0) -> Any:
        """Run an asynchronous function's body in the page; what it returns.

        Args:
            script: The body; ``arguments`` holds what is given.
            arguments: Values that JSON can carry.
            timeout_s: How long it may take.
        """
        wrapped = f"""const done = arguments[arguments.length - 1];
            (async (...given) => {{ {script} }})(...[...arguments].slice(0, -1))
                .then((value) => done({{value}}), (error) => done({{error: String(error)}}));"""
        self._command("POST", "/timeouts", {"script": int(timeout_s * 1000)})
        body = {"script": wrapped, "args": list(arguments)}
        made = self._command("POST", "/execute/async", body, timeout_s + 10)
        if "error" in made:
            raise BrowserError(made["error"])
        return made.get("value")

    def choose(self, selector: str, path: Path | str) -> None:
        """Give a file or folder to a file input."""
        self.type(selector, str(path))

    def type(self, selector: str, text: str) -> None:
        """Type into an element."""
        self._command("POST", f"/element/{self._find(selector)}/value", {"text": text})

    def click(self, selector: str) -> None:
        """Click an element."""
        self._command("POST", f"/element/{self._find(selector)}/click", {})

    def screenshot(self, path: Path) -> None:
        """Save what is seen."""
        path.write_bytes(base64.b64decode(self._command("GET", "/screenshot")))

    def print_to(self, path: Path) -> None:
        """Save the page as it would be printed."""
        path.write_bytes(base64.b64decode(self._command("POST", "/print", {"background": True})))

    def console(self) -> list[str]:
        """What the page has written to the console since the last call."""
        lines = self._command("POST", "/se/log", {"type": "browser"})
        return [line["message"] for line in lines]

    def peak_memory(self) -> dict[str, int]:
        """The most memory that any process of the browser has held, in bytes, by its type."""
        peaks: dict[str, int] = {}
        for process in _below(self.process_id):
            with contextlib.suppress(OSError, IndexError):
                words = Path(f"/proc/{process}/cmdline").read_bytes().replace(b"\0", b" ").split()
                # A process forked from the zygote has one string with spaces in place of a list.
                kinds = [w[7:].decode() for w in words if w.startswith(b"--type=")]
                status = Path(f"/proc/{process}/status").read_text()
                peak = int(status.split("VmHWM:")[1].split()[0]) * 1024
                kind = kinds[0] if kinds else "browser"
                peaks[kind] = max(peaks.get(kind, 0), peak)
        return peaks

    def threads(self) -> list[str]:
        """The names of all threads of the browser's processes."""
        names: list[str] = []
        for process in _below(self.process_id):
            for name in Path(f"/proc/{process}/task").glob("*/comm"):
                with contextlib.suppress(OSError):
                    names.append(name.read_text().strip())
        return names

    def quit(self) -> None:
        """End the session and the browser."""
        self._command("DELETE", "")

    def _find(self, selector: str) -> str:
        body = {"using": "css selector", "value": selector}
        return str(self._command("POST", "/element", body)[_ELEMENT])

    def _command(
        self, method: str, path: str, body: dict[str, Any] | None = None, timeout_s: float = 60.0
    ) -> Any:
        return self._send(method, self._session + path, body, timeout_s)

    def _send(
        self, method: str, path: str, body: dict[str, Any] | None = None, timeout_s: float = 60.0
    ) -> Any:
        answer = self._client.request(method, path, json=body, timeout=timeout_s)
        value = answer.json()["value"]
        if answer.is_error:
            raise BrowserError(f"{value['error']}: {value['message']}")
        return value


@contextmanager
def browser() -> Iterator[Browser]:
    """A new browser with a profile of its own, gone afterwards."""
    assert CHROMIUM is not None
    assert DRIVER is not None
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as profile:
        command = [DRIVER, "--port=0", f"--log-path={profile}/driver.log"]
        with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL) as driver:
            try:
                port = _port_of(driver)
                with httpx.Client(base_url=f"http://127.0.0.1:{port}", trust_env=False) as client:
                    session = Browser(client, _capabilities(profile))
                    try:
                        yield session
                    finally:
                        session.quit()
            finally:
                driver.terminate()


def _below(process: int) -> list[int]:
    """A process and all that descend from it."""
    found, pending = [], [process]
    while pending:
        found.append(pending.pop())
        for children in Path(f"/proc/{found[-1]}/task").glob("*/children"):
            with contextlib.suppress(OSError):
                pending += map(int, children.read_text().split())
    return found


def _port_of(driver: "subprocess.Popen[bytes]") -> int:
    """The port that the driver says it listens on."""
    assert driver.stdout is not None
    until = time.monotonic() + _START_S
    while time.monotonic() < until:
        line = driver.stdout.readline().decode()
        if "successfully on port" in line:
            return int(line.rstrip().rstrip(".").rsplit(" ", 1)[1])
        if not line:
            break
    raise BrowserError("the driver did not start")


def _capabilities(profile: str) -> dict[str, Any]:
    return {
        "browserName": "chrome",
        "goog:chromeOptions": {
            "binary": CHROMIUM,
            "args": [*_ARGUMENTS, f"--user-data-dir={profile}/profile"],
        },
        "goog:loggingPrefs": {"browser": "ALL"},
    }
