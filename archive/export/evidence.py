"""The evidence package: recordings, the entries that concern them, and the proof.

A BagIt bag whose payload is the originals. Beside it stand, as tag files, a readable history,
the verifiers, and below ``proof/`` the raw entries with an inclusion proof each to one signed
checkpoint, the anchors that bound the times, and ``package.json``, the index over all that.

Included are every ``key`` entry, every entry that the custody of one of the recordings lists,
the entries of the anchors, and the ``export`` entry of this very package, which is in the log
before the first byte leaves. What a package is not able to show is said in ``not_included``.

Nothing of it is verified on the way but the originals' digests, which whoever writes the bag
compares while copying.
"""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from operator import attrgetter
from typing import Any, Final

from archive.catalog.answers import Answers
from archive.catalog.rows import EventRow, RecordingRow
from archive.clock import now_us
from archive.custody.statement import ANCHOR_KINDS, Statement
from archive.export.anchors import Anchor, StoredAnchors, entries_of
from archive.export.custody import History, custody_html, custody_json
from archive.export.names import safe_name
from archive.export.parts import Package, Part
from archive.export.proving import ProvenLog
from archive.export.readme import Example, evidence_readme
from archive.export.verifiers_inside import verifiers
from archive.log.reader import LogFiles
from archive.replication.reader import ObjectReader
from hashing import canonical
from hashing.digest import Digest, ObjectDigests
from hashing.entry import Entry, format_time, parse
from hashing.keyring import Keyring
from hashing.note import VerifierKey

KIND: Final = "evidence_package"
INDEX: Final = "proof/package.json"
CHECKPOINT: Final = "proof/checkpoint"
CHUNK_BYTES: Final = 1 << 20

_NOT_INCLUDED: Final = (
    "entries of the log that do not concern these recordings, and every other recording",
    "that no later entry concerns these recordings: the log goes on after the checkpoint",
)


@dataclass(frozen=True, slots=True)
class Source:
    """Where a package comes from.

    Attributes:
        files: The log.
        catalog: At the log's head.
        objects: Gives originals, from whichever store has them.
        authorities: PEM certificates of the timestamp authorities as configured, by name.
    """

    files: LogFiles
    catalog: Answers
    objects: ObjectReader
    authorities: Mapping[str, bytes] = field(default_factory=dict)


def check_readable(source: Source, rows: Sequence[RecordingRow]) -> None:
    """See that some store gives each original, before anything is logged.

    Raises:
        ObjectMissing: No store has one of them.
        StoreUnavailable: The store that has it is away.
    """
    for sha256 in dict.fromkeys(row.sha256 for row in rows):
        with source.objects.open_object(Digest.sha256(sha256)):
            pass


def plan(rows: Sequence[RecordingRow]) -> dict[str, Any]:
    """What a package of these recordings holds, in numbers."""
    return {
        "recordings": len(rows),
        "bytes": sum(row.size_bytes for row in rows),
    }


def evidence_package(source: Source, rows: Sequence[RecordingRow]) -> Package:
    """The package of some recordings, once the log says that they leave.

    Args:
        source: Where everything comes from.
        rows: The recordings, each once.

    Raises:
        EvidenceError: The log or the catalog cannot be read.
    """
    return _Evidence(source, rows).package()


class _Evidence:
    """One package under way."""

    def __init__(self, source: Source, rows: Sequence[RecordingRow]) -> None:
        self._source = source
        self._rows = rows
        self._created = format_time(now_us())
        self._log = ProvenLog(source.files)
        size = self._log.head.size
        self._histories = {row.id: self._history(row.id, size) for row in rows}
        self._seqs = {row.id: self._made_by(row) for row in rows}
        self._stored = StoredAnchors(source.files.directory, size)
        self._anchors = self._stored.chosen(self._seqs.values())
        self._keys = self._log.key_entries()

    def _history(self, recording: str, size: int) -> list[EventRow]:
        return [event for event in self._source.catalog.custody(recording) if event.seq < size]

    def _made_by(self, row: RecordingRow) -> int:
        return min(seen.seq for seen in self._source.catalog.occurrences(row.id))

    def package(self) -> Package:
        """Everything, the originals last: what proves them is small and comes first."""
        tokens = {
            (anchor.size, authority): self._stored.token(anchor.size, authority)
            for anchor in self._anchors
            for authority in anchor.tokens
        }
        anchoring = entries_of(
            self._source.files, self._anchors, tokens.values(), self._log.head.size
        )
        entries = self._entries(anchoring)
        info = {
            "Source-Organization": self._log.head.origin,
            "Bagging-Date": self._created[:10],
            "Bag-Software-Agent": "evidence-daemon",
            "External-Description": "Evidence package: recordings and the proof of their origin",
        }
        counts = plan(self._rows) | {"entries": len(entries), "anchors": len(self._anchors)}
        return Package(counts, self._parts(tokens, entries), info)

    def _entries(self, anchoring: Sequence[Entry]) -> list[int]:
        """The numbers of all entries, in order."""
        seqs = {event.seq for history in self._histories.values() for event in history}
        seqs |= {entry.seq for entry in (*self._keys, *anchoring)}
        return sorted(seqs)

    def _parts(
        self, tokens: Mapping[tuple[int, str], bytes], entries: Sequence[int]
    ) -> Iterator[Part]:
        yield Part.of(INDEX, canonical.encode(self._index(entries)))
        yield Part.of(CHECKPOINT, self._log.note)
        for seq, raw in self._log.entries(entries):
            yield Part.of(f"proof/entries/{seq}.json", raw)
            yield Part.of(f"proof/entries/{seq}.tlog-proof", self._log.inclusion(seq))
        for anchor in self._anchors:
            yield from self._anchor_parts(anchor, tokens)
        for authority in sorted({authority for _, authority in tokens}):
            if (pem := self._source.authorities.get(authority)) is not None:
                yield Part.of(f"proof/authorities/{authority}.pem", pem)
        yield from self._readable_parts()
        for row in self._rows:
            digests = ObjectDigests(
                Digest.sha256(row.sha256), Digest.sm3(row.sm3) if row.sm3 else None, row.size_bytes
            )
            yield Part(path_of(row), self._original(digests.sha256), digests)

    def _anchor_parts(
        self, anchor: Anchor, tokens: Mapping[tuple[int, str], bytes]
    ) -> Iterator[Part]:
        folder = f"proof/anchors/{anchor.size}"
        yield Part.of(f"{folder}/checkpoint", anchor.note)
        if anchor.size != self._log.head.size:
            yield Part.of(f"{folder}/consistency", self._log.consistency(anchor.size))
        for authority in anchor.tokens:
            yield Part.of(f"{folder}/{authority}.tsr", tokens[anchor.size, authority])

    def _readable_parts(self) -> Iterator[Part]:
        histories = [
            History(
                row,
                path_of(row),
                self._seqs[row.id],
                self._histories[row.id],
                self._statement(row),
            )
            for row in self._rows
        ]
        head = self._log.head
        yield Part.of("custody.json", custody_json(histories, head, self._created))
        yield Part.of("custody.html", custody_html(histories, head, self._created))
        files = verifiers()
        example = Example(path_of(self._rows[0]), self._seqs[self._rows[0].id])
        text = evidence_readme(head, self._signing_key(), example, files.keys())
        yield Part.of("README.txt", text)
        for name, data in files.items():
            yield Part.of(name, data)

    def _statement(self, row: RecordingRow) -> Mapping[str, Any]:
        catalog, seq = self._source.catalog, self._seqs[row.id]
        [(_, raw)] = self._log.entries([seq])
        found = (catalog.first_anchor(seq, kind) for kind in ANCHOR_KINDS)
        bounds = [bound for bound in found if bound and bound.seq < self._log.head.size]
        bounds.sort(key=attrgetter("time_us"))
        return Statement(row, parse(raw), catalog.docking(row.docking), bounds).as_json()

    def _index(self, entries: Sequence[int]) -> dict[str, Any]:
        return {
            "v": 1,
            "kind": KIND,
            "created": self._created,
            "origin": self._log.head.origin,
            "vkey": str(self._keyring().first),
            "size": self._log.head.size,
            "recordings": [self._recording(row) for row in self._rows],
            "entries": list(entries),
            "anchors": [
                {"size": anchor.size, "tokens": list(anchor.tokens)} for anchor in self._anchors
            ],
            "not_included": list(_NOT_INCLUDED),
        }

    def _recording(self, row: RecordingRow) -> dict[str, Any]:
        return {
            "recording": row.id,
            "path": path_of(row),
            "sha256": row.sha256,
            **({"sm3": row.sm3} if row.sm3 else {}),
            "size_bytes": row.size_bytes,
            "seq": self._seqs[row.id],
        }

    def _keyring(self) -> Keyring:
        keyring = Keyring()
        for entry in self._keys:
            keyring.read(entry.seq, entry.fields)
        return keyring

    def _signing_key(self) -> VerifierKey:
        key = self._keyring().valid_at(self._log.head.size)
        assert key is not None
        return key

    def _original(self, digest: Digest) -> Iterator[bytes]:
        with ExitStack() as stack:
            stored = stack.enter_context(self._source.objects.open_object(digest))
            buffer, offset = memoryview(bytearray(CHUNK_BYTES)), 0
            while length := stored.read_into(buffer, offset):
                yield bytes(buffer[:length])
                offset += length


def path_of(row: RecordingRow) -> str:
    """Where a recording's original lies in a package."""
    return f"data/recordings/{row.id}/{safe_name(row.path)}"
