"""One verification of one archive, from its folder alone."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from cryptography import x509

from archive.catalog.catalog import Catalog
from archive.catalog.compare import Difference
from archive.clock import now_us
from archive.errors import NotAnArchive
from archive.layout import Layout
from archive.log.kept import KeptCheckpoints
from archive.log.reader import CHECKPOINT, LogFiles
from archive.stores.landing import LandingStore
from archive.streams.buffers import BufferPool
from archive.verify.findings import CatalogDiffers
from archive.verify.journal import Journal
from archive.verify.meanwhile import look
from archive.verify.objects import ObjectChecks
from archive.verify.timestamps import KnownToken, TimestampChecks
from archive.verify.witnesses import NamedNote, WitnessChecks
from hashing.checkpoint import Checkpoint
from hashing.digest import Algorithm
from hashing.entry import Entry
from hashing.errors import EvidenceError
from hashing.findings import Finding, FindingList, LogVerdict, Severity
from hashing.note import VerifierKey
from hashing.policy import Policy
from hashing.verifier import TIMES_UNBOUNDED, verify_log

CHECK_CATALOG = 14
DIFFERENCES_TOLD = 20


@dataclass(frozen=True, slots=True)
class Question:
    """What is asked of a verification.

    Attributes:
        key: The log's first key, obtained elsewhere.
        known: Checkpoints obtained elsewhere.
        deep: Whether every object is read, and the catalog compared.
        journal: What earlier runs of a deep verification have read, to go on from there.
        algorithms: Digests to compare in a deep run.
        bodies: Whether the bodies of entries are held against their schemas.
        policy: Which logs and witnesses count, obtained elsewhere.
        others: Cosigned checkpoints obtained elsewhere, which may carry the policy's quorum.
        expected: The objects that must be there, by SHA-256 in hexadecimal; None: all.
        roots: Root certificates of time-stamping authorities, obtained elsewhere.
        tokens: Timestamp tokens kept elsewhere.
    """

    key: VerifierKey | None = None
    known: Sequence[Checkpoint] = ()
    deep: bool = False
    journal: Journal | None = None
    algorithms: tuple[Algorithm, ...] = (Algorithm.SHA256,)
    bodies: bool = False
    policy: Policy | None = None
    others: Sequence[NamedNote] = ()
    expected: frozenset[str] | None = None
    roots: Sequence[x509.Certificate] = ()
    tokens: Sequence[KnownToken] = ()

    @property
    def accepted(self) -> tuple[VerifierKey, ...] | None:
        """The log keys that the policy accepts; None where it names no log."""
        if self.policy is None or not self.policy.logs:
            return None
        return tuple(log.key for log in self.policy.logs if isinstance(log.key, VerifierKey))


@dataclass(frozen=True, slots=True)
class ArchiveVerdict:
    """The outcome.

    Attributes:
        log: What the log's own verification says.
        findings: Everything found, the log's findings included, ordered by check.
        objects: Objects that the log names.
        size_bytes: Their bytes.
        not_checked: What the verdict says nothing about, as sentences.
        timestamps_verified: Whether there are tokens in the log, and all of them are verified.
    """

    log: LogVerdict
    findings: tuple[Finding, ...]
    objects: int
    size_bytes: int
    not_checked: tuple[str, ...]
    timestamps_verified: bool = False

    @property
    def ok(self) -> bool:
        """Whether everything that was checked holds."""
        return not any(finding.severity is Severity.ERROR for finding in self.findings)

    @property
    def exit_code(self) -> int:
        """0; the first error's code; else the gravest warning's (101 before 102)."""
        errors = [f.exit_code for f in self.findings if f.severity is Severity.ERROR]
        warnings = [f.exit_code for f in self.findings if f.severity is Severity.WARNING]
        return (errors or sorted(warnings) or [0])[0]


@dataclass(frozen=True, slots=True)
class Progress:
    """Who is told how far a verification is.

    Attributes:
        entries: Called with the entries done and their number.
        read: Called with bytes read since the last call, from several threads.
    """

    entries: Callable[[int, int], None] = lambda _done, _all: None
    read: Callable[[int], None] = lambda _bytes: None


class _Source:
    """A log's folder for the verifier, to which a missing checkpoint is a finding."""

    def __init__(self, files: LogFiles) -> None:
        self.files = files
        self.bundle = files.bundle
        self.tile = files.tile
        self._read: bytes | None = None

    def checkpoint(self) -> bytes | None:
        """The newest checkpoint's signed note, None where there is none."""
        try:
            self._read = self.files.checkpoint()
        except NotAnArchive:
            self._read = None
        return self._read

    def head(self) -> Iterable[NamedNote]:
        """The checkpoint that the log was judged by, where it could be read."""
        try:
            return () if self._read is None else (NamedNote.parse(CHECKPOINT, self._read),)
        except EvidenceError:
            return ()


def verify_archive(
    root: Path,
    question: Question,
    progress: Progress,
    watch: Callable[[Entry], None] = lambda _: None,
) -> ArchiveVerdict:
    """Verify an archive. Nothing is written, no lock is taken.

    Args:
        root: Its folder.
        question: What is asked.
        progress: Watches.
        watch: Called with every entry, in the order they stand.

    Raises:
        NotAnArchive: The folder holds no log.
    """
    layout = Layout(root)
    if not (layout.log / CHECKPOINT).exists() and not (layout.log / "tile").is_dir():
        raise NotAnArchive(f"{root} holds no archive")
    findings = FindingList()
    algorithms = question.algorithms if question.deep else None
    landing = LandingStore(layout, BufferPool())
    asked = (question.expected, question.journal)
    objects = ObjectChecks(landing, findings, algorithms, progress.read, *asked)
    source = _Source(LogFiles(layout.log))
    witnesses = WitnessChecks(KeptCheckpoints(layout.log), findings, question.policy)

    timestamps = TimestampChecks(source.files, findings, question.roots, now_us())

    def on_entry(entry: Entry) -> None:
        timestamps.on_entry(entry)
        objects.on_entry(entry)
        witnesses.on_entry(entry)
        watch(entry)

    log = verify_log(
        source,
        question.key,
        question.known,
        on_entry,
        progress.entries,
        check_bodies=question.bodies,
        accepted=question.accepted,
        kept=witnesses.checkpoints,
    )
    meanwhile = partial(look, layout, source.files, log.size)
    not_checked = [*log.not_checked, *objects.finish(meanwhile, log_is_whole=log.ok)]
    others = [*source.head(), *question.others]
    not_checked += witnesses.finish(log.keys, log.size, log.findings, others)
    not_checked += timestamps.finish(log, question.tokens)
    bounds_times = witnesses.bounds_times or timestamps.bounds_times
    if bounds_times and TIMES_UNBOUNDED in not_checked:
        not_checked.remove(TIMES_UNBOUNDED)
    if not question.deep:
        not_checked.append("the bytes of objects, and the catalog: ask for --deep")
    elif log.ok:
        not_checked += _compare_catalog(layout, source.files, findings)
    every = (*log.findings, *findings.finish())
    ordered = tuple(sorted(every, key=lambda finding: finding.check))
    return ArchiveVerdict(
        log,
        ordered,
        objects.objects,
        objects.size_bytes,
        tuple(not_checked),
        timestamps.all_verified,
    )


def _compare_catalog(layout: Layout, files: LogFiles, findings: FindingList) -> Iterable[str]:
    """Check 14; what could not be checked."""
    if not layout.catalog.exists():
        return ["the catalog: there is none"]
    try:
        with Catalog.open(layout.catalog, read_only=True) as catalog:
            known, size = catalog.log_size, files.head().size
            if known > size:
                detail = f"speaks of {known} entries, the log has {size}"
                findings.add(CatalogDiffers, CHECK_CATALOG, layout.catalog.name, detail)
                return []
            head = files.root_at(known).hex() if known else None
            listed = catalog.compare(files.entries(), head, DIFFERENCES_TOLD)
            if catalog.log_size != known:  # a station writes: its head is another by now
                listed = [difference for difference in listed if difference.table != "meta"]
            for difference in listed:
                findings.add(CatalogDiffers, CHECK_CATALOG, layout.catalog.name, _words(difference))
    except EvidenceError as error:
        findings.add(CatalogDiffers, CHECK_CATALOG, layout.catalog.name, error.detail)
    return []


def _words(difference: Difference) -> str:
    row = f"{difference.table} {'/'.join(str(part) for part in difference.key)}"
    if difference.column is None:
        return f"{row} is missing" if difference.found is None else f"{row} should not be there"
    column, found, expected = difference.column, difference.found, difference.expected
    return f"{row}: {column} is {found!r}, the log makes it {expected!r}"
