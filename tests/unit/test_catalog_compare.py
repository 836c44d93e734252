"""A catalog that was edited behind our back, and how the edit is named."""

import contextlib
import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pytest

from archive.catalog import Catalog, Difference, FindQuery
from archive.errors import CatalogDamaged
from tests.catalog_story import BROKEN, STORE, UNNAMED, VIDEO, Story, tell
from tests.histories import hex_of

HEAD = "b" * 64


@pytest.fixture
def story() -> Story:
    return tell()


@pytest.fixture
def path(tmp_path: Path, story: Story) -> Path:
    made = tmp_path / "catalog.sqlite"
    with Catalog.open(made) as catalog:
        catalog.rebuild(story.entries, HEAD)
    return made


def edit(path: Path, *statements: str) -> None:
    with contextlib.closing(sqlite3.connect(path)) as connection, connection:
        for statement in statements:
            connection.execute(statement)


def compared(path: Path, story: Story, head: str | None = None) -> list[Difference]:
    with Catalog.open(path, read_only=True) as catalog:
        return catalog.compare(story.entries, head)


def test_an_untouched_one_does_not_differ(path: Path, story: Story) -> None:
    assert compared(path, story) == []
    assert compared(path, story, HEAD) == []


def seq_of(story: Story, act: str) -> int:
    return next(entry.seq for entry in story.entries if entry.act == act)


def test_an_edited_value(path: Path, story: Story) -> None:
    edit(path, "UPDATE recordings SET recorded_at_us = 5 WHERE media IS NULL AND path LIKE 'MISC%'")
    (difference,) = compared(path, story)
    assert (difference.table, difference.column, difference.found) == (
        "recordings", "recorded_at_us", 5,
    )  # fmt: skip
    assert difference.expected == UNNAMED.mtime_us - 8 * 3_600_000_000
    assert difference.key == (8,)


def test_several_values_of_a_row(path: Path, story: Story) -> None:
    edit(path, f"UPDATE objects SET size_bytes = 1, sm3 = NULL WHERE sha256 = '{BROKEN.sha256}'")
    edited = {row.column: (row.expected, row.found) for row in compared(path, story)}
    assert edited == {
        "size_bytes": (BROKEN.size_bytes, 1),
        "sm3": (hex_of("sm3", BROKEN.sha256), None),
    }


def test_a_row_removed(path: Path, story: Story) -> None:
    edit(path, "DELETE FROM occurrences WHERE act = 'sighting' AND important")
    (difference,) = compared(path, story)
    assert (difference.table, difference.column, difference.found) == ("occurrences", None, None)
    assert difference.expected["path"].endswith("IMP.mp4")


def test_a_row_added(path: Path, story: Story) -> None:
    edit(path, f"INSERT INTO replicas VALUES ('{'0' * 64}', 'x', 1, 2, 3)")
    (difference,) = compared(path, story)
    assert (difference.table, difference.key) == ("replicas", ("0" * 64, "x"))
    assert (difference.column, difference.expected) == (None, None)
    assert difference.found["present"] == 1


def test_a_key_changed_is_a_row_removed_and_a_row_added(path: Path, story: Story) -> None:
    edit(path, f"UPDATE replicas SET store = 'z' WHERE store = '{STORE}'")
    missing, extra = compared(path, story)
    assert (missing.key, missing.found) == ((VIDEO.sha256, STORE), None)
    assert (extra.key, extra.expected) == ((VIDEO.sha256, "z"), None)


def test_an_event_removed(path: Path, story: Story) -> None:
    edit(path, "DELETE FROM events WHERE act = 'view'")
    (difference,) = compared(path, story)
    assert difference.key == ("recording", story.recording(VIDEO), seq_of(story, "view"))


def test_everything_removed(path: Path, story: Story) -> None:
    edit(path, "DELETE FROM quarantine", "DELETE FROM dockings")
    tables = [row.table for row in compared(path, story)]
    assert (tables.count("quarantine"), tables.count("dockings")) == (1, 5)


def test_a_value_of_a_wrong_kind(path: Path, story: Story) -> None:
    edit(path, "UPDATE recordings SET important = 'yes', size_bytes = x'00' WHERE important = 1")
    assert {row.column: row.found for row in compared(path, story)} == {
        "important": "yes",
        "size_bytes": b"\0",
    }


def test_a_key_of_a_wrong_kind(path: Path, story: Story) -> None:
    edit(path, "UPDATE events SET seq = 'never' WHERE act = 'view'")
    missing, extra = compared(path, story)
    assert (missing.key[2], extra.key[2]) == (seq_of(story, "view"), "never")


def test_the_same_row_twice(path: Path, story: Story) -> None:
    edit(
        path,
        "DROP INDEX events_by_subject",
        "INSERT INTO events SELECT * FROM events WHERE act = 'view'",
    )
    (difference,) = compared(path, story)
    assert (difference.key[2], difference.expected) == (seq_of(story, "view"), None)


def test_a_catalog_behind_its_log_is_no_difference(tmp_path: Path, story: Story) -> None:
    with Catalog.open(tmp_path / "behind.sqlite") as catalog:
        catalog.apply(story.entries[:9])
        assert catalog.compare(iter(story.entries)) == []


def test_a_catalog_that_claims_more_than_its_log(path: Path, story: Story) -> None:
    edit(path, "UPDATE meta SET value = '1000' WHERE name = 'log_size'")
    (difference,) = compared(path, story)
    assert (difference.table, difference.key) == ("meta", ("log_size",))
    assert (difference.expected, difference.found) == (len(story.entries), 1000)


def test_a_catalog_that_claims_less_than_it_holds(path: Path, story: Story) -> None:
    last = seq_of(story, "export")
    edit(path, f"UPDATE meta SET value = '{last}' WHERE name = 'log_size'")
    assert {row.expected for row in compared(path, story) if row.table == "events"} == {None}


def test_another_head(path: Path, story: Story) -> None:
    assert compared(path, story, "c" * 64) == [
        Difference("meta", ("head",), "value", "c" * 64, HEAD)
    ]


def test_as_many_as_asked_for(path: Path, story: Story) -> None:
    edit(path, "UPDATE recordings SET media = 'x'")
    with Catalog.open(path) as catalog:
        assert len(catalog.compare(story.entries)) == 6
        assert len(catalog.compare(story.entries, limit=2)) == 2
        assert len(catalog.compare(story.entries, "c" * 64, limit=1)) == 1


def test_a_table_that_is_gone_is_damage(path: Path, story: Story) -> None:
    edit(path, "DROP TABLE replicas")
    with pytest.raises(CatalogDamaged):
        compared(path, story)


def test_an_index_that_leaves_out_a_row_is_damage(path: Path, story: Story) -> None:
    """The rows are as they should be, but the question that uses the index would not say so."""
    edit(
        path,
        "PRAGMA writable_schema = ON",
        "CREATE TABLE elsewhere (officer TEXT, recorded_at_us INTEGER, id TEXT)",
        "CREATE INDEX empty_index ON elsewhere (officer, recorded_at_us, id)",
        "UPDATE sqlite_schema SET rootpage = (SELECT rootpage FROM sqlite_schema"
        " WHERE name = 'empty_index') WHERE name = 'recordings_by_officer'",
    )
    with Catalog.open(path, read_only=True) as catalog:
        assert list(catalog.find(FindQuery(officer="officer-1"))) == []
        with pytest.raises(CatalogDamaged):
            catalog.compare(story.entries)


FORGOTTEN = "INSERT INTO recordings_text (recordings_text) VALUES ('delete-all')"
INVENTED = "INSERT INTO recordings_text (rowid, words) VALUES (8, 'zz')"
DISPLACED = (
    "INSERT INTO recordings_text (rowid, words) VALUES (1000, 'zz')",
    "INSERT INTO recordings_text (recordings_text, rowid, words) VALUES ('delete', 1000, 'zz')",
    "INSERT INTO recordings_text (rowid, words) VALUES (1001, '现场')",
    "INSERT INTO recordings_text (recordings_text, rowid, words) VALUES ('delete', 8, '现场')",
)


def test_texts_forgotten(path: Path, story: Story) -> None:
    edit(path, FORGOTTEN)
    with Catalog.open(path, read_only=True) as catalog:
        assert list(catalog.find(FindQuery(text="现场"))) == []
    forgotten = {row.key[0]: row for row in compared(path, story)}
    assert {row.table for row in forgotten.values()} == {"recordings_text"}
    assert (forgotten["现场"].column, forgotten["现场"].found) == (None, None)
    assert forgotten["现场"].expected[0] == 1, "it stands in one path"


def test_a_text_invented(path: Path, story: Story) -> None:
    edit(path, INVENTED)
    (difference,) = compared(path, story)
    assert (difference.table, difference.key) == ("recordings_text", ("zz",))
    assert (difference.expected, difference.found[0]) == (None, 1)


def test_a_text_of_another_recording(path: Path, story: Story) -> None:
    """As often as before, elsewhere."""
    edit(path, *DISPLACED)
    (difference,) = compared(path, story)
    assert (difference.key, difference.column) == (("现场",), "places")
    assert difference.expected[0] == difference.found[0] == 1
    assert difference.expected[1] != difference.found[1]


def test_the_temporary_directory_is_left_as_it_was(
    path: Path, story: Story, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    scratch = tmp_path / "scratch"
    scratch.mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(scratch))
    assert compared(path, story) == []
    assert list(scratch.iterdir()) == []


@pytest.fixture(autouse=True)
def _no_side_files(path: Path) -> Iterator[None]:
    yield
    assert [file.name for file in path.parent.glob("catalog.sqlite*")] == ["catalog.sqlite"]
