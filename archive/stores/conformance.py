"""What every store must do, as checks that any test can run against any store.

The checks stand on the interface alone. The test says how to open the store; it is called
several times and must open the same one, which is empty at first.

Numbered as in the failures they raise:

1. it has a name; while empty it lists nothing and knows no object
2. an object that is put is new, has its size, is listed, and gives back its bytes
3. putting it again is not new and changes nothing, whatever the staged bytes are by then
4. bytes that do not have their digests are refused, and nothing of them is visible
5. when the source fails its own error comes through, and nothing is visible
6. a read at any offset gives the bytes from there, into the caller's buffer only, short only
   at the end, and nothing at or beyond it
7. a listing has each object once, sorted, and begins behind a given digest
8. a scrub tells the digests and the size that the bytes have
9. an object that is not there is missing to those who open, scrub or set it aside
10. an object set aside is not an object of the store any more, and can be put anew
11. an object is destroyed for a record, once, and no other with it
12. threads may put the same and different objects at once
13. a store opened anew has what was put

Of further stores, which hold documents too:

14. a document that is not there is None
15. documents are read as they were last written, empty and large ones too
16. documents that were removed are not there; removing what is not there is fine
17. a name that leads out of the store is refused
18. the store knows its card, tidying harms nothing, closing twice does no harm
"""

import hashlib
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Final

from archive.errors import ReadBackMismatch, StorageError
from archive.stores.interface import (
    Document,
    FurtherStore,
    ObjectMissing,
    Removal,
    RemovalGround,
    Store,
    StoredObject,
)
from archive.streams.buffers import BUFFER_BYTES
from hashing.digest import Algorithm, MultiDigest, ObjectDigests, sha256_of

SIZES_BYTES: Final = (0, 1, 4095, 4096, BUFFER_BYTES - 1, BUFFER_BYTES, 2 * BUFFER_BYTES + 5)
BUNDLE_BYTES: Final = 256 * 65537
"""The largest document there is: a bundle of the longest entries."""
THREADS: Final = 4
MISSING: Final = sha256_of(b"never put")
_CANARY: Final = 0xA5


class Bytes:
    """Bytes in memory that can be put into a store.

    Args:
        data: The bytes.
        error: Raised when a byte behind the first buffer, or any of a shorter one, is read.
    """

    def __init__(self, data: bytes, error: StorageError | None = None) -> None:
        self._data = data
        self._error = error
        self.size_bytes = len(data)

    def read_into(self, buffer: memoryview, offset: int) -> int:
        """Fill ``buffer`` from ``offset``; the number of bytes read, short only at the end."""
        if self._error is not None and offset + len(buffer) >= self.size_bytes:
            raise self._error
        part = self._data[offset : offset + len(buffer)]
        buffer[: len(part)] = part
        return len(part)


def sample(seed: int, size_bytes: int) -> tuple[bytes, ObjectDigests]:
    """Bytes that are the same for the same seed, and their digests."""
    data = hashlib.shake_128(str(seed).encode()).digest(size_bytes)
    digest = MultiDigest(Algorithm)
    digest.update(data)
    return data, digest.finish()


def check_store(open_store: Callable[[], Store]) -> None:
    """Run checks 1 to 13.

    Raises:
        AssertionError: A check failed; its number and what was found stand in the message.
    """
    store = open_store()
    _require(1, bool(store.name), "it has no name")
    _require(1, not list(store.list_objects()), "a new store lists objects")
    _require(1, store.stat(MISSING) is None, "a new store knows an object")
    samples = [sample(size, size) for size in SIZES_BYTES]
    for data, digests in samples:
        _check_put(store, data, digests)
        _check_reads(store, data, digests)
    everything = [digests for _, digests in samples]
    _check_listing(store, everything)
    _check_refused(store)
    _check_missing(store)
    _check_removal(store, samples[3])
    _check_threads(store)
    _check_listing(store, everything)
    _check_listing(open_store(), everything, 13)


def check_further_store(open_store: Callable[[], FurtherStore]) -> None:
    """Run every check.

    Raises:
        AssertionError: A check failed; its number and what was found stand in the message.
    """
    check_store(open_store)
    store = open_store()
    _check_documents(store)
    _check_names(store)
    objects = list(store.list_objects())
    card = store.card()
    _require(18, bool(card.store and card.origin), f"its card says nothing: {card}")
    store.tidy()
    _require(18, store.tidy() == 0, "it is untidy after tidying")
    _require(18, list(store.list_objects()) == objects, "tidying changed its objects")
    store.close()
    store.close()
    _require(18, open_store().card() == card, "opened again it has another card")


def _check_put(store: Store, data: bytes, digests: ObjectDigests) -> None:
    digest = digests.sha256
    _require(2, store.put(Bytes(data), digests), f"{len(data)} bytes were not new")
    _require(2, store.stat(digest) == StoredObject(digest, len(data)), "it has another size")
    other = Bytes(bytes(len(data)))
    _require(3, not store.put(other, digests), "it was new a second time")
    with store.open_object(digest) as stored:
        buffer = memoryview(bytearray(len(data) + 1))
        length = stored.read_into(buffer, 0)
        _require(2, stored.size_bytes == len(data), "opened, it has another size")
    _require(3, bytes(buffer[:length]) == data, "other bytes came back")
    _require(8, store.scrub(digest, Algorithm) == digests, "a scrub finds other digests")
    found = store.scrub(digest, ())
    _require(8, (found.sha256, found.sm3) == (digest, None), "a scrub makes digests unasked")


def _check_reads(store: Store, data: bytes, digests: ObjectDigests) -> None:
    size = len(data)
    spans = [(0, 1), (size // 2, 7), (max(size - 1, 0), 1), (max(size - 3, 0), 9)]
    spans += [(size, 4), (size + 1000, 4), (1, BUFFER_BYTES + 3)]
    with store.open_object(digests.sha256) as stored:
        for offset, length in spans:
            whole = memoryview(bytearray([_CANARY]) * (length + 2))
            count = stored.read_into(whole[1:-1], offset)
            expected = data[offset : offset + length]
            _require(6, bytes(whole[1 : 1 + count]) == expected, f"read {offset}+{length}: {count}")
            _require(6, whole[0] == whole[-1] == _CANARY, "it wrote beside the buffer")


def _check_listing(store: Store, expected: Iterable[ObjectDigests], number: int = 7) -> None:
    wanted = sorted(
        (StoredObject(digests.sha256, digests.size_bytes) for digests in expected),
        key=lambda each: each.digest.hex,
    )
    _require(number, list(store.list_objects()) == wanted, "it lists other objects")
    for place, each in enumerate(wanted):
        behind = list(store.list_objects(each.digest))
        _require(number, behind == wanted[place + 1 :], "it lists others behind an object")
    behind = [each for each in wanted if each.digest.hex > MISSING.hex]
    _require(number, list(store.list_objects(MISSING)) == behind, "it begins in a wrong place")


def _check_refused(store: Store) -> None:
    """Bytes that are not theirs, and a source that fails half way."""
    before = list(store.list_objects())
    for size_bytes in (10, 2 * BUFFER_BYTES):
        data, digests = sample(-size_bytes, size_bytes)
        _expect(4, ReadBackMismatch, partial(store.put, Bytes(bytes(size_bytes)), digests))
        failing = Bytes(data, StorageError("the source failed, as the check wants it"))
        error = _expect(5, StorageError, partial(store.put, failing, digests))
        _require(5, "as the check wants it" in str(error), f"another error came through: {error}")
        _require(5, store.stat(digests.sha256) is None, "half an object is visible")
    _require(4, list(store.list_objects()) == before, "something refused is listed")


def _check_missing(store: Store) -> None:
    def opened() -> None:
        with store.open_object(MISSING):
            pass

    _expect(9, ObjectMissing, opened)
    _expect(9, ObjectMissing, lambda: store.scrub(MISSING, ()))
    _expect(9, ObjectMissing, lambda: store.set_aside(MISSING))
    _require(9, store.stat(MISSING) is None, "it knows what it has not")
    removal = Removal(MISSING, RemovalGround.EVICTED)
    _require(11, not store.destroy(removal), "it destroyed what it has not")


def _check_removal(store: Store, one: tuple[bytes, ObjectDigests]) -> None:
    data, digests = one
    before = list(store.list_objects())
    without = [each for each in before if each.digest != digests.sha256]
    kept_as = {store.set_aside(digests.sha256)}
    _require(10, list(store.list_objects()) == without, "what was set aside is listed")
    _require(10, store.stat(digests.sha256) is None, "what was set aside is an object")
    _require(10, store.put(Bytes(data), digests), "what was set aside is not new")
    kept_as.add(store.set_aside(digests.sha256))
    _require(10, len(kept_as) == 2, "what is set aside twice has one name")  # noqa: PLR2004
    store.put(Bytes(data), digests)
    removal = Removal(digests.sha256, RemovalGround.EVICTED)
    _require(11, store.destroy(removal), "it did not destroy an object")
    _require(11, list(store.list_objects()) == without, "it destroyed something else")
    _require(11, not store.destroy(removal), "it destroyed an object twice")
    store.put(Bytes(data), digests)
    _require(11, list(store.list_objects()) == before, "what was destroyed cannot be put")


def _check_threads(store: Store) -> None:
    shared, own = sample(1000, 100_000), [sample(2000 + n, 70_000) for n in range(THREADS)]

    def work(number: int) -> bool:
        store.put(Bytes(own[number][0]), own[number][1])
        return store.put(Bytes(shared[0]), shared[1])

    with ThreadPoolExecutor(THREADS) as pool:
        new = list(pool.map(work, range(THREADS)))
    _require(12, any(new), "none of several threads put a new object")
    for _, digests in (shared, *own):
        found = store.scrub(digests.sha256, Algorithm)
        _require(12, found == digests, "threads spoilt each other's bytes")
        store.destroy(Removal(digests.sha256, RemovalGround.EVICTED))


def _check_documents(store: FurtherStore) -> None:
    name = "log/tile/entries/x001/067.p/12"
    _require(14, store.read_document(name) is None, "a document is there before it was written")
    many = [Document(f"notes/ab/{n:04}", str(n).encode()) for n in range(40)]
    large = Document("log/tile/entries/000", sample(7, BUNDLE_BYTES)[0])
    store.write_documents([*many, Document(name, b""), large])
    store.write_documents([])
    for document in (*many, Document(name, b""), large):
        _require(15, store.read_document(document.name) == document.data, document.name)
    store.write_documents([Document(name, b"newer")])
    _require(15, store.read_document(name) == b"newer", "a document was not replaced")
    store.remove_documents([name, many[0].name, "notes/00/never"])
    _require(16, store.read_document(name) is None, "a removed document is there")
    _require(16, store.read_document(many[1].name) == b"1", "another document was removed")
    store.remove_documents([document.name for document in (*many, large)])


def _check_names(store: FurtherStore) -> None:
    for name in ("../out", "notes/../../out", "/etc/evidence", "", "notes//x", "notes/\0"):
        document = Document(name, b"")
        _expect(17, StorageError, partial(store.write_documents, [document]))
        _expect(17, StorageError, partial(store.read_document, name))
        _expect(17, StorageError, partial(store.remove_documents, [name]))


def _expect(number: int, kind: type[StorageError], call: Callable[[], object]) -> StorageError:
    try:
        call()
    except kind as error:
        return error
    except Exception as error:
        raise AssertionError(f"check {number}: {error!r} instead of {kind.__name__}") from error
    raise AssertionError(f"check {number}: no {kind.__name__}")


def _require(number: int, holds: bool, found: str) -> None:
    if not holds:
        raise AssertionError(f"check {number}: {found}")
