"""Holding an import against its manifest once everything is archived.

What is compared are the digests of the archived bytes. Every file that differs or is missing
is an ``alarm`` of the log before anybody is told; a manifest that fits leaves none.
"""

from collections import Counter
from collections.abc import Generator, Sequence
from dataclasses import dataclass
from typing import Any, Final

from archive.archive import Archive
from archive.ingest.arrival import Outcome
from archive.log.writer import GROUP_ENTRIES, Draft
from evidence_daemon.service.manifest import ManifestIncomplete, ManifestMismatch, Vouched
from evidence_daemon.station.docking import Ended
from hashing.digest import Algorithm, Digest
from hashing.entry import Act
from hashing.errors import EvidenceError
from hashing.paths import path_fields

ALARMS_AT_MOST: Final = 1000
"""So many files are alarms of their own; the log is not for a manifest of another folder."""


@dataclass(frozen=True, slots=True)
class Objection:
    """One file that is not as the manifest says.

    Attributes:
        vouched: What the manifest says.
        kind: What is wrong.
        detail: One English sentence without a full stop.
    """

    vouched: Vouched
    kind: type[EvidenceError]
    detail: str

    def as_json(self) -> dict[str, Any]:
        """The record of a stream."""
        return {
            "type": "manifest_finding",
            "code": self.kind.code,
            **path_fields(self.vouched.path),
            "expected": str(self.vouched),
            "detail": self.detail,
        }

    def alarm(self, actor: str) -> Draft:
        """The entry that says so for good."""
        body = {
            "alarm": self.kind.code.lower(),
            "subject": path_fields(self.vouched.path)["path"],
            "detail": f"{self.detail}; the manifest says {self.vouched}",
        }
        return Draft(Act.ALARM, body, actor)


class Vouching:
    """Compares one import with its manifest.

    Args:
        archive: Where it was taken to.
        manifest: What the manifest says; empty for an intake without one.
        actor: Who imports.
    """

    def __init__(self, archive: Archive, manifest: Sequence[Vouched], actor: str) -> None:
        self._archive = archive
        self._manifest = manifest
        self._actor = actor

    def compare(self, ended: Ended) -> Generator[dict[str, Any], None, EvidenceError | None]:
        """Compare, log what is wrong, then tell it.

        Yields:
            A ``manifest_finding`` for each file that is wrong, and a ``manifest`` record.

        Returns:
            The error that the import ends with, the gravest first; None when all fits.
        """
        if not self._manifest:
            return None
        outcomes = {outcome.arrival.path: outcome for outcome in ended.balance.outcomes}
        wrong = [
            objection
            for vouched in self._manifest
            if (objection := self._judge(vouched, outcomes.get(vouched.path)))
        ]
        self._alarm(wrong)
        yield from (objection.as_json() for objection in wrong)
        counted = Counter(objection.kind for objection in wrong)
        mismatched, missing = counted[ManifestMismatch], counted[ManifestIncomplete]
        named = {vouched.path for vouched in self._manifest}
        yield {
            "type": "manifest",
            "named": len(self._manifest),
            "matched": len(self._manifest) - len(wrong),
            "mismatched": mismatched,
            "missing": missing,
            "not_named": sum(1 for file in ended.balance.listing.files if file.path not in named),
        }
        return _verdict(mismatched, missing)

    def _judge(self, vouched: Vouched, outcome: Outcome | None) -> Objection | None:
        if outcome is None:
            return Objection(vouched, ManifestIncomplete, "the folder has no such file")
        if outcome.recording is None:
            detail = f"the file could not be archived: {outcome.detail or outcome.reason}"
            return Objection(vouched, ManifestIncomplete, detail)
        row = self._archive.catalog.recording(outcome.recording)
        digests = {Algorithm.SHA256: row.sha256}
        if Algorithm.SM3 in vouched.algorithms and not vouched.holds_for(digests):
            digests[Algorithm.SM3] = row.sm3 or self._sm3_of(row.sha256)
        if vouched.holds_for(digests):
            return None
        found = ", ".join(f"{name}:{hex_digest}" for name, hex_digest in digests.items())
        return Objection(vouched, ManifestMismatch, f"the file has {found}")

    def _sm3_of(self, sha256: str) -> str:
        """An object's SM3 where intake does not make it."""
        found = self._archive.landing.scrub(Digest.sha256(sha256), [Algorithm.SM3])
        return found.sm3.hex if found.sm3 else ""

    def _alarm(self, wrong: Sequence[Objection]) -> None:
        drafts = [objection.alarm(self._actor) for objection in wrong[:ALARMS_AT_MOST]]
        if more := len(wrong) - len(drafts):
            detail = f"{more} more files are not as the manifest says"
            body = {"alarm": "manifest_mismatch", "subject": "manifest", "detail": detail}
            drafts.append(Draft(Act.ALARM, body, self._actor))
        for first in range(0, len(drafts), GROUP_ENTRIES):
            self._archive.log.submit(drafts[first : first + GROUP_ENTRIES]).result()


def _verdict(mismatched: int, missing: int) -> EvidenceError | None:
    if mismatched:
        return ManifestMismatch(f"{mismatched} imported files are not what the manifest says")
    if missing:
        return ManifestIncomplete(f"{missing} files of the manifest were not imported")
    return None
