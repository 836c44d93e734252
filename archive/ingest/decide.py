"""What the staged bytes are: a new object, a new recording of known bytes, or a sighting.

Pure; the caller holds the claims on the digests concerned.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from archive.ingest.arrival import Docking, Outcome, Result, clamped_us
from archive.ingest.intents import Intended
from archive.ingest.stage import Staged
from archive.stores.landing import ReadyFile
from hashing.entry import Act
from hashing.recording import recording_id


@dataclass(frozen=True, slots=True)
class Decision:
    """What one staged file becomes.

    Attributes:
        intended: The entry to come.
        ready: The object to install, for new bytes.
        outcome: What the docking's balance counts.
    """

    intended: Intended
    ready: ReadyFile | None
    outcome: Outcome


def decide(
    docking: Docking,
    staged: Sequence[Staged],
    known_objects: Collection[str],
    known_recordings: Collection[str],
) -> list[Decision]:
    """Decide for a group, in order: an earlier file of the group counts as known.

    Args:
        docking: The docking the files came with.
        staged: The files.
        known_objects: Digests among theirs that the archive has.
        known_recordings: Recordings among theirs that the archive has.
    """
    objects, recordings = set(known_objects), set(known_recordings)
    decisions: list[Decision] = []
    for item in staged:
        sha256 = item.copied.digests.sha256.hex
        recording = recording_id(docking.recorder, sha256)
        new_object, new_recording = sha256 not in objects, recording not in recordings
        objects.add(sha256)
        recordings.add(recording)
        decisions.append(
            _decision(docking, item, recording, new_object=new_object, new_recording=new_recording)
        )
    return decisions


def _decision(
    docking: Docking, item: Staged, recording: str, *, new_object: bool, new_recording: bool
) -> Decision:
    body = occurrence_body(docking, item, recording)
    size = item.copied.digests.size_bytes
    result = Result.NEW if new_recording else Result.KNOWN
    outcome = Outcome(item.arrival, result, recording, size_bytes=size)
    if new_object:
        intended = Intended(Act.INGEST, body, item.path.name)
        return Decision(intended, ReadyFile(item.path, item.copied.digests), outcome)
    body |= {"proof": "content", "new_recording": new_recording}
    body.pop("unreadable", None)
    body.pop("changed", None)
    return Decision(Intended(Act.SIGHTING, body, item.path.name), None, outcome)


def occurrence_body(docking: Docking, item: Staged, recording: str) -> dict[str, object]:
    """The body that an ``ingest`` and a ``sighting`` by content share."""
    body: dict[str, object] = {
        "docking": docking.docking,
        "recording": recording,
        "recorder": docking.recorder,
        "object": item.copied.digests.as_body(),
        "complete": not item.copied.unreadable,
        **item.arrival.as_body(),
        "mtime_us": clamped_us(item.mtime_us),
        "sample": item.copied.sample,
    }
    if item.copied.unreadable:
        body["unreadable"] = [list(extent) for extent in item.copied.unreadable]
    if item.changed:
        body["changed"] = True
    return body
