"""The objects that a log names, as an audit pack lists them, and the sample an auditor draws.

Both follow from the entries alone, so that whoever has the log makes them again.

* ``objects.tsv`` is UTF-8: a heading line, then a line for each object in the order in which the
  log first names them, fields parted by tabs: ``sha256``, ``sm3`` or ``-``, ``size_bytes``,
  ``seq`` of the entry that stored it, and the ids of its recordings in the order of the log,
  parted by commas.
* The sample: all objects ranked by SHA-256(seed in UTF-8 ‖ 00 ‖ ``sha256`` as 64 hex), ascending;
  the first N are it. Whoever chooses the seed after the log stands cannot be prepared for.
"""

import hashlib
import heapq
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final

from hashing.digest import ObjectDigests
from hashing.entry import Act, Entry
from hashing.errors import EvidenceError

HEADING: Final = "sha256\tsm3\tsize_bytes\tseq\trecordings\n"


@dataclass(slots=True)
class ListedObject:
    """An object of the log.

    Attributes:
        digests: Its digests and size.
        seq: The entry that stored it.
        recordings: Its recordings, in the order of the log.
    """

    digests: ObjectDigests
    seq: int
    recordings: list[str] = field(default_factory=list)

    def line(self) -> str:
        """Its line of ``objects.tsv``."""
        digests = self.digests
        sm3 = digests.sm3.hex if digests.sm3 else "-"
        cells = (digests.sha256.hex, sm3, str(digests.size_bytes), str(self.seq))
        return "\t".join((*cells, ",".join(self.recordings))) + "\n"


class ObjectList:
    """The objects, gathered entry by entry."""

    def __init__(self) -> None:
        self._objects: dict[str, ListedObject] = {}

    def on_entry(self, entry: Entry) -> None:
        """See the next entry; one that names no object well is passed over."""
        is_ingest = entry.act == Act.INGEST
        if not is_ingest and not (
            entry.act == Act.SIGHTING and entry.fields.get("new_recording") is True
        ):
            return
        try:
            digests = ObjectDigests.from_body(entry.fields["object"])
        except (EvidenceError, KeyError, TypeError, AttributeError):
            return
        if is_ingest:
            self._objects.setdefault(digests.sha256.hex, ListedObject(digests, entry.seq))
        listed = self._objects.get(digests.sha256.hex)
        recording = str(entry.fields.get("recording"))
        if listed is not None and recording not in listed.recordings:
            listed.recordings.append(recording)

    def __len__(self) -> int:
        return len(self._objects)

    def __getitem__(self, sha256: str) -> ListedObject:
        return self._objects[sha256]

    def render(self) -> Iterator[bytes]:
        """The bytes of ``objects.tsv``, line by line."""
        yield HEADING.encode()
        for listed in self._objects.values():
            yield listed.line().encode("utf-8", "replace")

    def sample(self, seed: str, count: int) -> list[str]:
        """The SHA-256 of the objects that a seed draws, in the order of their rank."""
        salt = seed.encode("utf-8", "surrogatepass") + b"\0"
        return heapq.nsmallest(
            count, self._objects, key=lambda each: hashlib.sha256(salt + each.encode()).digest()
        )
