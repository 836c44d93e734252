"""The bytes of a laid-out recording: a real clip, made unlike every other, whole or damaged.

Every recording ends in an ISO BMFF ``free`` box (ISO/IEC 14496-12 §8.1.2) that names the
recorder and the recording. Players skip it; digests differ. A damaged recording carries it
where its bytes break off, which is inside what its ``mdat`` claims to hold.
"""

import os
import struct
from collections.abc import Iterator
from dataclasses import dataclass

from drivers.simulator.plan import LastSegment

_CHUNK_BYTES = 1 << 20
_SIZE_64 = 1
_TO_THE_END = 0
_HEADER_BYTES = 8


@dataclass(frozen=True, slots=True)
class Box:
    """A top-level box of an ISO base media file."""

    kind: bytes
    offset: int
    size_bytes: int


def boxes(clip: str) -> list[Box]:
    """The top-level boxes of a clip, as far as its bytes follow the form."""
    found, offset, length = [], 0, os.path.getsize(clip)
    with open(clip, "rb") as file:
        while offset + _HEADER_BYTES <= length:
            file.seek(offset)
            size, kind = struct.unpack(">I4s", file.read(_HEADER_BYTES))
            if size == _SIZE_64:
                (size,) = struct.unpack(">Q", file.read(8).rjust(8, b"\0"))
            elif size == _TO_THE_END:
                size = length - offset
            if size < _HEADER_BYTES:
                break
            found.append(Box(kind, offset, min(size, length - offset)))
            offset += size
    return found


def content(clip: str, serial: str, ending: LastSegment = LastSegment.WHOLE) -> Iterator[bytes]:
    """The bytes of one recording, piece by piece.

    Args:
        clip: Path of the clip it is made from.
        serial: What makes it unlike every other.
        ending: How it ends.

    Raises:
        ValueError: A clip without an index cannot lose it.
    """
    length = os.path.getsize(clip)
    match ending:
        case LastSegment.WHOLE:
            yield from _span(clip, 0, length)
            yield stamp(serial)
        case LastSegment.CUT:
            yield from _span(clip, 0, length * 2 // 3)
            yield stamp(serial)
        case LastSegment.NO_MOOV:
            yield from _without_moov(clip)
            yield stamp(serial)
        case LastSegment.ZERO_TAIL:
            yield from _span(clip, 0, length // 2)
            yield stamp(serial)
            yield bytes(length - length // 2)


def stamp(serial: str) -> bytes:
    """A ``free`` box that holds a serial."""
    payload = serial.encode()
    return struct.pack(">I4s", _HEADER_BYTES + len(payload), b"free") + payload


def _without_moov(clip: str) -> Iterator[bytes]:
    found = boxes(clip)
    if not any(box.kind == b"moov" for box in found):
        raise ValueError(f"{clip} has no moov box")
    for box in found:
        if box.kind != b"moov":
            yield from _span(clip, box.offset, box.size_bytes)


def _span(clip: str, offset: int, length: int) -> Iterator[bytes]:
    with open(clip, "rb") as file:
        file.seek(offset)
        while length > 0 and (piece := file.read(min(length, _CHUNK_BYTES))):
            length -= len(piece)
            yield piece
