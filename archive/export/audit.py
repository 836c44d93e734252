"""The audit pack: the whole log, what it lists, and a sample of the objects. No other footage.

The payload is the log's folder as of one checkpoint (``data/log``), the objects it names
(``data/objects.tsv``), the rule files in force (``data/rules``), and the bytes of those objects
that the auditor's seed draws (``data/objects``), laid out as in an archive: a verifier of
archives reads ``data/``.
"""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from itertools import chain
from typing import Any, Final

from archive.clock import now_us
from archive.export.anchors import CHECKPOINTS, RESPONSE, TIMESTAMPS, StoredAnchors
from archive.export.object_list import ObjectList
from archive.export.parts import Package, Part
from archive.export.proving import ProvenLog
from archive.export.readme import audit_readme
from archive.export.verifiers_inside import verifiers
from archive.log.reader import CHECKPOINT, LogFiles
from archive.replication.reader import ObjectReader
from hashing import canonical
from hashing.digest import Digest
from hashing.entry import format_time
from hashing.keyring import Keyring
from hashing.tiles import TILE_WIDTH, encode_bundle, entries_path, tile_path, tiles_of

KIND: Final = "audit_pack"
INDEX: Final = "proof/package.json"
OBJECTS: Final = "data/objects.tsv"
RULES: Final = "data/rules/"
LOG: Final = "data/log/"
CHUNK_BYTES: Final = 1 << 20

_NOT_INCLUDED: Final = (
    "objects outside of the sample",
    "texts of notes, the catalog, the configuration",
)
_NOT_LOGGED: Final = "an export entry for this pack: the archive could not be written"
_RULE_CHANGED: Final = "rule file {}: it is not the one in force any more"


MAX_SAMPLE: Final = 1 << 31
"""More objects than an archive has."""


@dataclass(frozen=True, slots=True)
class Sampling:
    """What the auditor chose.

    Attributes:
        seed: Any text.
        count: How many objects at most.
    """

    seed: str
    count: int


@dataclass(frozen=True, slots=True)
class Listing:
    """The objects of a log up to one checkpoint, and the sample.

    Attributes:
        objects: The objects.
        sample: The SHA-256 of those drawn, by rank.
        log: The log up to the checkpoint; what a station appends meanwhile is in neither.
    """

    objects: ObjectList
    sample: tuple[str, ...]
    log: ProvenLog

    @classmethod
    def of(cls, files: LogFiles, sampling: Sampling, before: "Listing | None" = None) -> "Listing":
        """Look through a log, or through what has come since ``before``."""
        objects = ObjectList() if before is None else before.objects
        log = ProvenLog(files)
        for entry in files.entries(0 if before is None else before.log.head.size, log.head.size):
            objects.on_entry(entry)
        return cls(objects, tuple(objects.sample(sampling.seed, sampling.count)), log)

    @property
    def recordings(self) -> list[str]:
        """The recordings whose bytes are in the sample."""
        found = chain.from_iterable(self.objects[sha256].recordings for sha256 in self.sample)
        return list(dict.fromkeys(found))

    @property
    def sample_bytes(self) -> int:
        """How many bytes the sample has."""
        return sum(self.objects[sha256].digests.size_bytes for sha256 in self.sample)


@dataclass(frozen=True, slots=True)
class AuditSource:
    """Where a pack comes from.

    Attributes:
        files: The log.
        objects: Gives originals, from whichever store has them.
        rules: The rule files in force, by the names that ``config`` entries give them.
        changed_rules: Names of rule files that have changed since they came into force.
        logged: Whether the log says that this pack leaves.
    """

    files: LogFiles
    objects: ObjectReader
    rules: Mapping[str, bytes] = field(default_factory=dict)
    changed_rules: Sequence[str] = ()
    logged: bool = True


def audit_pack(source: AuditSource, sampling: Sampling, listing: Listing) -> Package:
    """The pack.

    Args:
        source: Where everything comes from.
        sampling: What the auditor chose.
        listing: The objects of the log; the pack ends with the checkpoint that they end with.

    Raises:
        EvidenceError: The log cannot be read.
    """
    return _Audit(source, sampling, listing).package()


class _Audit:
    """One pack under way."""

    def __init__(self, source: AuditSource, sampling: Sampling, listing: Listing) -> None:
        self._source = source
        self._sampling = sampling
        self._listing = listing
        self._log = listing.log
        self._created = format_time(now_us())
        self._keyring = Keyring()
        for entry in self._log.key_entries():
            self._keyring.read(entry.seq, entry.fields)

    def package(self) -> Package:
        """Everything, the sample last."""
        head, listing = self._log.head, self._listing
        info = {
            "Source-Organization": head.origin,
            "Bagging-Date": self._created[:10],
            "Bag-Software-Agent": "evidence-daemon",
            "External-Description": "Audit pack: a station's log and a sample of its objects",
        }
        plan = {
            "entries": head.size,
            "objects": len(listing.objects),
            "sample": len(listing.sample),
            "bytes": listing.sample_bytes,
            "logged": self._source.logged,
        }
        return Package(plan, self._parts(), info)

    def _parts(self) -> Iterator[Part]:
        yield Part.of(INDEX, canonical.encode(self._index()))
        yield from self._readable()
        yield from self._log_parts()
        yield Part(OBJECTS, _gathered(self._listing.objects.render()))
        for name, data in sorted(self._source.rules.items()):
            yield Part.of(f"{RULES}{name}", data)
        for sha256 in self._listing.sample:
            digests = self._listing.objects[sha256].digests
            path = f"data/objects/{sha256[:2]}/{sha256}"
            yield Part(path, self._original(digests.sha256), digests)

    def _index(self) -> dict[str, Any]:
        left_out = [_RULE_CHANGED.format(name) for name in self._source.changed_rules]
        left_out += [] if self._source.logged else [_NOT_LOGGED]
        return {
            "v": 1,
            "kind": KIND,
            "created": self._created,
            "origin": self._log.head.origin,
            "vkey": str(self._keyring.first),
            "size": self._log.head.size,
            "objects": len(self._listing.objects),
            "sample": {
                "seed": self._sampling.seed,
                "count": self._sampling.count,
                "objects": list(self._listing.sample),
            },
            "not_included": [*_NOT_INCLUDED, *left_out],
        }

    def _readable(self) -> Iterator[Part]:
        files = verifiers()
        key = self._keyring.valid_at(self._log.head.size)
        assert key is not None
        yield Part.of("README.txt", audit_readme(self._log.head, key, files.keys()))
        for name, data in files.items():
            yield Part.of(name, data)

    def _log_parts(self) -> Iterator[Part]:
        """The log as of the checkpoint, whatever has been appended meanwhile."""
        files, size = self._source.files, self._log.head.size
        yield Part.of(f"{LOG}{CHECKPOINT}", self._log.note)
        for index in range(-(-size // TILE_WIDTH)):
            entries = files.raw_bundle(index, size)
            yield Part.of(f"{LOG}{entries_path(index, len(entries))}", encode_bundle(entries))
        for tile in tiles_of(size):
            data = files.stored_tile(tile.level, tile.index, tile.width)
            yield Part.of(f"{LOG}{tile_path(tile.level, tile.index, tile.width)}", data)
        stored = StoredAnchors(files.directory, size)
        for anchor in stored.all():
            yield Part.of(f"{LOG}{CHECKPOINTS}/{anchor.size}", anchor.note)
            for authority in anchor.tokens:
                name = f"{LOG}{TIMESTAMPS}/{anchor.size}/{authority}{RESPONSE}"
                yield Part.of(name, stored.token(anchor.size, authority))

    def _original(self, digest: Digest) -> Iterator[bytes]:
        with ExitStack() as stack:
            stored = stack.enter_context(self._source.objects.open_object(digest))
            buffer, offset = memoryview(bytearray(CHUNK_BYTES)), 0
            while length := stored.read_into(buffer, offset):
                yield bytes(buffer[:length])
                offset += length


def _gathered(lines: Iterator[bytes]) -> Iterator[bytes]:
    """Lines in pieces of a size that is worth a call."""
    gathered = bytearray()
    for line in lines:
        gathered += line
        if len(gathered) >= CHUNK_BYTES:
            yield bytes(gathered)
            gathered.clear()
    yield bytes(gathered)
