"""A store's own process: does what it is told, one call at a time, until the socket closes.

Run by :mod:`archive.stores.guarded` as ``python -m archive.stores.worker`` with its end of the
socket pair as standard input. The first message says which store. Answers:

* ``{"reply": "done", …}`` ends a call; ``{"reply": "failed", "code", "detail"}`` too.
* ``{"reply": "alive"}`` says that longer work goes on.
* ``{"reply": "want", "offset", "length"}`` asks for bytes of the object being put; the other
  side answers ``{}`` with the bytes, or ``{"failed": true}``.
"""

import contextlib
import socket
from collections.abc import Callable, Mapping
from itertools import islice
from typing import Final

from archive.errors import StorageError
from archive.stores.interface import Document, FurtherStore, Removal, RemovalGround
from archive.stores.opening import StoreSpec, open_store
from archive.stores.wire import Channel, ChannelBroken, Message
from archive.streams.buffers import BUFFER_BYTES
from hashing.digest import Algorithm, Digest, ObjectDigests
from hashing.errors import EvidenceError

Answer = tuple[Mapping[str, object], memoryview | bytes]

_SOCKET: Final = 0


class _Remote:
    """The object being put, read through the socket."""

    def __init__(self, channel: Channel, size_bytes: int) -> None:
        self._channel = channel
        self.size_bytes = size_bytes

    def read_into(self, buffer: memoryview, offset: int) -> int:
        """Ask the other side for bytes."""
        self._channel.send({"reply": "want", "offset": offset, "length": len(buffer)})
        message = self._channel.receive(into=buffer)
        if message.fields:
            raise StorageError("the source failed")
        return len(message.data)


class Worker:
    """Serves one store on one channel.

    Args:
        channel: Where calls come from.
        store: The store.
    """

    def __init__(self, channel: Channel, store: FurtherStore) -> None:
        self._channel = channel
        self._store = store
        self._buffer = memoryview(bytearray(BUFFER_BYTES))
        self._calls: Mapping[str, Callable[[Message], Answer]] = {
            "card": self._card,
            "put": self._put,
            "stat": self._stat,
            "read": self._read,
            "list": self._list,
            "scrub": self._scrub,
            "set_aside": self._set_aside,
            "destroy": self._destroy,
            "read_document": self._read_document,
            "write_documents": self._write_documents,
            "remove_documents": self._remove_documents,
            "tidy": self._tidy,
        }

    def run(self) -> None:
        """Serve until the other side hangs up."""
        with contextlib.suppress(ChannelBroken):
            while True:
                self._serve(self._channel.receive())

    def _serve(self, call: Message) -> None:
        try:
            fields, data = self._calls[call.fields["call"]](call)
        except ChannelBroken:
            raise
        except EvidenceError as error:
            failed = {"reply": "failed", "code": error.code, "detail": error.detail}
            self._channel.send(failed)
        else:
            self._channel.send({**fields, "reply": "done"}, data)

    def _card(self, _: Message) -> Answer:
        card = self._store.card()
        return {"store": card.store, "origin": card.origin, "created": card.created}, b""

    def _put(self, call: Message) -> Answer:
        digests = ObjectDigests.from_body(call.fields["object"])
        return {"new": self._store.put(_Remote(self._channel, digests.size_bytes), digests)}, b""

    def _stat(self, call: Message) -> Answer:
        found = self._store.stat(_digest(call))
        return {"size_bytes": None if found is None else found.size_bytes}, b""

    def _read(self, call: Message) -> Answer:
        wanted = self._buffer[: call.fields["length"]]
        with self._store.open_object(_digest(call)) as stored:
            length = stored.read_into(wanted, call.fields["offset"])
        return {}, wanted[:length]

    def _list(self, call: Message) -> Answer:
        after = call.fields["after"]
        behind = Digest.sha256(after) if after is not None else None
        listed = islice(self._store.list_objects(behind), call.fields["limit"])
        return {"objects": [[found.digest.hex, found.size_bytes] for found in listed]}, b""

    def _scrub(self, call: Message) -> Answer:
        algorithms = [Algorithm(name) for name in call.fields["algorithms"]]
        return {"object": self._store.scrub(_digest(call), algorithms).as_body()}, b""

    def _set_aside(self, call: Message) -> Answer:
        return {"kept_as": self._store.set_aside(_digest(call))}, b""

    def _destroy(self, call: Message) -> Answer:
        removal = Removal(_digest(call), RemovalGround(call.fields["ground"]))
        return {"present": self._store.destroy(removal)}, b""

    def _read_document(self, call: Message) -> Answer:
        data = self._store.read_document(call.fields["name"])
        return {"found": data is not None}, data or b""

    def _write_documents(self, call: Message) -> Answer:
        documents, at = [], 0
        for name, length in call.fields["documents"]:
            documents.append(Document(name, bytes(call.data[at : at + length])))
            at += length
        self._store.write_documents(documents)
        return {}, b""

    def _remove_documents(self, call: Message) -> Answer:
        self._store.remove_documents(call.fields["names"])
        return {}, b""

    def _tidy(self, _: Message) -> Answer:
        return {"left": self._store.tidy()}, b""


def _digest(call: Message) -> Digest:
    return Digest.sha256(call.fields["sha256"])


def main() -> None:
    """Serve the store that the first message names."""
    channel = Channel(socket.socket(fileno=_SOCKET))
    spec = StoreSpec.from_fields(channel.receive().fields)
    store = open_store(spec, progress=lambda _: channel.send({"reply": "alive"}))
    Worker(channel, store).run()


if __name__ == "__main__":
    main()
