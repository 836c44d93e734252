"""What every store offers. ``archive.stores.conformance`` says what that means, in checks."""

from collections.abc import Iterable, Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol

from archive.errors import StorageError
from hashing.digest import Algorithm, Digest, ObjectDigests


class ObjectMissing(StorageError):  # noqa: N818 - named for the state
    """The store has no object of that digest."""

    code = "OBJECT_MISSING"
    exit_code = 59


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
        """Fill ``buffer`` from ``offset``; the number of bytes read, 0 at the end."""


@dataclass(frozen=True, slots=True)
class StoredObject:
    """What a store knows of an object without reading it."""

    digest: Digest
    size_bytes: int


class Store(Protocol):
    """A place for objects, named by their SHA-256. Calls may come from several threads."""

    @property
    def name(self) -> str:
        """The store's name in configuration and log."""

    def put(self, staged: Readable, digests: ObjectDigests) -> bool:
        """Take an object; when the call returns it is durable and was read back.

        Create-only and idempotent: an object that is there already is left as it is.

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

    def list_objects(self) -> Iterator[StoredObject]:
        """All objects, sorted by digest."""

    def scrub(self, digest: Digest, algorithms: Iterable[Algorithm]) -> ObjectDigests:
        """Read an object whole and tell the digests it really has.

        Raises:
            ObjectMissing: There is none.
            StorageError: It cannot be read.
        """

    def destroy(self, removal: Removal) -> bool:
        """Remove an object for a recorded reason; whether it was there."""
