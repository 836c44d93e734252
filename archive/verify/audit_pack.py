"""Verifying an audit pack: its log as any log, its sample as objects, its lists made again.

``data/`` is laid out as an archive and verified as one (checks 1 to 13), with the sample as the
only objects that must be there; which of these checks were made, the rules for archives say.
Beside the bag's own files (check 18) it is asked whether the
list of objects and the sample are those that the entries and the auditor's seed give, and
whether the rule files are those that the last ``config`` entry names.
"""

import hashlib
from dataclasses import replace
from typing import Final

from archive.errors import NotAnArchive
from archive.export.audit import LOG, OBJECTS, RULES
from archive.export.object_list import ObjectList
from archive.verify.archive import Progress, Question, verify_archive
from archive.verify.bag import CHECK_BAG, BagContents
from archive.verify.findings import BagMismatch
from archive.verify.package_index import INDEX, PackageIndex
from archive.verify.verdict import PackageVerdict
from hashing.entry import Act, Entry
from hashing.errors import DigestMismatch, MissingFile
from hashing.findings import Check, FindingList, LogVerdict

_BEYOND: Final = (
    "objects outside of the sample, and the catalog (14)",
    "the verifiers inside the package: use one that you have from elsewhere",
)
_LAID_OUT: Final = (LOG, RULES, OBJECTS)
_OF_ENTRIES: Final = (Check.CHECKPOINT, Check.BUNDLES, Check.ENTRIES)


def verify_audit_pack(
    bag: BagContents,
    index: PackageIndex,
    question: Question,
    progress: Progress,
    findings: FindingList,
) -> PackageVerdict:
    """Verify an audit pack whose files and index have been read."""
    derived = _Derived()
    sample = index.fields["sample"]
    asked = replace(question, deep=True, expected=frozenset(sample["objects"]))
    try:
        verdict = verify_archive(bag.folder / "data", asked, progress, derived.on_entry)
    except NotAnArchive as error:
        findings.add(MissingFile, Check.CHECKPOINT, "data/log/checkpoint", error.detail)
        log = LogVerdict(not_checked=("everything but the files: the pack has no log", *_BEYOND))
        return PackageVerdict.of(log, findings, made={CHECK_BAG}, kind=index.kind)
    log = replace(verdict.log, not_checked=(*verdict.not_checked, *_BEYOND))
    if any(finding.check in _OF_ENTRIES for finding in verdict.findings):
        gap = "the list of objects and the sample: entries are missing or in doubt"
        log = replace(log, not_checked=(*log.not_checked, gap))
    else:
        derived.compare(bag, index, findings)
    return PackageVerdict.of(
        log,
        findings,
        made={CHECK_BAG, int(Check.TIMESTAMPS)} if verdict.timestamps_verified else {CHECK_BAG},
        kind=index.kind,
        objects=verdict.objects,
        size_bytes=verdict.size_bytes,
        others=verdict.findings,
    )


class _Derived:
    """What the entries make of the pack's lists."""

    def __init__(self) -> None:
        self._objects = ObjectList()
        self._rules: dict[str, object] = {}
        self._config: int | None = None

    def on_entry(self, entry: Entry) -> None:
        """See an entry pass by."""
        self._objects.on_entry(entry)
        rules = entry.fields.get("rules")
        if entry.act == Act.CONFIG and isinstance(rules, dict):
            self._rules, self._config = rules, entry.seq

    def compare(self, bag: BagContents, index: PackageIndex, findings: FindingList) -> None:
        """Hold the pack's lists against the entries."""
        digest = hashlib.sha256()
        for line in self._objects.render():
            digest.update(line)
        there = bag.files.get(OBJECTS)
        if there is None:
            findings.add(MissingFile, CHECK_BAG, OBJECTS, "missing: a pack lists its objects")
        elif there.sha256.hex != digest.hexdigest():
            findings.add(BagMismatch, CHECK_BAG, OBJECTS, "changed: not what the entries make")
        said, sample = index.fields, index.fields["sample"]
        if said["objects"] != len(self._objects):
            detail = f"says {said['objects']} objects, the entries name {len(self._objects)}"
            findings.add(BagMismatch, CHECK_BAG, INDEX, detail)
        if sample["objects"] != self._objects.sample(sample["seed"], sample["count"]):
            detail = "the sample is not the one that its seed gives"
            findings.add(BagMismatch, CHECK_BAG, INDEX, detail)
        for path in bag.files:
            name = path.rpartition("/")[2]
            is_drawn = path == f"data/objects/{name[:2]}/{name}" and name in sample["objects"]
            if path.startswith("data/") and not (is_drawn or path.startswith(_LAID_OUT)):
                findings.add(BagMismatch, CHECK_BAG, path, "added: it is not of the sample")
        self._compare_rules(bag, findings)

    def _compare_rules(self, bag: BagContents, findings: FindingList) -> None:
        for path, found in bag.files.items():
            if not path.startswith(RULES):
                continue
            wanted = self._rules.get(path.removeprefix(RULES))
            if self._config is not None and wanted != found.sha256.hex:
                detail = f"has {found.sha256}, entry {self._config} says {wanted}"
                findings.add(DigestMismatch, CHECK_BAG, path, detail)
