"""``verify.html`` for tests: its calculations asked one by one, and folders given to it.

:class:`Calculator` runs the page's own worker source in a real browser and evaluates expressions
in its scope. :class:`PageVerifier` is what a person does: it opens the page from ``file://``,
gives a folder and a key, starts, and reads what the page says.
"""

import base64
import json
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from evidence_daemon.generate import verifier_page
from tests.browser import Browser

PAGE = Path(__file__).parents[1] / "archive" / "export" / "verifiers" / "verify.html"
_PATIENCE_S = 120.0

_MAKE_WORKER = """
const source = given[0] + `
    self.onmessage = async ({data}) => {
        try { self.postMessage({value: await eval(data.expression)(...data.values)}); }
        catch (error) {
            self.postMessage(error instanceof Malformed ? {refused: error.words.en}
                : {broken: String(error.stack)});
        }
    };`;
window.calculator = new Worker(URL.createObjectURL(new Blob([source])));
"""
_ASK = """
const [expression, values] = given;
const revive = (value) => value !== null && typeof value === "object" && "base64" in value
    ? Uint8Array.from(atob(value.base64), (c) => c.charCodeAt(0)) : value;
return await new Promise((resolve, reject) => {
    window.calculator.onmessage = ({data}) => resolve(data);
    window.calculator.onerror = (error) => reject(error.message);
    window.calculator.postMessage({expression, values: values.map((value) =>
        Array.isArray(value) ? value.map(revive) : revive(value))});
});
"""


class RefusedInPage(Exception):  # noqa: N818 - named for the event
    """The page's code refused its input; the sentence is its own."""


class Calculator:
    """The worker of the page, asked for single values.

    Args:
        browser: Where it runs.
        folder: Where an empty page for it is put.
    """

    def __init__(self, browser: Browser, folder: Path) -> None:
        empty = folder / "empty.html"
        empty.write_text('<!DOCTYPE html><meta charset="utf-8"><title>empty</title>')
        browser.open(empty)
        browser.run(_MAKE_WORKER, verifier_page.worker())
        self._browser = browser

    def __call__(self, function: str, *values: object) -> Any:
        """Call a JavaScript function in the worker's scope.

        Args:
            function: An expression for it.
            values: Its arguments; bytes, or a list of them, become Uint8Arrays.

        Raises:
            RefusedInPage: The code refused the values.
        """
        answer = self._browser.run(_ASK, f"({function})", [_carried(value) for value in values])
        if "refused" in answer:
            raise RefusedInPage(answer["refused"])
        assert "broken" not in answer, answer["broken"]
        return answer.get("value")


def _carried(value: object) -> object:
    if isinstance(value, bytes):
        return {"base64": base64.b64encode(value).decode("ascii")}
    return [_carried(each) for each in value] if isinstance(value, list) else value


@dataclass(frozen=True, slots=True)
class PageVerdict:
    """What the page says of a folder.

    Attributes:
        kind: What it holds the folder to be.
        findings: As in ``evd verify --json``.
        summary: As in ``evd verify --json``.
        refusal: Why it gave no verdict, or an empty text.
    """

    kind: str
    findings: list[dict[str, Any]]
    summary: dict[str, Any]
    refusal: str

    @property
    def exit_code(self) -> int:
        """The code that ``evd verify`` would end with."""
        return int(self.summary["exit_code"])

    def status(self, check: int) -> str:
        """How a check ended."""
        return str(self.summary["checks"][check - 1]["status"])

    @property
    def failed(self) -> set[int]:
        """The checks that failed."""
        return {one["check"] for one in self.summary["checks"] if one["status"] == "fail"}


class PageVerifier:
    """The page, used as a person uses it.

    Args:
        browser: Where it is opened.
        file: Another copy of it.
    """

    def __init__(self, browser: Browser, file: Path = PAGE) -> None:
        self._browser = browser
        self._file = file

    def give(self, folder: Path, key: str = "", known: Path | None = None) -> None:
        """Open the page and give it a folder."""
        self._browser.open(self._file)
        self._browser.choose("#folder", folder)
        if key:
            self._browser.type("#key", key)
        if known is not None:
            self._browser.run("document.querySelector('details').open = true")
            self._browser.choose("#known", known)

    def verify(
        self,
        folder: Path,
        key: str = "",
        known: Path | None = None,
        patience_s: float = _PATIENCE_S,
    ) -> PageVerdict:
        """What the page says of a folder."""
        self.give(folder, key, known)
        self.start()
        return self.wait(patience_s)

    def start(self) -> None:
        """Start the verification of what was given."""
        self._browser.click("#start")

    def shown(self) -> str:
        """The text of the report."""
        return str(self._browser.run("return document.getElementById('report').textContent"))

    def console(self) -> list[str]:
        """What the browser had to complain of."""
        return self._browser.console()

    def wait(self, patience_s: float = _PATIENCE_S) -> PageVerdict:
        """Wait for the verdict of what was started."""
        until = time.monotonic() + patience_s
        while time.monotonic() < until:
            saved, refusal = self._browser.run(
                "const refusal = document.getElementById('refusal');"
                "return [document.getElementById('saved')?.textContent ?? '',"
                "        refusal.hidden ? '' : refusal.querySelector('[lang=en]').textContent];"
            )
            if saved:
                said = json.loads(saved)
                return PageVerdict(said["kind"], said["findings"], said["summary"], "")
            if refusal:
                return PageVerdict("", [], {}, refusal)
            time.sleep(0.02)
        raise AssertionError("the page gives no verdict")
