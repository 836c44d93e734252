"""Packages that leave the archive, each logged before its first byte does."""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

from archive.archive import Archive
from archive.catalog.rows import RecordingRow
from archive.errors import ArchiveBusy
from archive.export.audit import AuditSource, Listing, Sampling, audit_pack
from archive.export.evidence import Source, check_readable, evidence_package, plan
from archive.export.parts import Package
from archive.export.verifiers_inside import verifiers
from archive.log.reader import LogFiles
from archive.log.writer import Draft
from archive.read_only import ReadOnlyArchive
from archive.replication.reader import ObjectReader
from archive.stores.interface import FurtherStore
from evidence_daemon.service.reading import PurposeMissing
from hashing.digest import Digest
from hashing.entry import Act

RECORDINGS_PER_ENTRY = 1000
"""So many ids fit an entry beside the longest purpose that does."""


_ATTEMPTS = 5


@dataclass(frozen=True, slots=True)
class Rule:
    """A rule file.

    Attributes:
        data: Its bytes, as they are now.
        sha256: The digest of the one in force.
    """

    data: bytes
    sha256: str

    @property
    def in_force(self) -> bool:
        """Whether the file still is the one that was read."""
        return hashlib.sha256(self.data).hexdigest() == self.sha256


_NO_RULES: Mapping[str, Rule] = MappingProxyType({})


class Exporting:
    """Makes packages.

    Args:
        archive: The opened archive; one that is only read gives no evidence packages.
        further: Stores where an object may lie that the landing store has let go.
        authorities: PEM certificates of the configured timestamp authorities, by name.
        rules: The rule files, by the names that ``config`` entries give them.
    """

    def __init__(
        self,
        archive: Archive | ReadOnlyArchive,
        further: Sequence[FurtherStore] = (),
        authorities: Mapping[str, bytes] | None = None,
        rules: Mapping[str, Rule] = _NO_RULES,
    ) -> None:
        self._archive = archive
        self._rules = rules
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
        self._log_export(said, [row.id for row in rows], actor)
        return evidence_package(self._source, rows)

    def audit(self, sampling: Sampling, actor: str) -> Package:
        """An audit pack, the log saying that it leaves where the archive can be written.

        Raises:
            ObjectMissing: No store has an object of the sample.
            StoreUnavailable: The store that has it is away.
            VerifiersMissing: The installation lacks the verifiers.
            ArchiveBusy: New footage keeps changing the sample.
        """
        verifiers()
        listing = Listing.of(self._source.files, sampling)
        self._check_sample(listing)
        if isinstance(self._archive, ReadOnlyArchive):
            return self._audit_pack(sampling, listing, logged=False)
        words = f"audit pack: {sampling.count} objects by the seed {sampling.seed!r}"
        for _ in range(_ATTEMPTS):
            self._log_export({"kind": "audit_pack", "purpose": words}, listing.recordings, actor)
            told, listing = listing.sample, Listing.of(self._source.files, sampling, listing)
            if listing.sample == told:
                return self._audit_pack(sampling, listing, logged=True)
            self._check_sample(listing)
        raise ArchiveBusy("new objects changed the sample again and again while it was logged")

    def _audit_pack(self, sampling: Sampling, listing: Listing, *, logged: bool) -> Package:
        source = AuditSource(
            self._source.files,
            self._source.objects,
            {name: rule.data for name, rule in self._rules.items() if rule.in_force},
            [name for name, rule in self._rules.items() if not rule.in_force],
            logged,
        )
        return audit_pack(source, sampling, listing)

    def _check_sample(self, listing: Listing) -> None:
        for sha256 in listing.sample:
            with self._source.objects.open_object(Digest.sha256(sha256)):
                pass

    def _log_export(self, said: Mapping[str, str], recordings: Sequence[str], actor: str) -> None:
        groups = [
            list(recordings[first : first + RECORDINGS_PER_ENTRY])
            for first in range(0, len(recordings), RECORDINGS_PER_ENTRY)
        ]
        drafts = [
            Draft(Act.EXPORT, {**said, "recordings": group}, actor) for group in groups or [[]]
        ]
        self._archive.log.submit(drafts).result()

    def _rows(self, prefixes: Sequence[str]) -> list[RecordingRow]:
        """The recordings, each once, in the order they were named."""
        rows = (self._archive.catalog.recording(prefix) for prefix in prefixes)
        return list({row.id: row for row in rows}.values())
