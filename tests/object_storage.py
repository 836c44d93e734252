"""A store that is no file system: keys with bytes, uploads in parts, no rename and no sync."""

import hashlib
import os
import threading
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field

from archive.errors import ReadBackMismatch, StorageError
from archive.stores.card import StoreCard
from archive.stores.conformance import Bytes
from archive.stores.interface import Document, ObjectMissing, Readable, Removal, StoredObject
from archive.stores.reading import digest_of
from archive.streams.buffers import BUFFER_BYTES, BufferPool
from hashing.digest import Algorithm, Digest, ObjectDigests


@dataclass
class Bucket:
    """What the service holds: complete keys, and uploads that nobody sees."""

    keys: dict[str, bytes] = field(default_factory=dict)
    uploads: dict[str, list[bytes]] = field(default_factory=dict)
    lock: threading.Lock = field(default_factory=threading.Lock)


class ObjectStorage:
    """A further store in a bucket."""

    def __init__(self, bucket: Bucket, card: StoreCard, name: str = "bucket") -> None:
        self.name = name
        self._bucket = bucket
        self._card = card
        self._pool = BufferPool(2 * BUFFER_BYTES)

    def card(self) -> StoreCard:
        return self._card

    def put(self, staged: Readable, digests: ObjectDigests) -> bool:
        key = f"objects/{digests.sha256.hex}"
        if key in self._bucket.keys:
            return False
        upload = os.urandom(8).hex()
        parts = self._bucket.uploads[upload] = []
        try:
            with self._pool.borrowed() as buffer:
                for offset in range(0, staged.size_bytes, len(buffer)):
                    parts.append(bytes(buffer[: staged.read_into(buffer, offset)]))
            data = b"".join(parts)
            if hashlib.sha256(data).hexdigest() != digests.sha256.hex:
                raise ReadBackMismatch(f"{key}: the service received other bytes")
            with self._bucket.lock:  # a conditional put, as such services offer it
                return self._bucket.keys.setdefault(key, data) is data
        finally:
            del self._bucket.uploads[upload]

    @contextmanager
    def open_object(self, digest: Digest) -> Iterator[Readable]:
        yield Bytes(self._bytes(digest))

    def stat(self, digest: Digest) -> StoredObject | None:
        data = self._bucket.keys.get(f"objects/{digest.hex}")
        return None if data is None else StoredObject(digest, len(data))

    def list_objects(self, after: Digest | None = None) -> Iterator[StoredObject]:
        behind = f"objects/{after.hex}" if after is not None else ""
        for key in sorted(self._bucket.keys):
            if key.startswith("objects/") and key > behind:
                digest = Digest.sha256(key.removeprefix("objects/"))
                yield StoredObject(digest, len(self._bucket.keys[key]))

    def scrub(self, digest: Digest, algorithms: Iterable[Algorithm]) -> ObjectDigests:
        return digest_of(Bytes(self._bytes(digest)), algorithms, self._pool)

    def set_aside(self, digest: Digest) -> str:
        name = f"{digest.hex}.{os.urandom(4).hex()}"
        self._bucket.keys[f"quarantine/{name}"] = self._bytes(digest)
        del self._bucket.keys[f"objects/{digest.hex}"]
        return name

    def destroy(self, removal: Removal) -> bool:
        return self._bucket.keys.pop(f"objects/{removal.digest.hex}", None) is not None

    def read_document(self, name: str) -> bytes | None:
        return self._bucket.keys.get(_key(name))

    def write_documents(self, documents: Sequence[Document]) -> None:
        self._bucket.keys.update({_key(each.name): each.data for each in documents})

    def remove_documents(self, names: Sequence[str]) -> None:
        for name in names:
            self._bucket.keys.pop(_key(name), None)

    def tidy(self) -> int:
        left = len(self._bucket.uploads)
        self._bucket.uploads.clear()
        return left

    def close(self) -> None:
        pass

    def _bytes(self, digest: Digest) -> bytes:
        try:
            return self._bucket.keys[f"objects/{digest.hex}"]
        except KeyError:
            raise ObjectMissing(f"no object {digest}") from None


def _key(name: str) -> str:
    if not all(part and part.isprintable() and part != ".." for part in name.split("/")):
        raise StorageError(f"not a document's name: {name!r}")
    return f"documents/{name}"
