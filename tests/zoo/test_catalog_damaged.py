"""Catalogs that are damaged, each in a way its test's name says.

Whatever the damage, the answer is one of the program's own errors, and a catalog made anew in
its place says what the log says.
"""

import contextlib
import os
import random
import sqlite3
from collections.abc import Callable
from pathlib import Path

import pytest

from archive.catalog import Catalog, FindQuery
from archive.errors import CatalogDamaged, NoSuchRecording, StorageError
from archive.state import StateDatabase
from hashing.entry import Entry
from tests.catalog_story import dump
from tests.histories import bureau, unchained

RECORDINGS = 400
PAGE_BYTES = 4096


@pytest.fixture(scope="module")
def entries() -> list[Entry]:
    return list(unchained(bureau(RECORDINGS)))


@pytest.fixture
def path(tmp_path: Path, entries: list[Entry]) -> Path:
    made = tmp_path / "catalog.sqlite"
    with Catalog.open(made) as catalog:
        catalog.rebuild(entries)
    return made


def random_bytes(path: Path) -> None:
    path.write_bytes(random.Random(1).randbytes(100_000))


def a_text_file(path: Path) -> None:
    path.write_text("this is my catalog\n" * 100)


def a_zeroed_header(path: Path) -> None:
    overwrite(path, 0, bytes(100))


def a_file_of_zeros(path: Path) -> None:
    path.write_bytes(bytes(path.stat().st_size))


def cut_within_the_header(path: Path) -> None:
    os.truncate(path, 50)


def cut_after_the_first_page(path: Path) -> None:
    os.truncate(path, PAGE_BYTES)


def cut_in_half(path: Path) -> None:
    os.truncate(path, path.stat().st_size // 2)


def every_page_but_the_first_overwritten(path: Path) -> None:
    rubbish = random.Random(2).randbytes(path.stat().st_size - PAGE_BYTES)
    overwrite(path, PAGE_BYTES, rubbish)


def a_database_of_something_else(path: Path) -> None:
    path.unlink()
    sql(path, "CREATE TABLE recipes (name TEXT)")


def the_state_database(path: Path) -> None:
    path.unlink()
    StateDatabase.open(path).close()


def no_table_of_facts(path: Path) -> None:
    sql(path, "DROP TABLE meta")


def no_schema_number(path: Path) -> None:
    sql(path, "DELETE FROM meta WHERE name = 'schema'")


def overwrite(path: Path, offset: int, data: bytes) -> None:
    with path.open("r+b") as file:
        file.seek(offset)
        file.write(data)


def sql(path: Path, *statements: str) -> None:
    with contextlib.closing(sqlite3.connect(path)) as connection, connection:
        for statement in statements:
            connection.execute(statement)


NOT_A_CATALOG = [
    random_bytes,
    a_text_file,
    a_zeroed_header,
    a_file_of_zeros,
    cut_within_the_header,
    a_database_of_something_else,
    the_state_database,
    no_table_of_facts,
    no_schema_number,
]
DAMAGED = [
    *NOT_A_CATALOG,
    cut_after_the_first_page,
    cut_in_half,
    every_page_but_the_first_overwritten,
]


@pytest.mark.parametrize("read_only", [False, True])
@pytest.mark.parametrize("damage", NOT_A_CATALOG)
def test_it_is_not_opened(path: Path, damage: Callable[[Path], None], read_only: bool) -> None:
    damage(path)
    with pytest.raises(CatalogDamaged):
        Catalog.open(path, read_only=read_only)


@pytest.mark.parametrize("damage", DAMAGED)
def test_every_answer_is_an_error_of_ours(path: Path, damage: Callable[[Path], None]) -> None:
    damage(path)
    with pytest.raises(CatalogDamaged):
        ask_everything(path)


@pytest.mark.parametrize("damage", DAMAGED)
def test_one_made_anew_says_what_the_log_says(
    path: Path, damage: Callable[[Path], None], entries: list[Entry]
) -> None:
    before = dump(f"sqlite:///{path}")
    damage(path)
    with Catalog.recreate(path) as catalog:
        assert catalog.log_size == 0
        catalog.rebuild(entries)
    assert dump(f"sqlite:///{path}") == before


def ask_everything(path: Path) -> None:
    with Catalog.open(path) as catalog:
        for question in QUESTIONS:
            question(catalog)


QUESTIONS: list[Callable[[Catalog], object]] = [
    lambda catalog: catalog.log_size,
    lambda catalog: list(catalog.find(FindQuery())),
    lambda catalog: list(catalog.find(FindQuery(officer="000007"))),
    lambda catalog: list(catalog.find(FindQuery(text="_0003"))),
    lambda catalog: list(catalog.objects()),
    lambda catalog: catalog.counts(),
    lambda catalog: catalog.dockings(),
    lambda catalog: catalog.has_recording("0" * 32),
    lambda catalog: catalog.custody("0" * 32),
    lambda catalog: catalog.same_occurrences("ZFY-0001", [(b"x", 1, 1)]),
]


@pytest.mark.parametrize("seed", range(12))
def test_a_page_overwritten_gives_an_answer_or_an_error_of_ours(
    path: Path, seed: int, entries: list[Entry]
) -> None:
    """Damage to one page may stay unseen by a question; it is never a crash, nor foreign."""
    chance = random.Random(seed)
    pages = path.stat().st_size // PAGE_BYTES
    overwrite(path, chance.randrange(1, pages) * PAGE_BYTES, chance.randbytes(PAGE_BYTES))
    for question in QUESTIONS:
        with (
            contextlib.suppress(CatalogDamaged),
            Catalog.open(path, read_only=True) as catalog,
        ):
            question(catalog)
    with pytest.raises(CatalogDamaged), Catalog.open(path, read_only=True) as catalog:
        catalog.compare(entries)


def test_damage_met_while_applying(path: Path, entries: list[Entry]) -> None:
    sql(path, "DROP TABLE events")
    with Catalog.open(path) as catalog, pytest.raises(CatalogDamaged):
        catalog.apply([*entries, *later(entries)])


def later(entries: list[Entry]) -> list[Entry]:
    """More of the same history."""
    return list(unchained(bureau(RECORDINGS + 100)))[len(entries) :]


def test_an_empty_file_is_an_empty_catalog(tmp_path: Path) -> None:
    path = tmp_path / "catalog.sqlite"
    path.touch()
    with pytest.raises(CatalogDamaged):
        Catalog.open(path, read_only=True)
    with Catalog.open(path) as catalog:
        assert catalog.log_size == 0


def test_a_missing_one_cannot_be_read(tmp_path: Path) -> None:
    with pytest.raises(CatalogDamaged, match="there is no catalog"):
        Catalog.open(tmp_path / "catalog.sqlite", read_only=True)
    assert list(tmp_path.iterdir()) == []


def test_a_folder_in_its_place(tmp_path: Path) -> None:
    with pytest.raises(StorageError):
        Catalog.open(tmp_path)


def test_a_folder_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(StorageError):
        Catalog.open(tmp_path / "missing" / "catalog.sqlite")


def test_another_schema_number_cannot_be_read_as_it_is(path: Path) -> None:
    sql(path, "UPDATE meta SET value = '0' WHERE name = 'schema'")
    with pytest.raises(CatalogDamaged, match="schema 0"):
        Catalog.open(path, read_only=True)


@pytest.mark.parametrize("size", ["", "many", "-1", "1.5", "٣"])
def test_a_log_size_that_is_none(path: Path, size: str) -> None:
    sql(path, f"UPDATE meta SET value = '{size}' WHERE name = 'log_size'")
    with Catalog.open(path) as catalog, pytest.raises(CatalogDamaged):
        assert catalog.log_size


def first_id(catalog: Catalog) -> str:
    return next(catalog.find(FindQuery())).id


def test_a_summary_that_is_not_json(path: Path) -> None:
    sql(path, "UPDATE events SET summary = '{'")
    with Catalog.open(path) as catalog, pytest.raises(CatalogDamaged):
        catalog.custody(first_id(catalog))


def test_extents_that_are_none(path: Path) -> None:
    sql(path, "UPDATE occurrences SET unreadable = '[1]'")
    with Catalog.open(path) as catalog, pytest.raises(CatalogDamaged):
        catalog.occurrences(first_id(catalog))


def test_text_that_is_not_utf_8(path: Path) -> None:
    sql(path, "UPDATE recordings SET officer = CAST(x'ff' AS TEXT)")
    with Catalog.open(path) as catalog, pytest.raises(CatalogDamaged):
        list(catalog.find(FindQuery()))


def test_an_id_is_not_taken_for_sql(path: Path) -> None:
    with Catalog.open(path) as catalog, pytest.raises(NoSuchRecording):
        catalog.recording("' OR 1=1 --")


def test_a_path_that_two_fields_tell_differently(path: Path, entries: list[Entry]) -> None:
    sql(path, "UPDATE occurrences SET path_b64 = 'eA=='")
    taken = next(entry.fields for entry in entries if entry.act == "ingest")
    seen = (taken["object"]["size_bytes"], taken["mtime_us"])
    with Catalog.open(path) as catalog, pytest.raises(CatalogDamaged):
        catalog.same_occurrences(taken["recorder"], [(taken["path"].encode(), *seen)])


def test_a_write_ahead_log_of_rubbish(path: Path, entries: list[Entry]) -> None:
    """SQLite passes over frames whose checksums do not hold: what was folded in remains."""
    path.with_name("catalog.sqlite-wal").write_bytes(random.Random(3).randbytes(50_000))
    with Catalog.open(path) as catalog:
        assert catalog.log_size == len(entries)
        assert catalog.compare(entries) == []
