"""However entries are grouped, the files on disk are those of the definition."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from archive.log.store import LogStore
from tests.engine_logs import tree
from tests.logbook import Logbook, log_files

BOOK = Logbook().fill(900)


@settings(max_examples=20, deadline=None)
@given(st.lists(st.integers(1, 300), min_size=1, max_size=3))
def test_any_groups_give_the_same_files(
    tmp_path_factory: pytest.TempPathFactory, steps: list[int]
) -> None:
    directory = tmp_path_factory.mktemp("log")
    store = LogStore(directory, BOOK.key)
    for step in steps:
        store.append(BOOK.entries[store.size : store.size + step])
        stored = tree(directory)
        assert stored.pop("checkpoint")
        assert stored == log_files(BOOK.entries[: store.size])
        assert LogStore.open(directory, BOOK.key).root == store.root
