"""Questions about the archive, and copies out of it."""

import base64
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import asdict, dataclass
from operator import attrgetter
from typing import Any

from archive.archive import Archive
from archive.catalog.rows import EventRow, FindQuery, RecordingRow
from archive.custody.statement import ANCHOR_KINDS, Statement
from archive.errors import PolicyError
from archive.log.reader import LogFiles
from archive.read_only import ReadOnlyArchive
from archive.replication.reader import ObjectReader
from archive.stores.interface import FurtherStore
from hashing.checkpoint import Checkpoint
from hashing.digest import Digest
from hashing.entry import Act, Entry, format_time
from hashing.errors import Bilingual
from hashing.merkle import NoSuchProof, consistency_proof, inclusion_proof
from hashing.note import SignedNote
from hashing.tiles import node_reader

COPY_BYTES = 1024 * 1024


class PurposeMissing(PolicyError):  # noqa: N818 - named for the defect
    """A copy is asked for without saying what for."""

    code = "PURPOSE_MISSING"
    exit_code = 63
    action = Bilingual(
        zh="用 --purpose 写明用途；用途会记入日志。",
        en="Say with --purpose what it is for; the log keeps that.",
    )


@dataclass(frozen=True, slots=True)
class CopyOut:
    """A copy that may leave the archive: it is in the log already.

    Attributes:
        recording: What is copied.
        chunks: Its bytes.
    """

    recording: RecordingRow
    chunks: Iterator[bytes]


class Reading:
    """Answers from catalog, log and objects.

    Args:
        archive: The opened archive; one that is only read gives no copies.
        further: Stores where an object may lie that the landing store has let go.
    """

    def __init__(
        self, archive: Archive | ReadOnlyArchive, further: Sequence[FurtherStore] = ()
    ) -> None:
        self._archive = archive
        self._objects = ObjectReader([archive.landing, *further])
        self._files = LogFiles(archive.layout.log)

    def find(self, query: FindQuery) -> Iterator[dict[str, Any]]:
        """Every recording that matches, in the order of recording."""
        return (row_json(row) for row in self._archive.catalog.find(query))

    def show(self, prefix: str) -> dict[str, Any]:
        """A recording, where it was seen, and where its bytes lie.

        Raises:
            NoSuchRecording: The prefix matches none, or several.
        """
        catalog = self._archive.catalog
        row = catalog.recording(prefix)
        stored = self._archive.landing.stat(Digest.sha256(row.sha256))
        return {
            **row_json(row),
            "docking": row.docking,
            "occurrences": [
                {
                    "seq": seen.seq,
                    "time": format_time(seen.time_us),
                    "docking": seen.docking,
                    "path": seen.path,
                    "proof": seen.proof,
                }
                for seen in catalog.occurrences(row.id)
            ],
            "stores": [
                *(["landing"] if stored is not None else []),
                *(copy.store for copy in catalog.replicas(row.sha256) if copy.present),
            ],
        }

    def custody(self, prefix: str) -> Iterator[dict[str, Any]]:
        """Everything the log says of a recording, oldest first.

        Raises:
            NoSuchRecording: The prefix matches none, or several.
        """
        row = self._archive.catalog.recording(prefix)
        return (event_json(event) for event in self._archive.catalog.custody(row.id))

    def statement(self, prefix: str) -> dict[str, Any]:
        """The three times of a recording, on what evidence, and what is not proven.

        Raises:
            NoSuchRecording: The prefix matches none, or several.
        """
        catalog = self._archive.catalog
        row = catalog.recording(prefix)
        seq = min(seen.seq for seen in catalog.occurrences(row.id))
        entry = next(self._files.entries_at([seq]))
        found = (catalog.first_anchor(seq, kind) for kind in ANCHOR_KINDS)
        bounds = sorted(filter(None, found), key=attrgetter("time_us"))
        return Statement(row, entry, catalog.docking(row.docking), bounds).as_json()

    def why(self, prefix: str) -> dict[str, Any]:
        """What keeps a recording.

        Raises:
            NoSuchRecording: The prefix matches none, or several.
        """
        row = self._archive.catalog.recording(prefix)
        return {
            "id": row.id,
            "kept": True,
            "until": None,
            "rule": None,
            "reasons": ["no_disposal_rules"],
            "collected_at": format_time(row.collected_at_us),
        }

    def copy_out(self, prefix: str, purpose: str, approval: str | None, actor: str) -> CopyOut:
        """A copy of a recording; logged before its first byte is given.

        Raises:
            NoSuchRecording: The prefix matches none, or several.
            PurposeMissing: No purpose is given.
            ObjectMissing: No store has the bytes.
            StoreUnavailable: The store that has them is away.
        """
        if not purpose.strip():
            raise PurposeMissing("say what the copy is for")
        row = self._archive.catalog.recording(prefix)
        with ExitStack() as stack:
            stored = stack.enter_context(self._objects.open_object(Digest.sha256(row.sha256)))
            body = {"kind": "copy", "recordings": [row.id], "purpose": purpose.strip()}
            body |= {"approval": approval} if approval else {}
            self._archive.log.append(Act.EXPORT, body, actor)
            kept_open = stack.pop_all()

        def chunks() -> Iterator[bytes]:
            with kept_open:
                buffer, offset = memoryview(bytearray(COPY_BYTES)), 0
                while length := stored.read_into(buffer, offset):
                    yield bytes(buffer[:length])
                    offset += length

        return CopyOut(row, chunks())

    def head(self) -> dict[str, Any]:
        """The newest checkpoint, as signed."""
        note = self._files.checkpoint()
        head = Checkpoint.parse(SignedNote.parse(note).text)
        return {
            "origin": head.origin,
            "size": head.size,
            "root": head.root.hex(),
            "checkpoint": note.decode(),
        }

    def print_page(self, keeper: str, actor: str) -> dict[str, Any]:
        """The newest checkpoint, to be printed; that it was is logged.

        Args:
            keeper: Who keeps the paper.
            actor: Who prints it.

        Raises:
            PurposeMissing: No keeper is named.
        """
        if not keeper.strip():
            raise PurposeMissing("say who keeps the page")
        head = self.head()
        body = {"kind": "page", "recordings": [], "purpose": keeper.strip()}
        body |= {"size": head["size"], "root": head["root"]}
        self._archive.log.append(Act.EXPORT, body, actor)
        return head

    def entries(self, start: int, stop: int | None) -> Iterator[Mapping[str, Any]]:
        """Entries of the log as they stand, from ``start`` to before ``stop``."""
        return (entry.fields for entry in self._files.entries(start, stop))

    def prove(self, prefix: str) -> dict[str, Any]:
        """An inclusion proof of the entry that made a recording (RFC 6962 §2.1.1).

        Raises:
            NoSuchRecording: The prefix matches none, or several.
        """
        row = self._archive.catalog.recording(prefix)
        seq = min(seen.seq for seen in self._archive.catalog.occurrences(row.id))
        note = self._files.checkpoint()
        head = Checkpoint.parse(SignedNote.parse(note).text)
        read = node_reader(head.size, self._files.stored_tile)
        entry: Entry = next(self._files.entries(seq, seq + 1))
        hashes = inclusion_proof(seq, head.size, read)
        return {
            "recording": row.id,
            "index": seq,
            "entry": entry.raw.decode(),
            "proof": [base64.b64encode(each).decode("ascii") for each in hashes],
            "checkpoint": note.decode(),
        }

    def consistency(self, old_size: int, size: int | None) -> dict[str, Any]:
        """A proof that the log of one size is the beginning of another (RFC 6962 §2.1.2).

        Args:
            old_size: The smaller size, above 0.
            size: The larger size; the newest checkpoint's where it is None.

        Raises:
            NoSuchProof: The log has no such sizes.
        """
        head = self._files.head()
        size = head.size if size is None else size
        if not 0 < old_size <= size <= head.size:
            raise NoSuchProof(f"from {old_size} to {size} in a log of {head.size} entries")
        hashes = consistency_proof(old_size, size, node_reader(size, self._files.stored_tile))
        return {
            "origin": head.origin,
            "from": old_size,
            "to": size,
            "old_root": self._files.root_at(old_size).hex(),
            "root": self._files.root_at(size).hex(),
            "proof": [base64.b64encode(each).decode("ascii") for each in hashes],
        }


def row_json(row: RecordingRow) -> dict[str, Any]:
    """A recording as ``--json`` prints it."""
    return {
        "id": row.id,
        "sha256": row.sha256,
        "sm3": row.sm3,
        "size_bytes": row.size_bytes,
        "original_name": row.original_name,
        "path": row.path,
        "recorder": row.recorder,
        "officer": row.officer,
        "recorded_at": format_time(row.recorded_at_us),
        "recorded_at_source": row.recorded_at_source,
        "collected_at": format_time(row.collected_at_us),
        "media": row.media,
        "counter": row.counter,
        "important": row.important,
        "name_parsed": row.name_parsed,
        "cases": list(row.cases),
        "state": row.state.value,
    }


def event_json(event: EventRow) -> dict[str, Any]:
    """An event of a custody history as ``--json`` prints it."""
    body = asdict(event)
    body["time"] = format_time(body.pop("time_us"))
    body["summary"] = dict(event.summary)
    return body
