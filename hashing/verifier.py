"""The verifier: judges a log by its bytes alone, and names what is wrong with it.

The checks, by the numbers that findings carry:

1. The checkpoint is there and is a signed checkpoint.
2. It is of the log's origin and signed by the key that is valid at its size; with a pinned
   key, that key is the log's first.
3. Every entry bundle is there and holds as many entries as it should.
4. Every entry is canonical, has the next number, and follows the one before (``prev``).
5. The entries hash to the checkpoint's root.
6. Every stored tile, at every level, is the one that the entries make.
7. Entry 0 begins the log's key history; rotations are signed by both keys.
8. Within a boot, time does not go back. This is information, not a failure.
9. Checkpoints known from elsewhere are of this log's past (no rollback, no fork), and so are
   those that are kept beside the log because others vouch for them.
10. On request: the bodies of entries are what their act's schema says.

What it does not do: read objects, judge timestamps or cosignatures, look at files that the
checkpoint does not need, or trust anything but the pinned key. Garbage becomes findings;
nothing foreign is raised. It runs through the log once with one bundle in memory.
"""

from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType
from typing import Final

from hashing.checkpoint import Checkpoint
from hashing.entry import Entry
from hashing.entry_walk import Bundle, EntryWalk
from hashing.errors import (
    EvidenceError,
    LogInconsistent,
    MissingFile,
    OriginNotProven,
    RolledBack,
    SignatureInvalid,
)
from hashing.findings import Check, Finding, FindingList, LogSucceeds, LogVerdict, Severity
from hashing.log_reader import LogReader, LogSource
from hashing.merkle import leaf_hash
from hashing.note import SignedNote, VerifierKey
from hashing.ranges import SeqRanges
from hashing.tiles import TILE_WIDTH
from hashing.tree_check import TreeCheck

__all__ = ["Finding", "LogSource", "LogVerdict", "verify_log"]

MAX_MISSING_RUN = 64
"""After so many missing bundles in a row the rest is taken to be missing as well."""

TIMES_UNBOUNDED: Final = "times: no token or witness bounds them"
"""Said by every verdict on a log alone; who checks tokens or witnesses beside it takes it out."""

_NOTHING_KEPT: Mapping[str, Checkpoint] = MappingProxyType({})
_PROVING = (
    Check.CHECKPOINT,
    Check.SIGNATURE,
    Check.BUNDLES,
    Check.ENTRIES,
    Check.ROOT,
    Check.KEYS,
)
"""The checks without which a pinned key proves nothing about the entries."""


def verify_log(
    source: LogSource,
    pinned: VerifierKey | None,
    known: Sequence[Checkpoint] = (),
    on_entry: Callable[[Entry], None] | None = None,
    progress: Callable[[int, int], None] | None = None,
    *,
    check_bodies: bool = False,
    accepted: Sequence[VerifierKey] | None = None,
    kept: Mapping[str, Checkpoint] = _NOTHING_KEPT,
) -> LogVerdict:
    """Judge a log.

    Args:
        source: Its files.
        pinned: The log's first key, known from elsewhere. Without it the verdict is
            self-consistent, origin not proven.
        known: Checkpoints known from elsewhere. Their signatures are the caller's to judge.
        on_entry: Called with every entry, in the order they stand, as far as they are any.
            What it raises ends the run.
        progress: Called with the entries done and their number, after each bundle.
        check_bodies: Whether check 10 is made too.
        accepted: Keys of logs that a policy accepts; the log's first key, or the one that signed
            its checkpoint, must be one. None: there is no policy, or it names no log.
        kept: Checkpoints that lie beside the log, by the names that findings give them. Their
            signatures are the caller's to judge.
    """
    findings = FindingList()
    opened = _open(source, findings)
    if opened is None:
        gap = "everything: there is no checkpoint to check against"
        return LogVerdict(findings=findings.finish(), not_checked=(gap,))
    signed, checkpoint = opened
    doubtful = SeqRanges()
    walk = EntryWalk(checkpoint.size, findings, doubtful, on_entry, check_bodies=check_bodies)
    run = _Verification(source, checkpoint, findings, doubtful, walk, known, kept)
    run.read(progress)
    run.check_signature(signed, pinned, accepted)
    return run.verdict(is_pinned=pinned is not None or accepted is not None)


def _open(source: LogSource, findings: FindingList) -> tuple[SignedNote, Checkpoint] | None:
    """Check 1."""
    try:
        data = source.checkpoint()
        if data is None:
            raise MissingFile("the log has no checkpoint")
        signed = SignedNote.parse(data)
        return signed, Checkpoint.parse(signed.text)
    except EvidenceError as error:
        kind = MissingFile if isinstance(error, MissingFile) else LogInconsistent
        findings.add(kind, Check.CHECKPOINT, "checkpoint", error.detail)
        return None


class _Verification:
    """One run over one log whose checkpoint could be read."""

    def __init__(
        self,
        source: LogSource,
        checkpoint: Checkpoint,
        findings: FindingList,
        doubtful: SeqRanges,
        walk: EntryWalk,
        known: Sequence[Checkpoint],
        kept: Mapping[str, Checkpoint],
    ) -> None:
        self._checkpoint = checkpoint
        self._findings = findings
        self._doubtful = doubtful
        self._walk = walk
        self._known = known
        self._kept = kept
        self._reader = LogReader(source, findings)
        ours = (item for item in (*known, *kept.values()) if item.origin == checkpoint.origin)
        sizes = [item.size for item in ours]
        self._tree = TreeCheck(self._reader.tile, sizes)
        self._not_checked: list[str] = []

    def read(self, progress: Callable[[int, int], None] | None) -> None:
        """Checks 3 to 10, reading the log once."""
        if self._read_bundles(progress):
            self._tree.finish()
            self._tree.report(self._checkpoint, self._doubtful, self._findings)
            for known in self._known:
                self._check_known(known)
            for name, kept in self._kept.items():
                self._check_past(name, kept)
        self._reader.finish()
        self._walk.finish()
        self._report_succession()

    def _read_bundles(self, progress: Callable[[int, int], None] | None) -> bool:
        """Read all bundles; False where that was given up."""
        size, missing = self._checkpoint.size, 0
        for index in range(-(-size // TILE_WIDTH)):
            reach = min(size, (index + 1) * TILE_WIDTH)
            missing = 0 if self._take(index, reach - index * TILE_WIDTH) else missing + 1
            if missing == MAX_MISSING_RUN:
                self._walk.skip_to(size)
                gone = f"entries from {reach} on, the root and known checkpoints"
                self._not_checked.append(f"{gone}: {missing} bundles in a row are missing")
                return False
            if progress is not None:
                progress(reach, size)
        return True

    def _take(self, index: int, width: int) -> bool:
        """Check one bundle and its tile; whether there was a bundle."""
        start = index * TILE_WIDTH
        entries, intact = self._reader.bundle(index, width)
        stored = self._reader.tile(0, index, width)
        leaves = [leaf_hash(entry) for entry in entries]
        straight = self._walk.take(Bundle(start, width, entries, leaves, stored or b""))
        if not intact:
            self._walk.skip_to(start + width)
        differing = self._tree.take(index, width, leaves if len(leaves) == width else None, stored)
        for seq in differing if straight else ():
            self._doubtful.add(seq)
        return intact or bool(entries)

    def check_signature(
        self,
        signed: SignedNote,
        pinned: VerifierKey | None,
        accepted: Sequence[VerifierKey] | None,
    ) -> None:
        """Check 2. The keys come from the entries, so it is made last."""
        first = self._walk.keyring.first
        if pinned is not None and first is not None and first != pinned:
            self._add_signature(f"the log begins with key {first}, not with {pinned}")
        key = self._walk.keyring.valid_at(self._checkpoint.size) or pinned
        if key is None:
            self._add_signature("nothing to check the signature by: entry 0 gives no key")
            return
        if accepted is not None and first not in accepted and key not in accepted:
            self._add_signature(f"the policy accepts no key of this log, which is {key}")
        if self._checkpoint.origin != key.name:
            detail = f"it is of origin {self._checkpoint.origin!r}, the key of {key.name!r}"
            self._add_signature(detail)
        self._check_signed_by(signed, key)
        if pinned is None and accepted is None:
            detail = f"no key was pinned; the log itself names {first or key}"
            self._findings.add(
                OriginNotProven, Check.SIGNATURE, "checkpoint", detail, Severity.WARNING
            )

    def _check_signed_by(self, signed: SignedNote, key: VerifierKey) -> None:
        try:
            signed.verify(key)
        except SignatureInvalid as error:
            signers = ", ".join(f"{s.name}+{s.key_hash:08x}" for s in signed.signatures[:5])
            self._add_signature(f"{error.detail}; it carries signatures of {signers}")

    def _add_signature(self, detail: str) -> None:
        self._findings.add(SignatureInvalid, Check.SIGNATURE, "checkpoint", detail)

    def _report_succession(self) -> None:
        """What entry 0 says, or that it says nothing (check 7)."""
        keyring = self._walk.keyring
        if keyring.first is None:
            detail = "not a readable key entry, so the log names no key"
            self._findings.add(SignatureInvalid, Check.KEYS, "entry 0", detail)
        if keyring.succession is not None:
            earlier = keyring.succession
            detail = f"follows {earlier.origin}, lost after {earlier.size} entries"
            text = f"{detail}: {earlier.reason}"
            self._findings.add(LogSucceeds, Check.KEYS, "entry 0", text, Severity.INFORMATION)
            self._not_checked.append(f"the history before entry 0, of {earlier.origin}")

    def _check_known(self, known: Checkpoint) -> None:
        """Check 9."""
        subject = f"known checkpoint of size {known.size}"
        if known.origin == self._checkpoint.origin:
            self._check_past(subject, known)
        elif (fault := self._fault_in_predecessor(known)) is not None:
            self._findings.add(RolledBack, Check.KNOWN, subject, fault)

    def _check_past(self, subject: str, past: Checkpoint) -> None:
        """Check 9, for a checkpoint that must be of this log."""
        fault: str | None = None
        if past.origin != self._checkpoint.origin:
            fault = f"forked: it is of another log, {past.origin}"
        elif past.size > self._checkpoint.size:
            fault = f"rolled back: the log has only {self._checkpoint.size} entries"
        elif self._tree.hollow:
            self._not_checked.append(f"{subject}: there is no root")
        elif past.root not in self._tree.roots_at(past.size, self._checkpoint):
            fault = "forked: the log has another root at that size"
        if fault is not None:
            self._findings.add(RolledBack, Check.KNOWN, subject, fault)

    def _fault_in_predecessor(self, known: Checkpoint) -> str | None:
        """A known checkpoint of another origin is of the log this one follows, or wrong."""
        earlier = self._walk.keyring.succession
        if earlier is None or earlier.origin != known.origin:
            return f"forked: it is of another log, {known.origin}"
        if known.size > earlier.size:
            return f"rolled back: the log follows {known.origin} from entry {earlier.size} only"
        if known.size == earlier.size and known.root.hex() != earlier.root:
            return f"forked: {known.origin} is followed from another root at that size"
        self._not_checked.append(f"known checkpoint of size {known.size} of {known.origin}")
        return None

    def verdict(self, *, is_pinned: bool) -> LogVerdict:
        """The outcome, once every check was made."""
        for act, count in sorted(self._walk.unknown_acts.items()):
            self._not_checked.append(f"what {count} entries of the act {act!r} mean")
        if self._tree.hollow:
            self._not_checked.append("the root: of some entries neither bundle nor tile is there")
        elif not self._tree.whole:
            self._not_checked.append("the root over the entries alone: tiles stood in for some")
        self._not_checked.append(TIMES_UNBOUNDED)
        return LogVerdict(
            size=self._checkpoint.size,
            root=self._checkpoint.root,
            origin=self._checkpoint.origin,
            origin_proven=is_pinned and not self._findings.failed(*_PROVING),
            findings=self._findings.finish(),
            keys=self._walk.keyring.keys,
            not_checked=tuple(self._not_checked),
        )
