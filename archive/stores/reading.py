"""Reading whole objects, the same for every store."""

from collections.abc import Callable, Iterable

from archive.stores.interface import Readable
from archive.streams.buffers import BufferPool
from hashing.digest import Algorithm, MultiDigest, ObjectDigests

Progress = Callable[[int], None]
"""Told the number of bytes handled since the last call."""


def unwatched(_: int) -> None:
    """The progress of a caller who does not want to know."""


def digest_of(
    stored: Readable,
    algorithms: Iterable[Algorithm],
    pool: BufferPool,
    progress: Progress = unwatched,
) -> ObjectDigests:
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
            progress(length)
            if length < len(buffer) and offset >= stored.size_bytes:
                break
    return digest.finish()
