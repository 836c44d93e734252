"""What is said of a recording's times and of whose it is."""

import dataclasses
from pathlib import Path
from typing import Any

import pytest

from archive.catalog.catalog import Catalog
from archive.catalog.rows import AnchorRow
from archive.custody.statement import NOT_PROVEN, Statement
from hashing.entry import format_time
from tests.catalog_story import UNNAMED, VIDEO, tell
from tests.histories import File

BOUND = AnchorRow(
    seq=90,
    kind="stamp",
    name="tsa-1",
    size=80,
    root="0" * 64,
    time_us=1_700_100_000_000_000,
    token_sha256="1" * 64,
    renews=None,
)


def statement(
    folder: Path, of: File, *bounds: AnchorRow, officer_source: str | None = None
) -> dict[str, Any]:
    """What the story's first recorder's recording is said to be."""
    story = tell()
    with Catalog.open(folder / "catalog.sqlite") as catalog:
        catalog.rebuild(story.entries)
        row = catalog.recording(story.recording(of))
        entry = next(e for e in story.entries if e.fields.get("recording") == row.id)
        docking = catalog.docking(row.docking)
    assert docking is not None
    if officer_source is not None:
        docking = dataclasses.replace(docking, officer_source=officer_source)
    return Statement(row, entry, docking, bounds).as_json()


def test_three_clocks_stand_side_by_side(tmp_path: Path) -> None:
    said = statement(tmp_path, VIDEO, BOUND)
    assert said["recorded"]["source"] == "name"
    assert said["recorded"]["clock_offset_ms"] == -1500
    assert said["recorded"]["clock_uncertainty_ms"] == 40
    assert said["received"]["clock"] == "synchronised"
    assert said["not_later_than"] == [
        {
            "at": format_time(BOUND.time_us),
            "kind": "stamp",
            "by": "tsa-1",
            "size": 80,
            "entry": 90,
        }
    ]


def test_nothing_outside_is_said_to_be_nothing(tmp_path: Path) -> None:
    assert statement(tmp_path, VIDEO)["not_later_than"] == []


@pytest.mark.parametrize(
    ("officer_source", "said"), [("option", "option"), ("ledger", "ledger"), ("device", "device")]
)
def test_who_says_whose_footage_it_is(tmp_path: Path, officer_source: str, said: str) -> None:
    told = statement(tmp_path, VIDEO, officer_source=officer_source)
    assert told["officer"] == {"id": "officer-1", "source": said}


def test_the_paragraph_is_the_same_for_all(tmp_path: Path) -> None:
    both = [statement(tmp_path, each)["not_proven"] for each in (VIDEO, UNNAMED)]
    assert both == [{"zh": NOT_PROVEN.zh, "en": NOT_PROVEN.en}] * 2
