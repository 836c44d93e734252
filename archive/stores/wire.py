"""Messages between the station and a store's process, over a socket pair.

A message is two big-endian 32-bit lengths, a canonical JSON object (:mod:`hashing.canonical`)
of the first length, and raw bytes of the second. Nothing that is received is ever executed.
"""

import socket
import struct
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from archive.errors import StorageError
from hashing.canonical import decode, encode

MAX_FIELDS_BYTES: Final = 1 << 20
MAX_DATA_BYTES: Final = 64 << 20
_LENGTHS: Final = struct.Struct(">II")


class ChannelBroken(StorageError):  # noqa: N818 - named for the state
    """The other side ended, or did not answer in time."""

    code = "CHANNEL_BROKEN"


@dataclass(frozen=True, slots=True)
class Message:
    """What was received. ``data`` is only good until the next message."""

    fields: dict[str, Any]
    data: memoryview


class Channel:
    """One end of the pair. One thread at a time.

    Args:
        end: The socket.
        deadline_s: How long the other side may be silent, in seconds; None for ever.
    """

    def __init__(self, end: socket.socket, deadline_s: float | None = None) -> None:
        self._end = end
        self._end.settimeout(deadline_s)

    def send(self, fields: Mapping[str, object], data: memoryview | bytes = b"") -> None:
        """Send a message.

        Raises:
            ChannelBroken: The other side does not take it.
        """
        text = encode(fields)
        try:
            self._end.sendall(_LENGTHS.pack(len(text), len(data)) + text)
            self._end.sendall(data)
        except OSError as error:
            raise _broken(error) from error

    def receive(self, into: memoryview | None = None) -> Message:
        """The next message.

        Args:
            into: Where its data goes if it fits.

        Raises:
            ChannelBroken: None comes, or it is not a message.
        """
        text_bytes, data_bytes = _LENGTHS.unpack(self._exactly(_LENGTHS.size))
        if text_bytes > MAX_FIELDS_BYTES or data_bytes > MAX_DATA_BYTES:
            raise ChannelBroken("received something that is no message")
        fields = decode(bytes(self._exactly(text_bytes)))
        return Message(fields, self._exactly(data_bytes, into))

    def _exactly(self, length: int, into: memoryview | None = None) -> memoryview:
        fits = into is not None and len(into) >= length
        view = into[:length] if into is not None and fits else memoryview(bytearray(length))
        filled = 0
        while filled < length:
            try:
                count = self._end.recv_into(view[filled:])
            except OSError as error:
                raise _broken(error) from error
            if not count:
                raise ChannelBroken("the other side ended")
            filled += count
        return view

    def close(self) -> None:
        """Hang up."""
        self._end.close()


def _broken(error: OSError) -> ChannelBroken:
    late = isinstance(error, TimeoutError)
    return ChannelBroken("no answer in time" if late else f"the other side ended: {error}")
