"""A log of any length, laid out quickly: the life of a bureau's station, docking after docking.

One docking of :func:`tests.histories.bureau` is built by the writer's own functions. Its entries
are the moulds of all that follow: what differs from docking to docking (numbers, links, times,
identities, digests) is cast into the places that it has in them. Tiles, bundles and checkpoint
are made by the program's own code; only the fsync of each file is left out, for one at the end.
"""

import hashlib
import os
from collections.abc import Iterator
from itertools import count, islice
from pathlib import Path

from hashing.checkpoint import Checkpoint
from hashing.edge import TileEdge
from hashing.entry import Act, Entry, format_time, leaf_hash
from hashing.keyring import first_key_body
from hashing.note import SigningKey, sign
from hashing.tiles import TILE_WIDTH, encode_bundle, entries_path, tile_path
from tests.histories import (
    FILES_PER_DOCKING,
    RECORDERS,
    SECOND_US,
    START_US,
    Happening,
    bureau,
    chained,
    hex_of,
    recording_id,
)

_DOCKING_US = 60 * SECOND_US


def write_long_log(directory: Path, key: SigningKey, size: int) -> None:
    """Write a log, signed once, and wait until the disk has it.

    Args:
        directory: The log's folder; made here.
        key: Its key.
        size: How many entries it gets.
    """
    edge = TileEdge()
    life = islice(long_life(key), size)
    bundles = iter(lambda: list(islice(life, TILE_WIDTH)), [])
    for index, bundle in enumerate(bundles):
        for _, leaf in bundle:
            edge.append(leaf)
        data = encode_bundle([raw for raw, _ in bundle])
        _write(directory / entries_path(index, len(bundle)), data)
    for tile in edge.take_tiles():
        _write(directory / tile_path(tile.level, tile.index, tile.width), tile.data)
    body = Checkpoint(key.name, edge.size, edge.root()).body()
    _write(directory / "checkpoint", sign(body, [key]))
    os.sync()


def _write(path: Path, data: bytes) -> None:
    try:
        path.write_bytes(data)
    except FileNotFoundError:
        path.parent.mkdir(parents=True)
        path.write_bytes(data)


def long_life(key: SigningKey) -> Iterator[tuple[bytes, bytes]]:
    """Entries without end, each with its leaf hash."""
    first, start, *docking = _pattern(key)
    yield first.raw, first.leaf
    yield start.raw, start.leaf
    moulds = [_mould(entry, docking) for entry in docking]
    seq, prev = start.seq + 1, start.leaf.hex().encode()
    for number in count(1):
        cast = _identities(number)
        for place, mould in enumerate(moulds):
            time_us = START_US + number * _DOCKING_US + place * SECOND_US
            cast |= {b"seq": b"%d" % seq, b"prev": prev, b"time": format_time(time_us).encode()}
            raw = mould % cast
            leaf = leaf_hash(raw)
            yield raw, leaf
            seq, prev = seq + 1, leaf.hex().encode()


def _pattern(key: SigningKey) -> list[Entry]:
    """Entry 0, ``start``, and the entries of one docking with all its files."""
    first = Happening(START_US, Act.KEY, first_key_body(key))
    return list(chained([first, *bureau(FILES_PER_DOCKING)]))


def _mould(entry: Entry, docking: list[Entry]) -> bytes:
    """An entry whose values that differ between dockings are places with a name."""
    dock, identify = docking[0].fields, docking[1].fields
    places = {
        f'"seq":{entry.seq},': '"seq":%(seq)b,',
        f'"mono_ms":{entry.seq},': '"mono_ms":%(seq)b,',
        f'"prev":"{entry.prev}"': '"prev":"%(prev)b"',
        f'"time":"{entry.fields["time"]}"': '"time":"%(time)b"',
        dock["docking"]: "%(docking)b",
        identify["recorder"]: "%(recorder)b",
    }
    ingests = (each.fields for each in docking if each.act == Act.INGEST)
    for number, fields in enumerate(ingests):
        places |= {
            fields["recording"]: f"%(recording{number})b",
            fields["sample"]: f"%(sample{number})b",
            fields["object"]["sha256"]: f"%(sha256{number})b",
            fields["object"]["sm3"]: f"%(sm3{number})b",
        }
    text = entry.raw.decode().replace("%", "%%")
    for value, place in places.items():
        text = text.replace(value, place)
    return text.encode()


def _identities(number: int) -> dict[bytes, bytes]:
    """What is of one docking alone, by the name of its place."""
    recorder = f"ZFY-{number % RECORDERS:04}"
    cast = {"docking": hex_of("docking", number, length=32), "recorder": recorder}
    for file in range(FILES_PER_DOCKING):
        sha256 = hashlib.sha256(b"object %d %d" % (number, file)).hexdigest()
        more = hashlib.sha512(sha256.encode()).hexdigest()
        cast |= {
            f"sha256{file}": sha256,
            f"recording{file}": recording_id(recorder, sha256),
            f"sample{file}": more[:64],
            f"sm3{file}": more[64:],
        }
    return {name.encode(): value.encode() for name, value in cast.items()}
