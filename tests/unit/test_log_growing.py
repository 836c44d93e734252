"""A log is read, verified and proven from while a writer replaces its partial files."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from archive.errors import NotAnArchive
from archive.log.reader import LogFiles
from archive.log.store import LogStore
from hashing.merkle import inclusion_proof, leaf_hash, verify_inclusion
from hashing.tiles import node_reader
from hashing.verifier import verify_log
from tests.logbook import Logbook, leaf, naive_root

BOOK = Logbook().fill(540)
LEAVES = [leaf(entry) for entry in BOOK.entries]


@contextmanager
def growing(directory: Path, step: int = 7) -> Iterator[threading.Thread]:
    """A log that grows in small steps in another thread, to its end."""
    store = LogStore(directory, BOOK.key)
    store.append(BOOK.entries[:200])

    def grow() -> None:
        while store.size < len(BOOK.entries):
            store.append(BOOK.entries[store.size : store.size + step])

    thread = threading.Thread(target=grow)
    thread.start()
    try:
        yield thread
    finally:
        thread.join()


def read_all(files: LogFiles) -> None:
    raws = [entry.raw for entry in files.entries()]
    assert raws == BOOK.entries[: len(raws)]
    assert len(raws) >= 200


def read_roots(files: LogFiles) -> None:
    size = files.head().size
    for at in {1, 200, size - 1, size}:
        assert files.root_at(at) == naive_root(LEAVES[:at])


def prove(files: LogFiles) -> None:
    head = files.head()
    proof = inclusion_proof(199, head.size, node_reader(head.size, files.stored_tile))
    verify_inclusion(leaf_hash(BOOK.entries[199]), 199, head.size, head.root, proof)


def verify(files: LogFiles) -> None:
    verdict = verify_log(files, BOOK.first_key.verifier)
    assert verdict.findings == ()


@pytest.mark.parametrize("read", [read_all, read_roots, prove, verify])
def test_readers_see_whole_logs_only(tmp_path: Path, read: Callable[[LogFiles], None]) -> None:
    files = LogFiles(tmp_path)
    with growing(tmp_path) as writer:
        rounds = 0
        while writer.is_alive():
            read(files)
            rounds += 1
    assert rounds
    read(files)
    assert files.head().size == len(BOOK.entries)


def test_what_is_gone_for_good_is_said_to_be_missing(tmp_path: Path) -> None:
    store = LogStore(tmp_path, BOOK.key)
    store.append(BOOK.entries[:300])
    files = LogFiles(tmp_path)
    (tmp_path / "tile/entries/001.p/44").unlink()
    (tmp_path / "tile/0/000").unlink()
    with pytest.raises(NotAnArchive, match="tile/entries/001"):
        list(files.entries())
    with pytest.raises(NotAnArchive, match="tile/0/000"):
        files.root_at(200)
