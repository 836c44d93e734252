"""Verifying an evidence package: what is in the folder, and nothing from the station.

Checks, by the numbers of every verifier of this program, each in its room:

* 1, 2: the checkpoint (:mod:`archive.verify.package_checkpoint`).
* 4, 7, 10, 17: the entries (:mod:`archive.verify.package_entries`).
* 9, 16: the anchors (:mod:`archive.verify.package_anchors`), and 15: their timestamps
  (:mod:`archive.verify.package_tokens`).
* 11, 12, and 17 for recordings: the originals (:mod:`archive.verify.package_recordings`).
* 18: the bag (:mod:`archive.verify.bag`), and the closed list of its files
  (:mod:`archive.verify.package_files`).

What a package cannot show (3, 5, 6, 8, 13, 14) is said to be not checked. The readable history
and the verifiers inside are not compared with anything: they prove nothing.
"""

from collections.abc import Collection
from pathlib import Path

from archive.verify.archive import Progress, Question
from archive.verify.audit_pack import verify_audit_pack
from archive.verify.bag import CHECK_BAG, BagContents, check_bag
from archive.verify.objects import CHECK_DIGESTS, CHECK_PRESENT
from archive.verify.package_anchors import PackageAnchors
from archive.verify.package_checkpoint import check_signature, open_checkpoint
from archive.verify.package_entries import CHECK_INCLUSION, PackageEntries
from archive.verify.package_files import PackageFiles
from archive.verify.package_index import AUDIT, INDEX, MAX_INDEX_BYTES, PackageIndex
from archive.verify.package_recordings import PackageRecordings
from archive.verify.package_tokens import CHECK_TOKENS
from archive.verify.verdict import PackageVerdict
from archive.verify.witnesses import NamedNote
from hashing.errors import EvidenceError, MissingFile
from hashing.findings import Check, FindingList, LogVerdict

_PROVING = (
    Check.CHECKPOINT,
    Check.SIGNATURE,
    Check.ENTRIES,
    Check.KEYS,
    CHECK_INCLUSION,
)
_ALWAYS = frozenset(map(int, (*_PROVING, CHECK_PRESENT, CHECK_DIGESTS, CHECK_BAG)))
_BEYOND = (
    "bundles, tiles and the root over all entries: a package holds only some entries (3, 5, 6)",
    "times within a boot, objects of other recordings, the catalog (8, 13, 14)",
    "whether entries that concern these recordings were left out, or were added later",
    "what custody.html, custody.json and README.txt say: what counts are the entries in proof/",
    "the verifiers inside the package: use one that you have from elsewhere",
)


def is_package(folder: Path) -> bool:
    """Whether a folder looks like a package or an audit pack."""
    return (folder / INDEX).is_file() or (folder / "bagit.txt").is_file()


def verify_package(folder: Path, question: Question, progress: Progress) -> PackageVerdict:
    """Verify an evidence package or an audit pack. Nothing is written."""
    findings = FindingList()
    bag = check_bag(folder, findings, progress.read)
    try:
        data = bag.read(INDEX, MAX_INDEX_BYTES)
        if data is None:
            raise MissingFile("missing: a package has this index")
        index = PackageIndex.parse(data)
    except EvidenceError as error:
        findings.add_error(CHECK_BAG, INDEX, error)
        gap = "everything but the files: without its index nobody knows what the package holds"
        return PackageVerdict.of(LogVerdict(not_checked=(gap,)), findings, made={CHECK_BAG})
    if index.kind == AUDIT:
        return verify_audit_pack(bag, index, question, progress, findings)
    return _PackageCheck(bag, index, question, findings).run(progress)


class _PackageCheck:
    """One run over one evidence package whose index could be read."""

    def __init__(
        self, bag: BagContents, index: PackageIndex, question: Question, findings: FindingList
    ) -> None:
        self._index = index
        self._question = question
        self._findings = findings
        self._files = PackageFiles(bag)
        self._entries = PackageEntries(self._files, findings, bodies=question.bodies)
        self._recordings = PackageRecordings(self._files, self._entries.by_seq, findings)

    def run(self, progress: Progress) -> PackageVerdict:
        """Every check; what is needed first comes first."""
        question, findings, said = self._question, self._findings, self._index.fields
        head = open_checkpoint(self._files, self._index, findings)
        if head is None:
            return self._unopened()
        self._entries.check(said["entries"], head, progress)
        check_signature(head, self._entries.keyring, question, findings)
        anchors = PackageAnchors(self._files, self._entries, head, question, findings)
        anchors.check(self._index)
        for recording in said["recordings"]:
            self._recordings.check(recording)
        self._files.check_unnamed(findings)
        return self._outcome(head, anchors)

    def _unopened(self) -> PackageVerdict:
        gap = "everything that a checkpoint proves: it cannot be read"
        made = {int(Check.CHECKPOINT), CHECK_BAG}
        log = LogVerdict(not_checked=(gap, *_BEYOND))
        return PackageVerdict.of(log, self._findings, made=made, kind=self._index.kind)

    def _outcome(self, head: NamedNote, anchors: PackageAnchors) -> PackageVerdict:
        log = LogVerdict(
            size=head.checkpoint.size,
            root=head.checkpoint.root,
            origin=head.checkpoint.origin,
            origin_proven=self._is_origin_proven(),
            keys=self._entries.keyring.keys,
            not_checked=(*_BEYOND, *anchors.not_checked),
        )
        return PackageVerdict.of(
            log,
            self._findings,
            made=self._made(head, anchors),
            kind=self._index.kind,
            objects=len(self._index.fields["recordings"]),
            size_bytes=self._recordings.size_bytes,
        )

    def _is_origin_proven(self) -> bool:
        believed = self._question.key is not None or self._question.accepted is not None
        return believed and not self._findings.failed(*_PROVING)

    def _made(self, head: NamedNote, anchors: PackageAnchors) -> Collection[int]:
        """The checks that were made, whatever they found."""
        question = self._question
        known = any(known.size == head.checkpoint.size for known in question.known)
        asked = {
            int(Check.KNOWN): bool(anchors.by_size) or known,
            int(Check.BODIES): question.bodies,
            int(Check.WITNESSES): question.policy is not None
            and question.policy.quorum is not None,
            CHECK_TOKENS: anchors.all_verified,
        }
        return _ALWAYS | {check for check, was in asked.items() if was}
