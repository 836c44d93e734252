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
9. Checkpoints known from elsewhere are of this log's past (no rollback, no fork).
10. On request: the bodies of entries are what their act's schema says.

What it does not do: read objects, judge timestamps or cosignatures, look at files that the
checkpoint does not need, or trust anything but the pinned key. Garbage becomes findings;
nothing foreign is raised. It runs through the log once with one bundle in memory.
"""

from collections.abc import Callable, Sequence
from functools import partial
from typing import Protocol

from hashing.checkpoint import Checkpoint
from hashing.entry import Entry
from hashing.entry_walk import CHECK_ENTRIES, CHECK_KEYS, Bundle, EntryWalk
from hashing.errors import (
    EvidenceError,
    LogInconsistent,
    MissingFile,
    OriginNotProven,
    RolledBack,
    SignatureInvalid,
)
from hashing.findings import FindingList, LogSucceeds, LogVerdict, Severity
from hashing.merkle import HASH_BYTES, leaf_hash
from hashing.note import SignedNote, VerifierKey
from hashing.ranges import SeqRanges
from hashing.tiles import (
    TILE_WIDTH,
    MalformedBundle,
    decode_bundle,
    entries_path,
    split_hashes,
    tile_path,
)
from hashing.tree_check import CHECK_ROOT, CHECK_TILES, TreeCheck

CHECK_CHECKPOINT = 1
CHECK_SIGNATURE = 2
CHECK_BUNDLES = 3
CHECK_KNOWN = 9

MAX_MISSING_RUN = 64
"""After so many missing bundles in a row the rest is taken to be missing as well."""


class LogSource(Protocol):
    """Where a log's files come from. An EvidenceError that a method raises is a finding.

    A width below 256 asks for the partial file of exactly that width. The verifier itself
    looks for a wider one where a log that grows has replaced it.
    """

    def checkpoint(self) -> bytes | None:
        """The newest checkpoint's signed note, None where there is none."""

    def bundle(self, index: int, width: int) -> bytes | None:
        """An entry bundle, None where it is missing."""

    def tile(self, level: int, index: int, width: int) -> bytes | None:
        """A hash tile, None where it is missing."""


def verify_log(
    source: LogSource,
    pinned: VerifierKey | None,
    known: Sequence[Checkpoint] = (),
    on_entry: Callable[[Entry], None] | None = None,
    progress: Callable[[int, int], None] | None = None,
    *,
    check_bodies: bool = False,
) -> LogVerdict:
    """Judge a log.

    Args:
        source: Its files.
        pinned: The log's first key, known from elsewhere. Without it the verdict is
            self-consistent, origin not proven.
        known: Checkpoints known from elsewhere. Their signatures are the caller's to judge.
        on_entry: Called with every entry, in the order they stand, as far as they are any.
        progress: Called with the entries done and their number, after each bundle.
        check_bodies: Whether check 10 is made too.
    """
    verification = _Verification(source, pinned, known, on_entry, progress)
    return verification.run(check_bodies=check_bodies)


class _Verification:
    """One run over one log."""

    def __init__(
        self,
        source: LogSource,
        pinned: VerifierKey | None,
        known: Sequence[Checkpoint],
        on_entry: Callable[[Entry], None] | None,
        progress: Callable[[int, int], None] | None,
    ) -> None:
        self._source = source
        self._pinned = pinned
        self._known = known
        self._on_entry = on_entry
        self._progress = progress
        self._findings = FindingList()
        self._not_checked: list[str] = []
        self._doubtful = SeqRanges()

    def run(self, *, check_bodies: bool) -> LogVerdict:
        """All checks, in the order in which the bytes allow them."""
        note = self._open()
        if note is None:
            self._not_checked.append("everything: there is no checkpoint to check against")
            return LogVerdict(
                findings=self._findings.finish(), not_checked=tuple(self._not_checked)
            )
        signed, checkpoint = note
        walk = EntryWalk(
            checkpoint.size,
            self._findings,
            self._doubtful,
            self._on_entry,
            check_bodies=check_bodies,
        )
        tree = TreeCheck(self._tile, [c.size for c in self._known if c.origin == checkpoint.origin])
        if self._read_all(checkpoint.size, walk, tree):
            tree.finish()
            tree.report(checkpoint, self._doubtful, self._findings)
            self._check_known(checkpoint, walk, tree)
        walk.finish()
        self._check_signature(signed, checkpoint, walk)
        self._report_succession(walk)
        return self._verdict(checkpoint, walk, tree)

    # 1 -------------------------------------------------------------------------------------

    def _open(self) -> tuple[SignedNote, Checkpoint] | None:
        try:
            data = self._source.checkpoint()
            if data is None:
                raise MissingFile("the log has no checkpoint")
            signed = SignedNote.parse(data)
            return signed, Checkpoint.parse(signed.text)
        except EvidenceError as error:
            kind = MissingFile if isinstance(error, MissingFile) else LogInconsistent
            self._findings.add(kind, CHECK_CHECKPOINT, "checkpoint", error.detail)
            return None

    # 2 -------------------------------------------------------------------------------------

    def _check_signature(self, signed: SignedNote, checkpoint: Checkpoint, walk: EntryWalk) -> None:
        first = walk.keyring.first
        if self._pinned is not None and first is not None and first != self._pinned:
            self._add_signature(f"the log begins with key {first}, not {self._pinned}")
        key = walk.keyring.valid_at(checkpoint.size) or self._pinned
        if key is None:
            self._add_signature("no key to check it with: entry 0 gives none")
            return
        if checkpoint.origin != key.name:
            self._add_signature(f"it is of origin {checkpoint.origin!r}, the key of {key.name!r}")
        try:
            signed.verify(key)
        except SignatureInvalid as error:
            signers = ", ".join(f"{s.name}+{s.key_hash:08x}" for s in signed.signatures[:5])
            self._add_signature(f"{error.detail}; it carries signatures of {signers}")
        if self._pinned is None:
            self._findings.add(
                OriginNotProven,
                CHECK_SIGNATURE,
                "checkpoint",
                f"no key was pinned; the log itself names {first or key}",
                Severity.WARNING,
            )

    def _add_signature(self, detail: str) -> None:
        self._findings.add(SignatureInvalid, CHECK_SIGNATURE, "checkpoint", detail)

    # 3, 4, 6 -------------------------------------------------------------------------------

    def _read_all(self, size: int, walk: EntryWalk, tree: TreeCheck) -> bool:
        """Read all bundles; False where reading was given up."""
        missing = 0
        for index in range(-(-size // TILE_WIDTH)):
            width = min(TILE_WIDTH, size - index * TILE_WIDTH)
            found = self._take(index, width, walk, tree)
            missing = 0 if found else missing + 1
            if missing == MAX_MISSING_RUN:
                walk.skip_to(size)
                gone = f"entries from {(index + 1) * TILE_WIDTH} on: {missing} bundles in a row"
                self._not_checked.append(f"{gone} are missing, so the root was not made either")
                return False
            if self._progress is not None:
                self._progress(min(size, (index + 1) * TILE_WIDTH), size)
        return True

    def _take(self, index: int, width: int, walk: EntryWalk, tree: TreeCheck) -> bool:
        """Check one bundle and its tile; whether there was a bundle."""
        start = index * TILE_WIDTH
        entries, intact = self._bundle(index, width)
        stored = self._tile(0, index, width)
        recorded = split_hashes(stored) if stored is not None else []
        leaves = [leaf_hash(entry) for entry in entries]
        straight = walk.take(Bundle(start, entries, leaves, recorded))
        if not intact:
            walk.skip_to(start + width)
        differing = tree.take(index, width, leaves if len(leaves) == width else None, stored)
        for seq in differing if straight else ():
            self._doubtful.add(seq)
        return intact or bool(entries)

    def _bundle(self, index: int, width: int) -> tuple[list[bytes], bool]:
        """The entries of a bundle, and whether it could be read to its end."""
        name = entries_path(index, width)
        read = partial(self._source.bundle, index)
        data, found_width = self._read(CHECK_BUNDLES, name, width, read)
        if data is None:
            return [], False
        try:
            entries, intact = decode_bundle(data), True
        except MalformedBundle as error:
            self._findings.add(LogInconsistent, CHECK_BUNDLES, name, error.detail)
            entries, intact = list(error.entries), False
        if len(entries) in {found_width, TILE_WIDTH}:
            return entries[:width], intact
        if intact:
            detail = f"bundle holds {len(entries)} entries, not {width}"
            self._findings.add(LogInconsistent, CHECK_BUNDLES, name, detail)
        return entries[: 2 * TILE_WIDTH], intact

    def _tile(self, level: int, index: int, width: int) -> bytes | None:
        """A stored tile of the right length, else None and a finding."""
        name = tile_path(level, index, width)
        read = partial(self._source.tile, level, index)
        data, found_width = self._read(CHECK_TILES, name, width, read)
        if data is None:
            return None
        if len(data) not in {found_width * HASH_BYTES, TILE_WIDTH * HASH_BYTES}:
            detail = f"tile has {len(data)} bytes, not {width * HASH_BYTES}"
            self._findings.add(LogInconsistent, CHECK_TILES, name, detail)
            return None
        return data[: width * HASH_BYTES]

    def _read(
        self, check: int, name: str, width: int, read: Callable[[int], bytes | None]
    ) -> tuple[bytes | None, int]:
        """A file of the log, or a wider one in its place, and the width it has."""
        wider = range(TILE_WIDTH, width, -1) if width < TILE_WIDTH else ()
        try:
            for candidate in (width, *wider):
                data = read(candidate)
                if data is not None:
                    return data, candidate
            self._findings.add(MissingFile, check, name, "file is missing")
        except EvidenceError as error:
            self._findings.add(MissingFile, check, name, f"cannot be read: {error.detail}")
        return None, width

    # 7 -------------------------------------------------------------------------------------

    def _report_succession(self, walk: EntryWalk) -> None:
        if walk.keyring.first is None:
            detail = "is not a readable key entry, so the log names no key"
            self._findings.add(SignatureInvalid, CHECK_KEYS, "entry 0", detail)
        earlier = walk.keyring.succession
        if earlier is not None:
            detail = f"the log follows {earlier.origin} after its entry {earlier.size - 1}"
            self._findings.add(
                LogSucceeds,
                CHECK_KEYS,
                "entry 0",
                f"{detail}: {earlier.reason}",
                Severity.INFORMATION,
            )

    # 9 -------------------------------------------------------------------------------------

    def _check_known(self, checkpoint: Checkpoint, walk: EntryWalk, tree: TreeCheck) -> None:
        for known in self._known:
            subject = f"known checkpoint of size {known.size}"
            if known.origin != checkpoint.origin:
                self._check_predecessor(subject, known, walk)
            elif known.size > checkpoint.size:
                detail = f"rolled back: the log has only {checkpoint.size} entries"
                self._findings.add(RolledBack, CHECK_KNOWN, subject, detail)
            elif tree.truth(checkpoint, known.size) != known.root:
                detail = "forked: the log had another root at that size"
                self._findings.add(RolledBack, CHECK_KNOWN, subject, detail)

    def _check_predecessor(self, subject: str, known: Checkpoint, walk: EntryWalk) -> None:
        """A known checkpoint of another origin is that of the log this one follows, or wrong."""
        earlier = walk.keyring.succession
        if earlier is None or earlier.origin != known.origin:
            detail = f"is of another log: {known.origin}"
            self._findings.add(RolledBack, CHECK_KNOWN, subject, detail)
        elif known.size > earlier.size:
            detail = f"rolled back: the log follows {known.origin} from entry {earlier.size} only"
            self._findings.add(RolledBack, CHECK_KNOWN, subject, detail)
        elif known.size == earlier.size and known.root.hex() != earlier.root:
            detail = f"forked: {known.origin} had another root at that size"
            self._findings.add(RolledBack, CHECK_KNOWN, subject, detail)
        else:
            self._not_checked.append(f"{subject} of the earlier log {known.origin}")

    def _verdict(self, checkpoint: Checkpoint, walk: EntryWalk, tree: TreeCheck) -> LogVerdict:
        for act, count in sorted(walk.unknown_acts.items()):
            self._not_checked.append(f"what {count} entries of the act {act!r} mean")
        if not tree.whole:
            self._not_checked.append("the root over the entries alone: tiles stood in for some")
        if walk.keyring.succession is not None:
            self._not_checked.append(
                f"the history before entry 0, of {walk.keyring.succession.origin}"
            )
        self._not_checked.append("times: no token or witness bounds them")
        failed = self._findings.failed(
            CHECK_CHECKPOINT, CHECK_SIGNATURE, CHECK_ROOT, CHECK_KEYS, CHECK_ENTRIES
        )
        return LogVerdict(
            size=checkpoint.size,
            root=checkpoint.root,
            origin=checkpoint.origin,
            origin_proven=self._pinned is not None and not failed,
            findings=self._findings.finish(),
            keys=walk.keyring.keys,
            not_checked=tuple(self._not_checked),
        )
