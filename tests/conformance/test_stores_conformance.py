"""Every store passes the suite, and the suite fails those that lie."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import closing
from pathlib import Path

import pytest

from archive.layout import Layout
from archive.stores.card import StoreCard
from archive.stores.conformance import check_further_store, check_store
from archive.stores.directory import DirectoryStore
from archive.stores.guarded import GuardedStore
from archive.stores.interface import Document, Readable, Removal, StoredObject
from archive.stores.landing import LandingStore
from archive.stores.opening import directory_spec
from archive.stores.share import register
from archive.streams.buffers import BufferPool
from hashing.digest import Algorithm, Digest, ObjectDigests
from hashing.note import SigningKey
from tests.object_storage import Bucket, ObjectStorage

CARD = StoreCard("bucket/00000000", "org/station/00000000", "2026-01-01T00:00:00.000000Z")


@pytest.fixture
def share(tmp_path: Path) -> tuple[Path, SigningKey]:
    """A folder that is a further store."""
    key = SigningKey.generate_origin("org/station")
    folder = tmp_path / "share"
    folder.mkdir()
    register(folder, "nas", key)
    return folder, key


def test_the_landing_store_conforms(tmp_path: Path) -> None:
    layout = Layout(tmp_path)
    for directory in layout.directories():
        directory.mkdir()
    pool = BufferPool()
    check_store(lambda: LandingStore(layout, pool))
    assert not list(layout.staging.iterdir())


def test_the_directory_store_conforms(share: tuple[Path, SigningKey]) -> None:
    folder, key = share
    check_further_store(lambda: DirectoryStore(folder, "nas", [key.verifier]))
    assert not list((folder / "staging").iterdir())


def test_the_guarded_store_conforms(share: tuple[Path, SigningKey]) -> None:
    folder, key = share
    with closing(GuardedStore(directory_spec("nas", folder, [key.verifier]), 60.0)) as store:
        check_further_store(lambda: store)
    assert not list((folder / "staging").iterdir())


def test_a_store_without_rename_conforms() -> None:
    bucket = Bucket()
    check_further_store(lambda: ObjectStorage(bucket, CARD))


class Overwriting(ObjectStorage):
    def put(self, staged: Readable, digests: ObjectDigests) -> bool:
        self._bucket.keys.pop(f"objects/{digests.sha256.hex}", None)
        return super().put(staged, digests)


class Unread(ObjectStorage):
    def put(self, staged: Readable, digests: ObjectDigests) -> bool:
        data = bytearray(staged.size_bytes)
        staged.read_into(memoryview(data), 0)
        new = self.stat(digests.sha256) is None
        self._bucket.keys.setdefault(f"objects/{digests.sha256.hex}", bytes(data))
        return new


class Unsorted(ObjectStorage):
    def list_objects(self, after: Digest | None = None) -> Iterator[StoredObject]:
        return iter(list(super().list_objects(after))[::-1])


class Hopeful(ObjectStorage):
    def scrub(self, digest: Digest, algorithms: Iterable[Algorithm]) -> ObjectDigests:
        return ObjectDigests(digest, None, len(self._bytes(digest)))


class Losing(ObjectStorage):
    def set_aside(self, digest: Digest) -> str:
        super().set_aside(digest)
        return "aside"


class Keeping(ObjectStorage):
    def destroy(self, removal: Removal) -> bool:
        return self.stat(removal.digest) is not None


class Forgetful(ObjectStorage):
    def __init__(self, _bucket: Bucket, card: StoreCard) -> None:
        super().__init__(Bucket(), card)


class FirstWins(ObjectStorage):
    def write_documents(self, documents: Sequence[Document]) -> None:
        for document in documents:
            if self.read_document(document.name) is None:
                super().write_documents([document])


@pytest.mark.parametrize(
    ("kind", "check"),
    [
        (Overwriting, 3),
        (Unread, 4),
        (Unsorted, 7),
        (Hopeful, 8),
        (Losing, 10),
        (Keeping, 11),
        (Forgetful, 13),
        (FirstWins, 15),
    ],
)
def test_the_suite_fails_a_store_that(
    kind: Callable[[Bucket, StoreCard], ObjectStorage], check: int
) -> None:
    bucket = Bucket()
    with pytest.raises(AssertionError, match=rf"^check {check}:"):
        check_further_store(lambda: kind(bucket, CARD))
