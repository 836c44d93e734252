"""Reading whole objects, the same for every store."""

from collections.abc import Iterable

from archive.stores.interface import Readable
from archive.streams.buffers import BUFFER_BYTES, BufferPool
from hashing.digest import HEX_LENGTH, Algorithm, MultiDigest, ObjectDigests

_HEX = frozenset("0123456789abcdef")


def digest_of(stored: Readable, algorithms: Iterable[Algorithm], pool: BufferPool) -> ObjectDigests:
    """The digests of an object's bytes, read once.

    Raises:
        StorageError: The store does not give the bytes.
    """
    digest = MultiDigest(algorithms)
    with pool.borrowed() as buffer:
        offset = 0
        while length := stored.read_into(buffer, offset):
            digest.update(buffer[:length])
            offset += length
            if length < BUFFER_BYTES and offset >= stored.size_bytes:
                break
    return digest.finish()


def is_object_name(folder: str, name: str) -> bool:
    """Whether ``<folder>/<name>`` has the form of an object's place."""
    return len(name) == HEX_LENGTH and name.startswith(folder) and _HEX.issuperset(name)
