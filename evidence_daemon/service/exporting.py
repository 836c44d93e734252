"""Packages that leave the archive, each logged before its first byte does."""

from collections.abc import Mapping, Sequence
from typing import Any

from archive.archive import Archive
from archive.catalog.rows import RecordingRow
from archive.export.evidence import Source, check_readable, evidence_package, plan
from archive.export.parts import Package
from archive.export.verifiers_inside import verifiers
from archive.log.reader import LogFiles
from archive.log.writer import Draft
from archive.read_only import ReadOnlyArchive
from archive.replication.reader import ObjectReader
from archive.stores.interface import FurtherStore
from evidence_daemon.service.reading import PurposeMissing
from hashing.entry import Act

RECORDINGS_PER_ENTRY = 1000
"""So many ids fit an entry beside the longest purpose that does."""


class Exporting:
    """Makes packages.

    Args:
        archive: The opened archive; one that is only read gives no evidence packages.
        further: Stores where an object may lie that the landing store has let go.
        authorities: PEM certificates of the configured timestamp authorities, by name.
    """

    def __init__(
        self,
        archive: Archive | ReadOnlyArchive,
        further: Sequence[FurtherStore] = (),
        authorities: Mapping[str, bytes] | None = None,
    ) -> None:
        self._archive = archive
        self._source = Source(
            LogFiles(archive.layout.log),
            archive.catalog,
            ObjectReader([archive.landing, *further]),
            authorities or {},
        )

    def plan(self, prefixes: Sequence[str]) -> dict[str, Any]:
        """What an evidence package of these recordings would hold; nothing is logged.

        Raises:
            NoSuchRecording: A prefix matches none, or several.
            ObjectMissing: No store has one of the originals.
            StoreUnavailable: The store that has it is away.
        """
        rows = self._rows(prefixes)
        check_readable(self._source, rows)
        return plan(rows)

    def evidence(
        self, prefixes: Sequence[str], purpose: str, approval: str | None, actor: str
    ) -> Package:
        """An evidence package, the log saying that it leaves.

        Raises:
            PurposeMissing: No purpose is given.
            NoSuchRecording: A prefix matches none, or several.
            ObjectMissing: No store has one of the originals.
            StoreUnavailable: The store that has it is away.
            VerifiersMissing: The installation lacks the verifiers.
            ArchiveReadOnly: The export cannot be logged.
        """
        if not purpose.strip():
            raise PurposeMissing("say what the package is for")
        rows = self._rows(prefixes)
        verifiers()
        check_readable(self._source, rows)
        said = {"kind": "package", "purpose": purpose.strip()}
        said |= {"approval": approval} if approval else {}
        groups = (
            rows[first : first + RECORDINGS_PER_ENTRY]
            for first in range(0, len(rows), RECORDINGS_PER_ENTRY)
        )
        drafts = [
            Draft(Act.EXPORT, {**said, "recordings": [row.id for row in group]}, actor)
            for group in groups
        ]
        self._archive.log.submit(drafts).result()
        return evidence_package(self._source, rows)

    def _rows(self, prefixes: Sequence[str]) -> list[RecordingRow]:
        """The recordings, each once, in the order they were named."""
        rows = (self._archive.catalog.recording(prefix) for prefix in prefixes)
        return list({row.id: row for row in rows}.values())
