"""What every store offers. :mod:`archive.stores.conformance` says what that means, in checks.

A :class:`Store` holds objects. A :class:`FurtherStore` lies elsewhere, may be away, and also
holds documents: the small files of the mirrored log, seals and notes.
"""

from collections.abc import Iterable, Iterator, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol

from archive.errors import StorageError
from archive.stores.card import StoreCard
from hashing.digest import Algorithm, Digest, ObjectDigests
from hashing.errors import Bilingual


class ObjectMissing(StorageError):  # noqa: N818 - named for the state
    """The store has no object of that digest."""

    code = "OBJECT_MISSING"
    exit_code = 59


class StoreFull(StorageError):  # noqa: N818 - named for the state
    """A further store has no room for more."""

    code = "STORE_FULL"
    meaning = Bilingual(
        zh="该附加存储不再接收副本；采集不受影响，本地副本完好保留。",
        en="That store takes no more copies; intake goes on and the local copies stay.",
    )
    action = Bilingual(zh="为该存储增加空间。", en="Give that store more room.")


class RemovalGround(StrEnum):
    """Why bytes may leave a store. There is no other reason."""

    EVICTED = "evicted"
    """A further store holds a copy that was read back and logged."""


@dataclass(frozen=True, slots=True)
class Removal:
    """The record that allows a store to remove one object."""

    digest: Digest
    ground: RemovalGround


class Readable(Protocol):
    """Bytes that can be read at any offset, by one thread at a time."""

    @property
    def size_bytes(self) -> int:
        """How many bytes there are."""

    def read_into(self, buffer: memoryview, offset: int) -> int:
        """Fill ``buffer`` from ``offset``; the number of bytes read, short only at the end."""


@dataclass(frozen=True, slots=True)
class StoredObject:
    """What a store knows of an object without reading it."""

    digest: Digest
    size_bytes: int


@dataclass(frozen=True, slots=True)
class Document:
    """A small file of a store. Names are as in an archive: ``log/checkpoint``, ``notes/…``."""

    name: str
    data: bytes


class Store(Protocol):
    """A place for objects, named by their SHA-256. Calls may come from several threads."""

    @property
    def name(self) -> str:
        """The store's name in configuration."""

    def put(self, staged: Readable, digests: ObjectDigests) -> bool:
        """Take an object; when the call returns it is durable and was read back.

        Create-only and idempotent: an object that is there already is left as it is, unread.

        Returns:
            Whether the object was new to the store.

        Raises:
            ReadBackMismatch: The stored bytes do not have ``digests``; nothing is visible.
            StorageError: The store refused; nothing half-written is visible.
        """

    def open_object(self, digest: Digest) -> AbstractContextManager[Readable]:
        """Open an object for reading at any offset.

        Raises:
            ObjectMissing: There is none.
        """

    def stat(self, digest: Digest) -> StoredObject | None:
        """What is known of an object, or None where there is none."""

    def list_objects(self, after: Digest | None = None) -> Iterator[StoredObject]:
        """All objects, sorted by digest; those behind ``after`` where it is given."""

    def scrub(self, digest: Digest, algorithms: Iterable[Algorithm]) -> ObjectDigests:
        """Read an object whole and tell the digests it really has.

        Raises:
            ObjectMissing: There is none.
            StorageError: It cannot be read.
        """

    def set_aside(self, digest: Digest) -> str:
        """Take an object out of the store's objects without losing its bytes.

        Returns:
            The name under which the store keeps it for inspection.

        Raises:
            ObjectMissing: There is none.
        """

    def destroy(self, removal: Removal) -> bool:
        """Remove an object for a recorded reason; whether it was there."""


class Documents(Protocol):
    """Small named files. Each is seen, and found after a crash, as it was or whole."""

    def read_document(self, name: str) -> bytes | None:
        """A document's bytes, or None where there is none."""

    def write_documents(self, documents: Sequence[Document]) -> None:
        """Put documents in place of older ones, all durable when the call returns.

        In which order they change is not said: what refers to others is written after them.
        """

    def remove_documents(self, names: Sequence[str]) -> None:
        """Remove documents; what is not there is fine. Removal is not promised to be durable."""


class FurtherStore(Store, Documents, Protocol):
    """A store elsewhere, which may be away: every call may raise StoreUnavailable."""

    def card(self) -> StoreCard:
        """The store's signed identity, read now.

        Raises:
            StoreUnavailable: It is away, has none, or is not the one it was before.
        """

    def tidy(self) -> int:
        """Forget what interrupted puts left, and say how many there were.

        Only for the archive's one writer, before its first put.
        """

    def close(self) -> None:
        """Let go of what the store holds open. A later call may open it again."""
