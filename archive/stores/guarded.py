"""A further store behind processes of its own: it may hang there, and nobody else does.

A call to a share that hangs in the kernel cannot be interrupted in a thread. So every call is
made by a worker process (:mod:`archive.stores.worker`), and its caller waits for a sign of
life no longer than the deadline; then the worker is killed and the caller is told
StoreUnavailable. Rules:

* A deadline is a silence: a long copy that goes on is never cut off.
* After a worker was killed or died, calls are refused at once for a while that doubles from
  failure to failure, so that a dead share costs one deadline and not one per call.
* A store that answers that it is away (not mounted) costs nobody anything.
* A few workers serve a store at once; idle ones but one are let go.
* Nothing waits for a killed worker to end: a process stuck in the kernel may take for ever.
"""

import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from typing import Final

from archive.errors import ReadBackMismatch, StorageError, StoreUnavailable
from archive.stores.card import StoreCard
from archive.stores.interface import (
    Document,
    ObjectMissing,
    Readable,
    Removal,
    StoredObject,
    StoreFull,
)
from archive.stores.opening import StoreSpec
from archive.stores.processes import Workers
from archive.stores.wire import Channel, Message
from archive.streams.buffers import BUFFER_BYTES
from hashing.digest import Algorithm, Digest, ObjectDigests
from hashing.errors import EvidenceError

LISTED: Final = 1000
DOCUMENTS_AT_ONCE: Final = 16
DATA_AT_ONCE_BYTES: Final = 32 << 20

_ERRORS: Final[Mapping[str, type[StorageError]]] = {
    kind.code: kind for kind in (StoreUnavailable, StoreFull, ObjectMissing, ReadBackMismatch)
}


class GuardedStore:
    """A further store whose calls end in time. Threads may share it; close it at the end.

    Args:
        spec: The store.
        deadline_s: The longest silence before it counts as away, in seconds.
        clock: Seconds that only go forward.
    """

    def __init__(
        self, spec: StoreSpec, deadline_s: float, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self.name = spec.name
        self._workers = Workers(spec, deadline_s, clock)

    def card(self) -> StoreCard:
        """The store's signed identity, read now."""
        fields = self._ask("card", {}).fields
        card = StoreCard(fields["store"], fields["origin"], fields["created"])
        # Workers come and go: whoever comes later must find the same store.
        self._workers.spec = replace(self._workers.spec, store=card.store)
        return card

    def put(self, staged: Readable, digests: ObjectDigests) -> bool:
        """Take an object; the worker stages it in the store and reads it back."""
        return bool(self._call("put", {"object": digests.as_body()}, staged=staged).fields["new"])

    @contextmanager
    def open_object(self, digest: Digest) -> Iterator[Readable]:
        """Open an object for reading at any offset; no worker is held between reads.

        Raises:
            ObjectMissing: There is none.
        """
        found = self.stat(digest)
        if found is None:
            raise ObjectMissing(f"no object {digest} in the store {self.name}")
        yield _Guarded(self, found)

    def read(self, digest: Digest, buffer: memoryview, offset: int) -> int:
        """Fill ``buffer`` from an object's ``offset``; short only at the object's end."""
        filled = 0
        while filled < len(buffer):
            rest = buffer[filled : filled + BUFFER_BYTES]
            span = {"sha256": digest.hex, "offset": offset + filled, "length": len(rest)}
            data = self._call("read", span, into=rest).data
            filled += len(data)
            if len(data) < len(rest):
                break
        return filled

    def stat(self, digest: Digest) -> StoredObject | None:
        """What is known of an object, or None where there is none."""
        size_bytes = self._call("stat", {"sha256": digest.hex}).fields["size_bytes"]
        return None if size_bytes is None else StoredObject(digest, size_bytes)

    def list_objects(self, after: Digest | None = None) -> Iterator[StoredObject]:
        """All objects, sorted by digest; those behind ``after`` where it is given."""
        behind = after.hex if after is not None else None
        while page := self._call("list", {"after": behind, "limit": LISTED}).fields["objects"]:
            yield from (StoredObject(Digest.sha256(name), size) for name, size in page)
            behind = page[-1][0]

    def scrub(self, digest: Digest, algorithms: Iterable[Algorithm]) -> ObjectDigests:
        """Read an object whole and tell the digests it really has; the worker hashes."""
        names = [algorithm.value for algorithm in algorithms]
        answer = self._call("scrub", {"sha256": digest.hex, "algorithms": names})
        return ObjectDigests.from_body(answer.fields["object"])

    def set_aside(self, digest: Digest) -> str:
        """Take an object out of the store's objects without losing its bytes."""
        return str(self._call("set_aside", {"sha256": digest.hex}).fields["kept_as"])

    def destroy(self, removal: Removal) -> bool:
        """Remove an object for a recorded reason; whether it was there."""
        ground = {"sha256": removal.digest.hex, "ground": removal.ground.value}
        return bool(self._call("destroy", ground).fields["present"])

    def read_document(self, name: str) -> bytes | None:
        """A document's bytes, or None where there is none."""
        answer = self._call("read_document", {"name": name})
        return bytes(answer.data) if answer.fields["found"] else None

    def write_documents(self, documents: Sequence[Document]) -> None:
        """Put documents in place of older ones, all durable when the call returns."""
        for group in _in_groups(documents):
            lengths = [[document.name, len(document.data)] for document in group]
            data = b"".join(document.data for document in group)
            self._call("write_documents", {"documents": lengths}, data=data)

    def remove_documents(self, names: Sequence[str]) -> None:
        """Remove documents; what is not there is fine."""
        self._call("remove_documents", {"names": list(names)})

    def tidy(self) -> int:
        """Forget what interrupted puts left, and say how many there were."""
        return int(self._call("tidy", {}).fields["left"])

    def close(self) -> None:
        """End the workers. A later call starts one again."""
        self._workers.close()

    def _call(
        self,
        call: str,
        fields: Mapping[str, object],
        *,
        data: bytes = b"",
        staged: Readable | None = None,
        into: memoryview | None = None,
    ) -> Message:
        """Have a worker do something with the store that was seen first.

        Args:
            call: What to do.
            fields: With what.
            data: Bytes that go with the call.
            staged: The object that the worker may ask for.
            into: Where the answer's bytes go if they fit.
        """
        if self._workers.spec.store is None:
            self.card()
        return self._ask(call, fields, data, staged, into)

    def _ask(
        self,
        call: str,
        fields: Mapping[str, object],
        data: bytes = b"",
        staged: Readable | None = None,
        into: memoryview | None = None,
    ) -> Message:
        failure: EvidenceError | None = None
        with self._workers.one() as channel:
            channel.send({"call": call, **fields}, data)
            while True:
                answer = channel.receive(into)
                kind = answer.fields["reply"]
                if kind == "want" and staged is not None:
                    failure = _serve(channel, staged, answer) or failure
                elif kind != "alive":
                    break
        if failure is not None:
            raise failure
        if kind == "failed":
            code, detail = answer.fields["code"], answer.fields["detail"]
            raise _ERRORS.get(code, StorageError)(detail)
        return answer


class _Guarded:
    """An object of a guarded store, open for reading."""

    def __init__(self, store: GuardedStore, found: StoredObject) -> None:
        self._store = store
        self._digest = found.digest
        self.size_bytes = found.size_bytes

    def read_into(self, buffer: memoryview, offset: int) -> int:
        """Fill ``buffer`` from ``offset``; the number of bytes read, short only at the end."""
        return self._store.read(self._digest, buffer, offset)


def _serve(channel: Channel, staged: Readable, wanted: Message) -> EvidenceError | None:
    """Give the worker the bytes it asks for; the error of the source, if it has failed."""
    buffer = memoryview(bytearray(wanted.fields["length"]))
    try:
        length = staged.read_into(buffer, wanted.fields["offset"])
    except EvidenceError as error:
        channel.send({"failed": True})
        return error
    channel.send({}, buffer[:length])
    return None


def _in_groups(documents: Sequence[Document]) -> Iterator[list[Document]]:
    """Few enough at once that each call ends in time."""
    group: list[Document] = []
    size_bytes = 0
    for document in documents:
        full = len(group) == DOCUMENTS_AT_ONCE
        if group and (full or size_bytes + len(document.data) > DATA_AT_ONCE_BYTES):
            yield group
            group, size_bytes = [], 0
        group.append(document)
        size_bytes += len(document.data)
    if group:
        yield group
