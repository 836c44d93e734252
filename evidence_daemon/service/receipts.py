"""Receipts of dockings, each with the proof that makes it the station's word."""

from collections.abc import Iterator
from typing import Any

from archive.archive import Archive
from archive.catalog.rows import DockingRow
from archive.log.reader import LogFiles
from archive.read_only import ReadOnlyArchive
from hashing.entry import format_time
from hashing.merkle import inclusion_proof
from hashing.note import SignedNote
from hashing.tiles import node_reader
from hashing.tlog_proof import TlogProof


class Receipts:
    """Answers about dockings and their receipts.

    Args:
        archive: The opened archive.
    """

    def __init__(self, archive: Archive | ReadOnlyArchive) -> None:
        self._archive = archive
        self._files = LogFiles(archive.layout.log)

    def dockings(self, limit: int) -> Iterator[dict[str, Any]]:
        """The latest dockings, newest first."""
        return (_docking_json(row) for row in self._archive.catalog.dockings(limit=limit))

    def receipt(self, prefix: str) -> dict[str, Any]:
        """A docking's receipt, the entry that holds its digest, and the proof of that entry.

        Args:
            prefix: The docking's id, or a unique beginning of it.

        Raises:
            NoReceipt: The docking is not known, or has no receipt.
            AmbiguousId: Several dockings have an id that begins so.
            LogInconsistent: The log no longer makes the receipt that was issued.
        """
        issued = self._archive.receipts.find(self._archive.catalog.docking_id(prefix))
        proof = self._prove(issued.entry.seq)
        return {
            "receipt": issued.receipt,
            "entry": issued.entry.raw.decode(),
            "proof": proof.encode().decode(),
        }

    def _prove(self, seq: int) -> TlogProof:
        note = SignedNote.parse(self._files.checkpoint())
        size = TlogProof(seq, (), note).checkpoint.size
        hashes = inclusion_proof(seq, size, node_reader(size, self._files.stored_tile))
        return TlogProof(seq, tuple(hashes), note)


def _docking_json(row: DockingRow) -> dict[str, Any]:
    ended = row.undocked_us
    return {
        "docking": row.docking,
        "docked": format_time(row.docked_us),
        "undocked": None if ended is None else format_time(ended),
        "slot": row.slot,
        "source": row.source,
        "recorder": row.recorder,
        "officer": row.officer,
        "new": row.new,
        "known": row.known,
        "failed": row.failed,
        "state": row.state,
        "interrupted": row.interrupted,
    }
