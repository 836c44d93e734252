"""One log carried on to the state of another: mirrors, adopted logs, and what is refused."""

import contextlib
import hashlib
from collections.abc import Sequence
from dataclasses import replace
from functools import lru_cache
from pathlib import Path
from typing import Final

import pytest

from archive.errors import DiskFull, StoreUnavailable
from archive.layout import Layout
from archive.log.reader import LogFiles
from archive.log.store import LogStore
from archive.replication.extend import named_documents
from archive.replication.heads import StoredLog, known_head, read_head, signed_by
from archive.replication.mirror import mirror_log
from archive.replication.reconcile import reconcile
from archive.stores.card import StoreCard
from archive.stores.documents import FolderDocuments
from archive.stores.interface import Document
from hashing.checkpoint import Checkpoint
from hashing.entry import Act, parse
from hashing.errors import LogInconsistent, RolledBack
from hashing.note import SigningKey
from tests.logbook import Logbook, log_files
from tests.object_storage import Bucket, ObjectStorage

KEY = SigningKey.generate_origin("bureau/dock-1")
OPEN = signed_by([KEY.verifier])
SIZES: Final = [1, 2, 255, 256, 257, 300, 511, 512, 513, 1000, 65536, 65537, 66000]
CARD = StoreCard("bucket/00000000", KEY.name, "2026-01-01T00:00:00.000000Z")


@lru_cache
def book() -> Logbook:
    """One history, long enough for all tests."""
    return Logbook(key=KEY).fill(SIZES[-1])


def history(size: int, fork: int | None = None) -> list[bytes]:
    """The first entries of the history, or of another one that leaves it at ``fork``."""
    if fork is None:
        return book().entries[:size]
    other = Logbook(key=KEY)
    other.entries = book().entries[:fork]
    other.append(Act.ALARM, {"alarm": "other", "subject": "branch", "detail": ""})
    return other.fill(size).entries[:size]


class Log:
    """A log in a folder, written there from the definitions."""

    def __init__(self, root: Path, size: int, fork: int | None = None) -> None:
        self.layout = Layout(root)
        self.documents = FolderDocuments(root)
        self.entries: list[bytes] = []
        self._fork = fork
        if size:
            self.grow(size)

    def grow(self, size: int) -> None:
        """Have so many entries of its history."""
        self.put(history(size, self._fork))

    def put(self, entries: list[bytes]) -> None:
        """Have these entries."""
        self.entries = entries
        made = Logbook(key=KEY)
        made.entries = entries
        for name, data in made.files().items():
            path = self.layout.log / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(data)


def bucket() -> ObjectStorage:
    return ObjectStorage(Bucket(), CARD)


def files_of(store: ObjectStorage) -> dict[str, bytes]:
    """The log's files in a bucket, without the checkpoint."""
    prefix = "documents/log/"
    keys = store._bucket.keys
    files = {key.removeprefix(prefix): keys[key] for key in keys if key.startswith(prefix)}
    files.pop("checkpoint", None)
    return files


def test_a_mirror_that_follows_has_exactly_the_files_of_its_log(tmp_path: Path) -> None:
    log, store = Log(tmp_path, 0), bucket()
    for size in SIZES:
        log.grow(size)
        assert mirror_log(log.documents, store, OPEN, name="bucket").size == size
        assert files_of(store) == log_files(log.entries)
        assert store.read_document("log/checkpoint") == LogFiles(log.layout.log).checkpoint()


@pytest.mark.parametrize("size", SIZES)
def test_a_mirror_begun_at_any_size_has_exactly_the_files_of_its_log(
    tmp_path: Path, size: int
) -> None:
    log, store = Log(tmp_path, size), bucket()
    mirror_log(log.documents, store, OPEN, name="bucket")
    assert files_of(store) == log_files(log.entries)
    before = dict(store._bucket.keys)
    mirror_log(log.documents, store, OPEN, name="bucket")
    assert store._bucket.keys == before


class Failing(ObjectStorage):
    """Refuses after a number of documents."""

    left = 0

    def write_documents(self, documents: Sequence[Document]) -> None:
        for document in documents:
            if not self.left:
                raise StoreUnavailable("the share has gone")
            self.left -= 1
            super().write_documents([document])


def test_a_mirror_interrupted_anywhere_is_the_old_one_or_the_new_one(tmp_path: Path) -> None:
    log = Log(tmp_path, 300)
    store = Failing(Bucket(), CARD)
    store.left = 1000
    mirror_log(log.documents, store, OPEN, name="bucket")
    log.grow(1100)
    checkpoints = set()
    for left in range(20):
        copy = Failing(Bucket(dict(store._bucket.keys)), CARD)
        copy.left = left
        with contextlib.suppress(StoreUnavailable):
            mirror_log(log.documents, copy, OPEN, name="bucket")
        head = known_head(copy, OPEN)
        assert head is not None
        checkpoints.add(head.size)
        mirrored = StoredLog(copy)
        assert mirrored.root_at(head.size) == head.root
        assert [each.raw for each in mirrored.entries()] == history(head.size)
        copy.left = 1000
        mirror_log(log.documents, copy, OPEN, name="bucket")
        assert files_of(copy) == log_files(log.entries)
    assert checkpoints == {300, 1100}


@pytest.mark.parametrize("damage", ["tile/1/000.p/1", "checkpoint"])
@pytest.mark.parametrize("gone", [True, False])
def test_a_damaged_mirror_is_written_anew(tmp_path: Path, damage: str, gone: bool) -> None:
    log, store = Log(tmp_path, 300), bucket()
    mirror_log(log.documents, store, OPEN, name="bucket")
    name = f"log/{damage}"
    if gone:
        store.remove_documents([name])
    else:
        data = store.read_document(name)
        assert data is not None
        store.write_documents([Document(name, bytes([data[0] ^ 1]) + data[1:])])
    log.grow(600)
    mirror_log(log.documents, store, OPEN, name="bucket")
    files = files_of(store)
    assert {name: files[name] for name in log_files(log.entries)} == log_files(log.entries)


def test_a_mirror_never_goes_back_and_never_takes_another_branch(tmp_path: Path) -> None:
    longer, shorter = Log(tmp_path / "a", 700), Log(tmp_path / "b", 500)
    forked, same = Log(tmp_path / "c", 800, 600), Log(tmp_path / "d", 700, 600)
    store = bucket()
    mirror_log(longer.documents, store, OPEN, name="store nas")
    before = dict(store._bucket.keys)
    for log, what in ((shorter, "a longer log"), (forked, "another log"), (same, "another log")):
        with pytest.raises(RolledBack, match=f"store nas knows {what}: 700 entries there"):
            mirror_log(log.documents, store, OPEN, name="store nas")
        assert store._bucket.keys == before


def test_entries_that_do_not_give_their_root_are_not_mirrored(tmp_path: Path) -> None:
    log, store = Log(tmp_path, 600), bucket()
    path = log.layout.log / "tile/entries/001"
    path.write_bytes(path.read_bytes().replace(b"entry 300", b"entry 999"))
    with pytest.raises(LogInconsistent, match="do not give the root"):
        mirror_log(log.documents, store, OPEN, name="bucket")
    assert store.read_document("log/checkpoint") is None


def test_a_longer_log_in_a_store_is_adopted(tmp_path: Path) -> None:
    for size in (1, 255, 256, 300, 512, 799):
        longer, mine = Log(tmp_path / f"a{size}", 800), Log(tmp_path / f"b{size}", size)
        store = bucket()
        mirror_log(longer.documents, store, OPEN, name="bucket")
        answer = reconcile(mine.layout, OPEN, [store])
        assert (answer.adopted_from, answer.adopted, answer.size) == ("bucket", 800 - size, 800)
        files = LogFiles(mine.layout.log)
        assert files.checkpoint() == LogFiles(longer.layout.log).checkpoint()
        tiles = (path for path in (mine.layout.log / "tile").rglob("*") if path.is_file())
        stored = {str(path.relative_to(mine.layout.log)): path.read_bytes() for path in tiles}
        assert stored == log_files(longer.entries)
        LogStore.open(mine.layout.log, KEY)


def test_the_longest_log_is_adopted_and_the_others_must_agree(tmp_path: Path) -> None:
    logs = [Log(tmp_path / str(size), size) for size in (400, 900, 600)]
    stores = [bucket() for _ in logs]
    for log, store in zip(logs, stores, strict=True):
        mirror_log(log.documents, store, OPEN, name="bucket")
    mine = Log(tmp_path / "mine", 500)
    head = read_head(StoredLog(logs[2].documents), OPEN).checkpoint
    assert reconcile(mine.layout, OPEN, stores, [head]).size == 900


def test_where_the_longest_is_damaged_another_store_that_has_it_gives_it(tmp_path: Path) -> None:
    longer, mine = Log(tmp_path / "a", 900), Log(tmp_path / "b", 500)
    damaged, good = bucket(), bucket()
    for store in (damaged, good):
        mirror_log(longer.documents, store, OPEN, name="bucket")
    damaged.remove_documents(["log/tile/entries/002"])
    good.name = "second"
    assert reconcile(mine.layout, OPEN, [damaged, good]).adopted_from == "second"


def test_a_log_that_is_the_longest_goes_on(tmp_path: Path) -> None:
    mine, store = Log(tmp_path, 500), bucket()
    assert reconcile(mine.layout, OPEN, [store]).not_asked == {}
    mirror_log(mine.documents, store, OPEN, name="bucket")
    mine.grow(700)
    before = {path: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()}
    answer = reconcile(mine.layout, OPEN, [store])
    assert (answer.size, answer.adopted_from, answer.not_asked) == (700, None, {})
    assert {path: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()} == before


@pytest.mark.parametrize("theirs", [(800, 600), (700, 600), (650, 600), (800, 1)])
def test_another_branch_in_a_store_is_refused(tmp_path: Path, theirs: tuple[int, int]) -> None:
    size, fork = theirs
    other, mine = Log(tmp_path / "a", size, fork), Log(tmp_path / "b", 700)
    store = bucket()
    mirror_log(other.documents, store, OPEN, name="bucket")
    before = LogFiles(mine.layout.log).checkpoint()
    with pytest.raises(RolledBack, match="store bucket") as caught:
        reconcile(mine.layout, OPEN, [store])
    assert caught.value.exit_code == 33
    assert LogFiles(mine.layout.log).checkpoint() == before
    LogStore.open(mine.layout.log, KEY)


def test_a_longer_log_that_cannot_be_read_is_refused(tmp_path: Path) -> None:
    longer, mine, store = Log(tmp_path / "a", 800), Log(tmp_path / "b", 700), bucket()
    mirror_log(longer.documents, store, OPEN, name="bucket")
    store.remove_documents(["log/tile/entries/003.p/32"])
    with pytest.raises(RolledBack, match=r"store bucket knows 800 entries .* is missing"):
        reconcile(mine.layout, OPEN, [store])


def test_checkpoints_from_elsewhere_are_held_against_the_log(tmp_path: Path) -> None:
    mine = Log(tmp_path / "a", 700)
    root = StoredLog(mine.documents).root_at(400)
    reconcile(mine.layout, OPEN, [], [Checkpoint(KEY.name, 400, root)])
    for known in (Checkpoint(KEY.name, 400, bytes(32)), Checkpoint(KEY.name, 701, bytes(32))):
        with pytest.raises(RolledBack, match="kept elsewhere"):
            reconcile(mine.layout, OPEN, [], [known])


def test_stores_that_cannot_be_asked_or_believed_are_named_and_stop_nobody(tmp_path: Path) -> None:
    class Away(ObjectStorage):
        def read_document(self, name: str) -> bytes | None:
            raise StoreUnavailable("not mounted")

    mine = Log(tmp_path, 10)
    forged = bucket()
    forged.name = "forged"
    other = SigningKey.generate(KEY.name)
    folder = tmp_path / "forged"
    (folder / "log").mkdir(parents=True)
    LogStore(folder / "log", other).append(history(20))
    mirror_log(FolderDocuments(folder), forged, signed_by([other.verifier]), name="forged")
    answer = reconcile(mine.layout, OPEN, [Away(Bucket(), CARD), forged])
    assert answer.not_asked.keys() == {"bucket", "forged"}
    assert (answer.size, answer.adopted) == (10, 0)


def test_a_disk_that_fills_while_a_log_is_adopted_leaves_it_as_it_was(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    longer, mine, store = Log(tmp_path / "a", 900), Log(tmp_path / "b", 300), bucket()
    mirror_log(longer.documents, store, OPEN, name="bucket")
    write, left = FolderDocuments.write_documents, [1]

    def fill(self: FolderDocuments, documents: Sequence[Document]) -> None:
        if not left[0]:
            raise DiskFull("no room")
        left[0] -= 1
        write(self, documents)

    monkeypatch.setattr(FolderDocuments, "write_documents", fill)
    with pytest.raises(RolledBack, match="no room"):
        reconcile(mine.layout, OPEN, [store])
    monkeypatch.undo()
    assert read_head(StoredLog(mine.documents), OPEN).checkpoint.size == 300
    assert reconcile(mine.layout, OPEN, [store]).size == 900


def test_notes_that_entries_name_go_with_the_log_and_are_never_replaced(tmp_path: Path) -> None:
    told = {hashlib.sha256(text).hexdigest(): text for text in (b"one", b"two", b"three")}
    erased, kept, third = told
    log, store = Log(tmp_path, 300), bucket()
    other = Logbook(key=KEY)
    other.entries = history(300)
    for digest in told:
        other.append(Act.NOTE, {"sha256": digest, "subject": "recording"})
    log.put(other.entries)
    names = {digest: f"notes/{digest[:2]}/{digest}" for digest in told}
    log.documents.write_documents([Document(names[d], told[d]) for d in (kept, third)])
    store.write_documents([Document(names[third], b"written before")])
    mirror_log(log.documents, store, OPEN, name="bucket")
    found = {digest: store.read_document(names[digest]) for digest in told}
    assert found == {erased: None, kept: told[kept], third: b"written before"}


def test_a_sealed_object_names_its_header() -> None:
    digest = "cd" * 32
    fields = {"act": "ingest", "object": {"sha256": digest, "sealed_sha256": "ef" * 32}}
    entry = replace(parse(history(1)[0]), act="ingest", fields=fields)
    assert list(named_documents(entry)) == [f"seals/cd/{digest}"]
