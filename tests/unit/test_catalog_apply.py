"""Bringing entries into a catalog: groups, gaps, failures, rebuilding, several threads."""

import os
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from archive.catalog import Catalog, CatalogGap, FindQuery
from archive.errors import NetworkFileSystem, StorageError
from hashing.acts import BodyMismatch
from hashing.entry import Entry, from_fields
from tests.catalog_story import Story, dump, tell
from tests.histories import bureau, unchained


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "catalog.sqlite"


@pytest.fixture
def story() -> Story:
    return tell()


@pytest.fixture
def catalog(path: Path) -> Iterator[Catalog]:
    with Catalog.open(path) as opened:
        yield opened


def rows(path: Path) -> object:
    return dump(f"sqlite:///{path}")


def spoilt(entry: Entry) -> Entry:
    """The entry without one of its fields."""
    fields = {name: value for name, value in entry.fields.items() if name != "docking"}
    return from_fields(fields, entry.raw)


def test_entries_known_before_are_passed_over(catalog: Catalog, story: Story, path: Path) -> None:
    catalog.apply(story.entries[:10])
    catalog.apply(story.entries[:20], "b" * 64)
    catalog.apply(story.entries[5:15], "c" * 64)
    assert (catalog.log_size, catalog.head) == (20, "b" * 64)
    catalog.apply(story.entries)
    before = rows(path)
    catalog.rebuild(story.entries)
    assert rows(path) == before


def test_nothing_is_no_change(catalog: Catalog) -> None:
    catalog.apply([], "b" * 64)
    assert (catalog.log_size, catalog.head) == (0, None)


def test_a_gap_is_refused(catalog: Catalog, story: Story, path: Path) -> None:
    catalog.apply(story.entries[:5])
    before = rows(path)
    with pytest.raises(CatalogGap, match="entry 6 was offered where 5 comes next"):
        catalog.apply(story.entries[6:])
    with pytest.raises(CatalogGap, match="entry 8 was offered where 7 comes next"):
        catalog.apply([*story.entries[:7], *story.entries[8:]])
    assert rows(path) == before


def test_a_group_is_applied_whole_or_not_at_all(catalog: Catalog, story: Story, path: Path) -> None:
    catalog.apply(story.entries[:8], "b" * 64)
    before = rows(path)
    with pytest.raises(BodyMismatch):
        catalog.apply([*story.entries[8:10], spoilt(story.entries[10])])
    assert rows(path) == before
    catalog.apply(story.entries)
    assert catalog.log_size == len(story.entries)


def test_a_failed_rebuild_leaves_the_old_content(
    catalog: Catalog, story: Story, path: Path
) -> None:
    catalog.apply(story.entries)
    before = rows(path)
    with pytest.raises(BodyMismatch):
        catalog.rebuild([*story.entries[:10], spoilt(story.entries[10])])
    with pytest.raises(CatalogGap):
        catalog.rebuild(story.entries[1:])
    assert rows(path) == before
    assert not path.with_name("catalog.sqlite.new").exists()


def test_rebuilding_from_nothing_empties(catalog: Catalog, story: Story) -> None:
    catalog.apply(story.entries, "b" * 64)
    assert catalog.rebuild([]) == 0
    assert (catalog.log_size, catalog.head) == (0, None)
    assert list(catalog.find(FindQuery())) == []


def test_rebuild_tells_how_many_and_keeps_the_head(catalog: Catalog, story: Story) -> None:
    assert catalog.rebuild(iter(story.entries), "b" * 64) == len(story.entries)
    assert catalog.head == "b" * 64


def test_a_closed_catalog_leaves_one_file(path: Path, story: Story) -> None:
    with Catalog.open(path) as catalog:
        catalog.apply(story.entries)
        catalog.rebuild(story.entries)
        assert next(catalog.find(FindQuery())).id
    assert os.listdir(path.parent) == ["catalog.sqlite"]
    assert path.stat().st_mode & 0o007 == 0, "others may not read it"


def test_recreate_replaces_whatever_is_there(path: Path, story: Story) -> None:
    path.write_bytes(b"not a database at all")
    path.with_name("catalog.sqlite-wal").write_bytes(b"nor this")
    with Catalog.recreate(path) as catalog:
        assert catalog.log_size == 0
        catalog.rebuild(story.entries)
        assert catalog.counts().recordings == 6


def test_a_rebuild_that_was_cut_off_leaves_nothing_for_long(path: Path) -> None:
    left = path.with_name("catalog.sqlite.new")
    left.write_bytes(b"half a catalog")
    Catalog.open(path).close()
    assert not left.exists()


def test_one_opened_to_read_takes_nothing(path: Path, story: Story) -> None:
    with Catalog.open(path) as catalog:
        catalog.apply(story.entries[:5])
    with Catalog.open(path, read_only=True) as catalog:
        with pytest.raises(StorageError, match="reading only"):
            catalog.apply(story.entries)
        with pytest.raises(StorageError, match="reading only"):
            catalog.rebuild(story.entries)
        assert catalog.log_size == 5


def test_one_opened_to_read_sees_what_a_writer_adds(path: Path, story: Story) -> None:
    with Catalog.open(path) as writer:
        writer.apply(story.entries[:8])
        with Catalog.open(path, read_only=True) as reader:
            assert reader.log_size == 8
            writer.apply(story.entries)
            assert reader.log_size == len(story.entries)
            writer.rebuild(story.entries[:8])
            assert reader.log_size == 8


def test_a_network_file_system_is_refused(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("archive.filesystems.file_system_type", lambda _: "nfs4")
    for read_only in (False, True):
        with pytest.raises(NetworkFileSystem):
            Catalog.open(path, read_only=read_only)
    assert not path.exists()


@pytest.mark.parametrize("place", ["sqlite://", "no such thing://x", "sqlite:///:memory:"])
def test_an_address_that_is_no_place(place: str) -> None:
    with pytest.raises(StorageError):
        Catalog.open(place)


def test_questions_from_many_threads_while_entries_are_applied(path: Path) -> None:
    entries = list(unchained(bureau(1500)))
    stop, failures = threading.Event(), list[str]()

    def ask(catalog: Catalog) -> None:
        known = 0
        while not stop.is_set():
            made = sum(1 for _ in catalog.find(FindQuery(recorder="ZFY-0003")))
            if made < known:
                failures.append(f"{made} recordings after {known}")
            known = made

    with Catalog.open(path) as catalog:
        threads = [threading.Thread(target=ask, args=(catalog,)) for _ in range(8)]
        for thread in threads:
            thread.start()
        for start in range(0, len(entries), 100):
            catalog.apply(entries[start : start + 100])
        catalog.rebuild(entries)
        stop.set()
        for thread in threads:
            thread.join()
        assert catalog.compare(entries) == []
    assert failures == []
