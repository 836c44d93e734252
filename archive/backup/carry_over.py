"""Objects of a lost log, taken in again under the log that succeeds it.

The new log vouches only for what it has seen itself: that these bytes lay in the archive and
have this digest. What they are (recorder, name, times, officer) it repeats from what could be
read of the lost log, and says so: each docking of the lost log becomes an import from it.

* An object is read whole; only one that has its digests is taken in, as ``ingest``, and each
  later occurrence as a ``sighting``.
* An entry that is not of its act's form was changed, and is passed over.
* An object that is missing or has other bytes gets a ``quarantine`` entry instead.
* What no readable entry speaks of is not touched here; the next start sets it aside.
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Any, Final

from archive.errors import StorageError
from archive.log.writer import STATION_ACTOR, Draft
from archive.stores.interface import Store
from hashing.acts import validate
from hashing.digest import Algorithm, ObjectDigests
from hashing.entry import Act, Entry
from hashing.errors import IntegrityError
from hashing.recording import recording_id

DRIVER: Final = "succession"
CUSTODIAN: Final = "station"
_OCCURRENCE: Final = frozenset(
    {
        "recorder", "officer", "object", "complete", "path", "path_b64", "mtime_us", "mtime_zone",
        "sample", "name",
    }
)  # fmt: skip
_READ: Final = frozenset({Act.DOCK, Act.INGEST, Act.SIGHTING})
_WHOLE_READ: Final = frozenset({"unreadable", "changed"})


@dataclass(slots=True)
class CarriedOver:
    """What became of a lost log's objects.

    Attributes:
        recordings: Recordings the new log has.
        objects: Objects it vouches for.
        failed: Occurrences whose object is missing or damaged.
    """

    recordings: int = 0
    objects: int = 0
    failed: int = 0


@dataclass(slots=True)
class _Docking:
    recorder: str
    new: int = 0
    known: int = 0
    failed: int = 0
    bytes: int = 0


class CarryOver:
    """Makes the entries of one succession; used once.

    Args:
        store: The landing store.
        origin: The lost log's origin.
        manifest_sha256: Digest of its newest checkpoint, where it could be read.
        progress: Called with 1 for each occurrence.
    """

    def __init__(
        self,
        store: Store,
        origin: str,
        manifest_sha256: str | None,
        progress: Callable[[int], None],
    ) -> None:
        self._store = store
        self._origin = origin
        self._manifest = manifest_sha256
        self._progress = progress
        self._timezones: dict[str, str] = {}
        self._dockings: dict[str, _Docking] = {}
        self._intact: dict[str, bool] = {}
        self._recordings: set[str] = set()
        self.made = CarriedOver()

    def drafts(self, lost: Iterable[Entry]) -> Iterator[Draft]:
        """The new log's entries, as the lost log's go by."""
        for entry in lost:
            if entry.act in _READ and _is_well_formed(entry):
                if entry.act == Act.DOCK:
                    self._timezones[entry.fields["docking"]] = entry.fields["timezone"]
                else:
                    yield from self._occurrence(entry.fields)
                    self._progress(1)
        for name, docking in self._dockings.items():
            yield _draft(Act.UNDOCK, _undock_body(name, docking))

    def _occurrence(self, fields: dict[str, Any]) -> Iterator[Draft]:
        digests = ObjectDigests.from_body(fields["object"])
        name = fields["docking"]
        if name not in self._dockings:
            self._dockings[name] = _Docking(fields["recorder"])
            yield from self._begin(name)
        docking = self._dockings[name]
        known = digests.sha256.hex in self._intact
        if self._is_intact(digests):
            yield self._taken(fields, docking, digests, known=known)
            return
        docking.failed += 1
        self.made.failed += 1
        yield _draft(Act.QUARANTINE, _quarantine_body(fields))

    def _begin(self, name: str) -> Iterator[Draft]:
        yield _draft(
            Act.DOCK,
            {
                "docking": name,
                "slot": None,
                "driver": DRIVER,
                "source": self._origin,
                "timezone": self._timezones.get(name, "UTC"),
            },
        )
        body = {"docking": name, "source": self._origin, "custodian": CUSTODIAN}
        if self._manifest is not None:
            body["manifest_sha256"] = self._manifest
        yield _draft(Act.IMPORT, body)

    def _taken(
        self, fields: dict[str, Any], docking: _Docking, digests: ObjectDigests, *, known: bool
    ) -> Draft:
        recording = recording_id(fields["recorder"], digests.sha256.hex)
        new_recording = recording not in self._recordings
        self._recordings.add(recording)
        body = {key: fields[key] for key in _OCCURRENCE & fields.keys()}
        body |= {"docking": fields["docking"], "recording": recording}
        docking.new += new_recording
        docking.known += not new_recording
        docking.bytes += digests.size_bytes
        self.made.recordings += new_recording
        self.made.objects += not known
        if known:
            proof = {"proof": fields.get("proof", "content"), "new_recording": new_recording}
            return _draft(Act.SIGHTING, body | proof)
        return _draft(Act.INGEST, body | {key: fields[key] for key in _WHOLE_READ & fields.keys()})

    def _is_intact(self, digests: ObjectDigests) -> bool:
        """Whether the store has these bytes; each object is read once."""
        name = digests.sha256.hex
        if name not in self._intact:
            algorithms = [Algorithm.SM3] if digests.sm3 is not None else []
            try:
                self._intact[name] = self._store.scrub(digests.sha256, algorithms) == digests
            except StorageError:
                self._intact[name] = False
        return self._intact[name]


def _is_well_formed(entry: Entry) -> bool:
    try:
        validate(Act(entry.act), entry.body)
    except IntegrityError:
        return False
    return True


def _undock_body(name: str, docking: _Docking) -> dict[str, object]:
    return {
        "docking": name,
        "recorder": docking.recorder,
        "found": docking.new + docking.known + docking.failed,
        "new": docking.new,
        "known": docking.known,
        "failed": docking.failed,
        "skipped": {},
        "bytes": docking.bytes,
        "state": "removable_incomplete" if docking.failed else "safe_to_remove",
        "interrupted": False,
    }


def _quarantine_body(fields: dict[str, Any]) -> dict[str, object]:
    kept = ("docking", "recorder", "path", "path_b64", "object")
    return {
        **{key: fields[key] for key in kept if key in fields},
        "reason": "object_lost",
        "detail": "the lost log names an object whose bytes are missing or are others",
    }


def _draft(act: Act, body: dict[str, Any]) -> Draft:
    return Draft(act, body, STATION_ACTOR)
