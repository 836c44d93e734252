"""Where receipts are issued and made again: over the log and the catalog of an archive."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from archive.catalog.answers import Answers
from archive.errors import NoReceipt
from archive.log.reader import LogFiles
from archive.log.writer import LogWriter
from archive.receipts.document import digest_of, receipt_of
from hashing.entry import Act, Entry
from hashing.errors import LogInconsistent


@dataclass(frozen=True, slots=True)
class Issued:
    """A receipt and the entry that vouches for it.

    Attributes:
        receipt: The receipt.
        entry: The ``receipt`` entry, which holds its digest.
    """

    receipt: dict[str, Any]
    entry: Entry


class ReceiptDesk:
    """Issues receipts and finds them again. Threads may share it.

    Args:
        files: The log's files.
        catalog: Knows which entries are a docking's.
    """

    def __init__(self, files: LogFiles, catalog: Answers) -> None:
        self._files = files
        self._catalog = catalog

    def issue(self, docking: str, log: LogWriter, actor: str) -> None:
        """Log the digest of the receipt of a docking that has just ended.

        Raises:
            EvidenceError: The log or the catalog fails.
        """
        receipt = receipt_of(self._entries(docking))
        body = {
            "docking": docking,
            "recorder": receipt["recorder"],
            "officer": receipt["officer"],
            "sha256": digest_of(receipt),
            "files": len(receipt["files"]),
        }
        log.append(Act.RECEIPT, body, actor)

    def find(self, docking: str) -> Issued:
        """A receipt that was issued.

        Raises:
            NoReceipt: There is none: the docking is not known, has not ended, or was cut off.
            LogInconsistent: The receipt that the log's entries make is not the one that was
                issued.
        """
        seqs = self._catalog.docking_entries(docking, Act.RECEIPT)
        if not seqs:
            raise NoReceipt(f"no receipt was issued for a docking {docking}")
        entry = next(self._files.entries_at(seqs[:1]))
        receipt = receipt_of(self._entries(docking))
        if digest_of(receipt) != entry.fields["sha256"]:
            raise LogInconsistent(f"the receipt of {docking} is not what entry {entry.seq} says")
        return Issued(receipt, entry)

    def _entries(self, docking: str) -> Iterator[Entry]:
        """The docking's entries up to its end; later ones are of no receipt."""
        seqs = self._catalog.docking_entries(docking)
        ends = self._catalog.docking_entries(docking, Act.UNDOCK)
        last = ends[0] if ends else -1
        return self._files.entries_at(seq for seq in seqs if seq <= last)
