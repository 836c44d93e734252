"""The little Markdown that generated pages need."""

from collections.abc import Iterable, Sequence

NOTICE = "<!-- Written by python -m evidence_daemon.generate. Change the code, not this file. -->"


def table(headings: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A table; cells are text in which only ``|`` needs care."""
    lines = [headings, ["---"] * len(headings), *rows]
    return "".join(f"| {' | '.join(_cell(cell) for cell in line)} |\n" for line in lines)


def _cell(text: str) -> str:
    return " ".join(text.split()).replace("|", "\\|")


def code(text: str) -> str:
    """Text set as code; nothing for nothing."""
    return f"`{text}`" if text else ""
