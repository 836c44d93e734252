"""The documents of the checkout, as the tests that keep them true read them."""

import contextlib
import os
import re
import signal
import subprocess
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from tests.evd_process import EVD, environment

ROOT = Path(__file__).parents[1]
RUNNABLE = "sh runnable"
"""What a fenced block says behind its ticks when it is to be run as it stands."""

_FENCE = re.compile(r"^```(?P<info>[^\n]*)\n(?P<text>.*?)^```$", re.MULTILINE | re.DOTALL)
_HEADING = re.compile(r"^(#+) (.+)$", re.MULTILINE)
_LINK = re.compile(r"\]\(([^)\s]+)\)")
_SPAN = re.compile(r"`([^`]+)`")


@dataclass(frozen=True)
class Page:
    """One document.

    Attributes:
        name: Its path in the checkout.
    """

    name: str

    @property
    def path(self) -> Path:
        return ROOT / self.name

    @cached_property
    def text(self) -> str:
        """All of it."""
        return self.path.read_text("utf-8")

    @cached_property
    def prose(self) -> str:
        """All but its fenced blocks."""
        return _FENCE.sub("", self.text)

    def blocks(self, info: str | None = None) -> list[str]:
        """Its fenced blocks; only those with these words behind their ticks if given."""
        return [m["text"] for m in _FENCE.finditer(self.text) if info in {None, m["info"]}]

    @property
    def headings(self) -> list[tuple[int, str]]:
        """Level and text of each heading."""
        return [(len(marks), text) for marks, text in _HEADING.findall(self.prose)]

    @property
    def anchors(self) -> set[str]:
        """What a link may name behind ``#``."""
        return {_anchor(text) for _, text in self.headings}

    @property
    def links(self) -> list[str]:
        """What its links lead to."""
        return _LINK.findall(self.prose)

    @property
    def spans(self) -> list[str]:
        """What is set as code within its sentences."""
        return [" ".join(span.split()) for span in _SPAN.findall(self.prose)]

    @property
    def command_lines(self) -> Iterator[str]:
        """Every ``evd …`` that it shows, from its sentences and from its shell blocks."""
        for text in (*self.spans, *self.blocks("sh"), *self.blocks(RUNNABLE)):
            for line in text.replace("\\\n", " ").splitlines():
                yield from re.findall(r"(?:^|[\s/(])(evd(?: [^|;&<>)]*)?)", line)


def _anchor(heading: str) -> str:
    """The anchor of a heading, as the usual renderers make it."""
    kept = re.sub(r"[^\w\- ]", "", heading.replace("`", "").lower())
    return kept.replace(" ", "-")


def pages() -> list[Page]:
    """Every document that people read."""
    found = [*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")]
    return [Page(str(path.relative_to(ROOT))) for path in sorted(found)]


def run_as_printed(
    blocks: list[str], folder: Path, env: Mapping[str, str], timeout_s: float
) -> subprocess.CompletedProcess[str]:
    """Run shell blocks one after another in one shell, with this checkout's ``evd``.

    Whatever a block leaves running is ended with the shell.
    """
    script = "\n".join(["set -euo pipefail", *blocks])
    path = os.pathsep.join([str(EVD.parent), os.environ["PATH"]])
    command = ["bash", "-c", script]
    with subprocess.Popen(
        command,
        cwd=folder,
        env=environment(PATH=path, **env),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        encoding="utf-8",
        start_new_session=True,
    ) as shell:
        try:
            output, errors = shell.communicate(timeout=timeout_s)
        finally:
            _end(shell.pid)
    return subprocess.CompletedProcess(command, shell.returncode, output, errors)


def _end(session: int) -> None:
    with contextlib.suppress(ProcessLookupError):  # everything has ended by itself
        os.killpg(session, signal.SIGKILL)
