"""From a log entry to the changes it means for the catalog: pure.

* A projection depends on entries alone. The one thing an entry needs from an earlier one is
  the zone of its docking, which :class:`Projection` remembers or asks for.
* An act without a handler here changes nothing; the catalog only counts it.
* The first occurrence of a recording makes it, whether the entry is an ``ingest`` or a
  ``sighting``; later occurrences can raise its importance and complete it, no more.
"""

import hashlib
from collections.abc import Callable, Iterator, Mapping
from typing import Any, Final

import orjson

from archive.catalog.operations import Operation, Row, Verb, of_docking, of_recording
from archive.catalog.times import recorded_at
from hashing.acts import BodyMismatch
from hashing.entry import Act, Entry, parse_time
from hashing.paths import path_bytes

Body = Mapping[str, Any]

RECORDING: Final = "recording"
OBJECT: Final = "object"
DOCKING: Final = "docking"

STAMP: Final = "stamp"
"""The kind of an anchor that is an authority's token."""
PAPER: Final = "paper"
"""The kind of an anchor that is a printed page: the station's word until the page is shown."""

WITNESS: Final = "witness"
"""The kind of an anchor that is a witness's cosignature."""
STATION: Final = "station"
SETTINGS: Final = "settings"
"""The subject of the one kind of event that is about the station itself."""

READ_WHOLE: Final = "content"
"""The proof of an ``ingest``, which says none because there is no other."""

_ZONES_KEPT: Final = 4096


def path_key(path: bytes) -> int:
    """A 63-bit number for a path, to look it up by; equal numbers do not prove equal paths."""
    return int.from_bytes(hashlib.sha256(path).digest()[:8], "big") >> 1


class Projection:
    """Turns entries into changes. Used by one thread at a time.

    Args:
        zone_of: Tells the zone of a docking whose ``dock`` was projected earlier and whose
            changes have been carried out; None for one that never was.
    """

    def __init__(self, zone_of: Callable[[str], str | None]) -> None:
        self._zone_of = zone_of
        self._zones: dict[str, str | None] = {}

    def operations(self, entry: Entry) -> list[Operation]:
        """The changes that an entry means, to be carried out in this order.

        Raises:
            BodyMismatch: The entry does not hold what its act promises.
        """
        handler = _HANDLERS.get(entry.act)
        if handler is None:
            return []
        try:
            return list(handler(entry, self))
        except (KeyError, TypeError, ValueError, AttributeError) as error:
            raise BodyMismatch(
                f"entry {entry.seq} ({entry.act}) cannot be read: {error!r}"
            ) from error

    def carried_out(self) -> None:
        """Everything returned so far has been carried out: what was remembered may go."""
        if len(self._zones) > _ZONES_KEPT:
            self._zones.clear()

    def remember_zone(self, docking: str, zone: str) -> None:
        """A docking begins; its digits are read in this zone, unless it began before."""
        if self.zone(docking) is None:
            self._zones[docking] = zone

    def zone(self, docking: str) -> str | None:
        """The zone of a docking."""
        if docking not in self._zones:
            self._zones[docking] = self._zone_of(docking)
        return self._zones[docking]


def _event(entry: Entry, kind: str, subject: str, *fields: str) -> Operation:
    """What the entry means for one subject, with those of its fields that a reader wants."""
    body = entry.fields
    return Operation(
        Verb.EVENT,
        {
            "kind": kind,
            "subject": subject,
            "seq": entry.seq,
            "time_us": entry.time_us,
            "act": entry.act,
            "actor": entry.actor,
            "docking": body.get("docking"),
            "summary": _json({name: body[name] for name in fields if name in body}),
        },
    )


def _json(value: object) -> str:
    return orjson.dumps(value, option=orjson.OPT_SORT_KEYS).decode()


def _config(entry: Entry, _: Projection) -> Iterator[Operation]:
    yield _event(entry, STATION, SETTINGS, "sha256", "rules")


def _dock(entry: Entry, projection: Projection) -> Iterator[Operation]:
    body = entry.fields
    projection.remember_zone(body["docking"], body["timezone"])
    names = ("slot", "driver", "source", "timezone")
    row = {name: body[name] for name in ("docking", *names)}
    yield Operation(Verb.DOCK, row | {"seq": entry.seq, "docked_us": entry.time_us})
    yield _event(entry, DOCKING, body["docking"], *names)


def _identify(entry: Entry, _: Projection) -> Iterator[Operation]:
    body = entry.fields
    names = ("recorder", "basis", "officer", "officer_source")
    row = {name: body[name] for name in names}
    yield Operation(Verb.IDENTIFY, of_docking(body["docking"]) | row)
    yield _event(entry, DOCKING, body["docking"], *names)


def _clock_read(entry: Entry, _: Projection) -> Iterator[Operation]:
    body = entry.fields
    row = {
        "clock_offset_ms": body["offset_ms"],
        "clock_uncertainty_ms": body["uncertainty_ms"],
    }
    yield Operation(Verb.CLOCK_READ, of_docking(body["docking"]) | row)
    names = ("device_local", "offset_ms", "uncertainty_ms", "method")
    yield _event(entry, DOCKING, body["docking"], *names)


def _inventory(entry: Entry, _: Projection) -> Iterator[Operation]:
    body = entry.fields
    row = {f"listed_{name}": body[name] for name in ("batch", "parts", "found")}
    yield Operation(Verb.INVENTORY, of_docking(body["docking"]) | row)
    yield _event(entry, DOCKING, body["docking"], "part", "parts", "found")


def _occurrence(entry: Entry, projection: Projection) -> Iterator[Operation]:
    """The three rows of a file on a recorder: its bytes, its recording, this time it was seen."""
    body, name = entry.fields, entry.fields["name"]
    thing = _object_columns(body)
    important = name is not None and name["important"]
    yield Operation(Verb.OBJECT, thing | {"seq": entry.seq})
    yield Operation(Verb.RECORDING, thing | _recording_columns(entry, projection, important))
    unreadable = body.get("unreadable")
    row = {
        "seq": entry.seq,
        "time_us": entry.time_us,
        "act": entry.act,
        "actor": entry.actor,
        "docking": body["docking"],
        "recorder": body["recorder"],
        "path": body["path"],
        "path_b64": body.get("path_b64"),
        "path_key": path_key(path_bytes(body)),
        "size_bytes": thing["size_bytes"],
        "mtime_us": body["mtime_us"],
        "mtime_zone": body["mtime_zone"],
        "sample": body["sample"],
        "complete": body["complete"],
        "important": important,
        "proof": body.get("proof", READ_WHOLE),
        "unreadable": None if unreadable is None else _json(unreadable),
        "changed": body.get("changed", False),
        "recovered": body.get("recovered", False),
    }
    yield Operation(Verb.OCCURRENCE, of_recording(body["recording"]) | row)


def _object_columns(body: Body) -> Row:
    thing = body["object"]
    return {
        "sha256": thing["sha256"],
        "sm3": thing.get("sm3"),
        "size_bytes": thing["size_bytes"],
        "complete": body["complete"],
    }


def _recording_columns(entry: Entry, projection: Projection, important: bool) -> Row:
    """What the first occurrence of a recording says of it, beside its object."""
    body, name = entry.fields, entry.fields["name"]
    recorded_at_us, source = recorded_at(body, projection.zone(body["docking"]))
    return {
        "seq": entry.seq,
        "id": body["recording"],
        "original_name": body["path"].rpartition("/")[2],
        "path": body["path"],
        "path_b64": body.get("path_b64"),
        "recorder": body["recorder"],
        "officer": body["officer"],
        "docking": body["docking"],
        "recorded_at_us": recorded_at_us,
        "recorded_at_source": source.value,
        "collected_at_us": entry.time_us,
        "media": None if name is None else name["media"],
        "counter": None if name is None else name["counter"],
        "important": important,
        "name_parsed": name is not None,
    }


def _quarantine(entry: Entry, _: Projection) -> Iterator[Operation]:
    body = entry.fields
    kept = body.get("object", {})
    yield Operation(
        Verb.QUARANTINE,
        {
            "seq": entry.seq,
            "time_us": entry.time_us,
            "docking": body["docking"],
            "recorder": body["recorder"],
            "path": body["path"],
            "path_b64": body.get("path_b64"),
            "reason": body["reason"],
            "detail": body["detail"],
            "sha256": kept.get("sha256"),
            "size_bytes": kept.get("size_bytes"),
            "kept_as": body.get("kept_as"),
        },
    )


def _undock(entry: Entry, _: Projection) -> Iterator[Operation]:
    body = entry.fields
    names = ("state", "interrupted", "found", "new", "known", "failed")
    row = {name: body[name] for name in names} | {
        "undocked_us": entry.time_us,
        "skipped": _json(body["skipped"]),
        "size_bytes": body["bytes"],
    }
    yield Operation(Verb.UNDOCK, of_docking(body["docking"]) | row)
    yield _event(entry, DOCKING, body["docking"], "skipped", "bytes", *names)


def _receipt(entry: Entry, _: Projection) -> Iterator[Operation]:
    yield _event(entry, DOCKING, entry.fields["docking"], "officer", "sha256", "files")


def _import(entry: Entry, _: Projection) -> Iterator[Operation]:
    body = entry.fields
    row = {"custodian": body["custodian"]}
    yield Operation(Verb.IMPORT, of_docking(body["docking"]) | row)
    yield _event(entry, DOCKING, body["docking"], "source", "custodian", "manifest_sha256")


def _recover(entry: Entry, _: Projection) -> Iterator[Operation]:
    for docking in dict.fromkeys(entry.fields["truncated_dockings"]):
        row = {"truncated_us": entry.time_us}
        yield Operation(Verb.TRUNCATED, of_docking(docking) | row)
        yield _event(entry, DOCKING, docking, "completed", "discarded", "quarantined")


def _replicate(entry: Entry, _: Projection) -> Iterator[Operation]:
    body = entry.fields
    sha256 = body["object"]["sha256"]
    yield Operation(
        Verb.REPLICA,
        {
            "sha256": sha256,
            "store": body["store"],
            "present": body["operation"] == "copy",
            "seq": entry.seq,
            "time_us": entry.time_us,
        },
    )
    yield _event(entry, OBJECT, sha256, "store", "operation")


def _fixity(entry: Entry, _: Projection) -> Iterator[Operation]:
    body = entry.fields
    if "through" in body:
        row = {name: body[name] for name in ("store", "after", "through", "objects")} | {
            "seq": entry.seq,
            "time_us": entry.time_us,
            "began_us": parse_time(body["began"]),
            "size_bytes": body["bytes"],
            "failures": len(body["failures"]),
        }
        yield Operation(Verb.FIXITY, row)
    for sha256 in dict.fromkeys(body["failures"]):
        yield _event(entry, OBJECT, sha256, "scope", "store")


def _view(entry: Entry, _: Projection) -> Iterator[Operation]:
    yield _event(entry, RECORDING, entry.fields["recording"], "purpose")


def _export(entry: Entry, _: Projection) -> Iterator[Operation]:
    body = entry.fields
    for recording in dict.fromkeys(body["recordings"]):
        yield _event(entry, RECORDING, recording, "kind", "purpose", "approval")
    if body["kind"] == "page":
        yield _anchor(entry, PAPER, body["purpose"], entry.time_us)


def _stamp(entry: Entry, _: Projection) -> Iterator[Operation]:
    body = entry.fields
    row = {name: body[name] for name in ("size", "root", "token_sha256")} | {
        "seq": entry.seq,
        "kind": STAMP,
        "name": body["authority"],
        "time_us": parse_time(body["gen_time"]),
        "renews": body.get("renews"),
    }
    yield Operation(Verb.ANCHOR, row)


def _witness(entry: Entry, _: Projection) -> Iterator[Operation]:
    body = entry.fields
    yield _anchor(entry, WITNESS, body["witness"], parse_time(body["cosigned_time"]))


def _anchor(entry: Entry, kind: str, name: str, time_us: int) -> Operation:
    """Somebody outside holds a checkpoint; there is no token of it."""
    row = {column: entry.fields[column] for column in ("size", "root")} | {
        "seq": entry.seq,
        "kind": kind,
        "name": name,
        "time_us": time_us,
        "token_sha256": None,
        "renews": None,
    }
    return Operation(Verb.ANCHOR, row)


_HANDLERS: Final[Mapping[str, Callable[[Entry, Projection], Iterator[Operation]]]] = {
    Act.CONFIG: _config,
    Act.DOCK: _dock,
    Act.IDENTIFY: _identify,
    Act.CLOCK_READ: _clock_read,
    Act.INVENTORY: _inventory,
    Act.INGEST: _occurrence,
    Act.SIGHTING: _occurrence,
    Act.QUARANTINE: _quarantine,
    Act.UNDOCK: _undock,
    Act.RECEIPT: _receipt,
    Act.IMPORT: _import,
    Act.RECOVER: _recover,
    Act.REPLICATE: _replicate,
    Act.FIXITY: _fixity,
    Act.VIEW: _view,
    Act.EXPORT: _export,
    Act.STAMP: _stamp,
    Act.WITNESS: _witness,
}
