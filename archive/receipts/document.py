"""A docking's receipt, from its entries: pure.

What the receipt says of a file is what the log said when the docking ended; a file that the log
had not spoken of by then was left on the recorder, and is counted among ``failed``.
"""

import hashlib
from collections.abc import Iterable, Mapping
from typing import Any, Final

from hashing import canonical
from hashing.acts import BodyMismatch
from hashing.entry import Act, Entry

KIND: Final = "receipt"
VERSION: Final = 1

_BALANCE: Final = ("found", "new", "known", "failed", "skipped", "bytes", "state", "interrupted")


def receipt_of(entries: Iterable[Entry]) -> dict[str, Any]:
    """The receipt of a docking that ended.

    Args:
        entries: Those of the docking from ``dock`` to ``undock``, in the order of the log.

    Raises:
        BodyMismatch: They are not the entries of one docking that ended, or do not hold what
            their acts promise.
    """
    told = list(entries)
    acts = {entry.act: entry for entry in told}
    try:
        dock, undock = acts[Act.DOCK], acts[Act.UNDOCK]
        return {
            "v": VERSION,
            "kind": KIND,
            "station": dock.station,
            **_docked(dock, acts.get(Act.IDENTIFY)),
            "undocked": undock.fields["time"],
            "clock": undock.clock,
            **{name: undock.fields[name] for name in _BALANCE},
            "recorder": undock.fields["recorder"],
            "files": [file for entry in told if (file := _file(entry)) is not None],
        }
    except KeyError as error:
        raise BodyMismatch(f"the entries of the docking lack {error}") from error


def digest_of(receipt: Mapping[str, Any]) -> str:
    """SHA-256 of a receipt's canonical form, in hexadecimal.

    Raises:
        NotCanonical: It holds something that no receipt holds.
    """
    return hashlib.sha256(canonical.encode(receipt)).hexdigest()


def _docked(dock: Entry, identify: Entry | None) -> dict[str, Any]:
    known = identify.fields if identify is not None else {}
    return {
        "docking": dock.fields["docking"],
        "slot": dock.fields["slot"],
        "timezone": dock.fields["timezone"],
        "docked": dock.fields["time"],
        "officer": known.get("officer"),
        "officer_source": known.get("officer_source", "none"),
    }


def _file(entry: Entry) -> dict[str, Any] | None:
    """What a receipt says of the file that an entry is about, if it is about one."""
    body = entry.fields
    path: dict[str, Any] = {name: body[name] for name in ("path", "path_b64") if name in body}
    if entry.act in {Act.INGEST, Act.SIGHTING}:
        new = entry.act == Act.INGEST or body["new_recording"]
        return {
            **path,
            "result": "new" if new else "known",
            "seq": entry.seq,
            "recording": body["recording"],
            "complete": body["complete"],
            **body["object"],
        }
    if entry.act == Act.QUARANTINE:
        return {**path, "result": "failed", "seq": entry.seq, "reason": body["reason"]}
    return None
