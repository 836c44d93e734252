"""Verifying an evidence package: what is in the folder, and nothing from the station.

Checks, by the numbers of every verifier of this program:

* 1, 2: the checkpoint is one, and is signed by the key of the last ``key`` entry in the package;
  that no rotation was left out is shown by this signature alone.
* 4: each entry is canonical, well formed and of its number; where its neighbour is in the
  package, it follows it.
* 7: the ``key`` entries begin with entry 0 and are signed by both keys.
* 9: anchors are of this log's past: signed by its key, and a consistency proof leads from each to
  the checkpoint. Checkpoints known from elsewhere are compared where their size is one of those.
* 10: on request, the bodies of entries.
* 11, 12: each original is there and has the digests that its entry states.
* 16: witnesses (:mod:`archive.verify.witnesses`), by the cosignatures on checkpoint and anchors.
* 15: each timestamp token is over the anchor beside it, is the one its entry names, and with
  pinned roots verifies under them.
* 17: every entry is in the log under the checkpoint, and each recording is the one its entry made.
* 18: the bag (:mod:`archive.verify.bag`).

What a package cannot show (3, 5, 6, 8, 13, 14) is said to be not checked. The readable history
and the verifiers inside are not compared with anything: they prove nothing.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from archive.export.bag import DECLARATION, INFO, MANIFESTS, TAG_MANIFEST
from archive.verify.archive import Progress, Question
from archive.verify.audit_pack import verify_audit_pack
from archive.verify.bag import CHECK_BAG, BagContents, check_bag
from archive.verify.findings import BagMismatch, Stamped
from archive.verify.objects import CHECK_DIGESTS, CHECK_PRESENT
from archive.verify.package_index import AUDIT, INDEX, MAX_INDEX_BYTES, PackageIndex
from archive.verify.token_judge import TokenJudge
from archive.verify.verdict import PackageVerdict
from archive.verify.witnesses import (
    NamedNote,
    claimed_keys,
    judge_quorum,
    list_witnesses,
    read_cosignatures,
)
from hashing.acts import SCHEMAS, validate
from hashing.checkpoint import Checkpoint
from hashing.digest import Digest, ObjectDigests
from hashing.entry import MAX_ENTRY_BYTES, Act, Entry, format_time, parse
from hashing.errors import (
    DigestMismatch,
    EvidenceError,
    LogInconsistent,
    MissingFile,
    OriginNotProven,
    RolledBack,
    SignatureInvalid,
)
from hashing.findings import Check, FindingList, LogVerdict, Severity
from hashing.keyring import Keyring, is_key_entry
from hashing.merkle import leaf_hash, verify_consistency
from hashing.note import MAX_NOTE_BYTES, SignedNote, VerifierKey
from hashing.recording import recording_id
from hashing.timestamp import MAX_ANSWER_BYTES, TimestampInvalid, Token
from hashing.tlog_proof import MAX_PROOF_BYTES, TlogProof, parse_hash_lines

CHECK_TOKENS: Final = 15
CHECK_INCLUSION: Final = 17
CHECKPOINT: Final = "proof/checkpoint"
ENTRIES: Final = "proof/entries/"
ANCHORS: Final = "proof/anchors/"

_READABLE: Final = frozenset(
    {
        *MANIFESTS.values(),
        DECLARATION,
        INFO,
        TAG_MANIFEST,
        "README.txt",
        "custody.html",
        "custody.json",
        "verify.html",
        "verify.py",
    }
)
_AUTHORITY = re.compile(r"proof/authorities/[a-z0-9][a-z0-9._-]{0,63}\.pem", re.ASCII).fullmatch

_PROVING = (
    Check.CHECKPOINT,
    Check.SIGNATURE,
    Check.ENTRIES,
    Check.KEYS,
    CHECK_INCLUSION,
)
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


@dataclass(slots=True)
class _PackageCheck:
    """One run over one evidence package whose index could be read."""

    bag: BagContents
    index: PackageIndex
    question: Question
    findings: FindingList
    keyring: Keyring = field(default_factory=Keyring)
    entries: dict[int, Entry] = field(default_factory=dict)
    named: set[str] = field(default_factory=set)
    not_checked: list[str] = field(default_factory=lambda: list(_BEYOND))
    anchors: dict[int, NamedNote] = field(default_factory=dict)

    def run(self, progress: Progress) -> PackageVerdict:
        """Every check; what is needed first comes first."""
        self.named |= {INDEX, CHECKPOINT}
        opened = self._open()
        if opened is None:
            gap = "everything that a checkpoint proves: it cannot be read"
            made = {int(Check.CHECKPOINT), CHECK_BAG}
            log = LogVerdict(not_checked=(gap, *_BEYOND))
            return PackageVerdict.of(log, self.findings, made=made, kind=self.index.kind)
        note, head = opened
        self._read_entries(note, head, progress)
        self._check_signature(note, head)
        self._check_anchors(head)
        self._check_known(head)
        self._check_witnesses(note, head)
        size_bytes = sum(self._check_recording(each) for each in self.index.fields["recordings"])
        self._check_unnamed()
        return self._outcome(head, size_bytes)

    def _open(self) -> tuple[SignedNote, Checkpoint] | None:
        """Check 1, and that the index speaks of this checkpoint."""
        try:
            note, head = self._checkpoint(CHECKPOINT)
        except EvidenceError as error:
            kind = MissingFile if isinstance(error, MissingFile) else LogInconsistent
            self.findings.add(kind, Check.CHECKPOINT, CHECKPOINT, error.detail)
            return None
        said = self.index.fields
        if (said["origin"], said["size"]) != (head.origin, head.size):
            detail = f"speaks of {said['size']} entries of {said['origin']}, not of the checkpoint"
            self.findings.add(BagMismatch, CHECK_BAG, INDEX, detail)
        return note, head

    def _checkpoint(self, path: str) -> tuple[SignedNote, Checkpoint]:
        note = SignedNote.parse(self._file(path, MAX_NOTE_BYTES))
        return note, Checkpoint.parse(note.text)

    def _file(self, path: str, limit: int) -> bytes:
        self.named.add(path)
        data = self.bag.read(path, limit)
        if data is None:
            raise MissingFile("missing, or longer than any such file")
        return data

    def _read_entries(self, note: SignedNote, head: Checkpoint, progress: Progress) -> None:
        """Checks 4, 7, 10 and 17, in the order of the log."""
        seqs = sorted(set(self.index.fields["entries"]))
        for done, seq in enumerate(seqs, 1):
            try:
                raw = self._file(f"{ENTRIES}{seq}.json", MAX_ENTRY_BYTES)
            except EvidenceError as error:
                self.findings.add_error(CHECK_INCLUSION, f"{ENTRIES}{seq}.json", error)
                continue
            self._check_inclusion(seq, raw, note, head)
            self._check_entry(seq, raw)
            progress.entries(done, len(seqs))
        if self.keyring.first is None:
            detail = "not a readable key entry in the package, so the log names no key"
            self.findings.add(SignatureInvalid, Check.KEYS, "entry 0", detail)

    def _check_inclusion(self, seq: int, raw: bytes, note: SignedNote, head: Checkpoint) -> None:
        name = f"{ENTRIES}{seq}.tlog-proof"
        try:
            proof = TlogProof.parse(self._file(name, MAX_PROOF_BYTES))
            if proof.note.encode() != note.encode():
                raise LogInconsistent("the proof leads to another checkpoint than the package's")
            if proof.index != seq:
                raise LogInconsistent(f"the proof is of entry {proof.index}, not of {seq}")
            if proof.extra is not None:
                raise LogInconsistent("the proof carries something beside the entry")
            proof.verify_inclusion(leaf_hash(raw))
        except MissingFile as error:
            self.findings.add_error(CHECK_INCLUSION, name, error)
        except EvidenceError as error:
            detail = f"not proven to be in the log of {head.size} entries: {error.detail}"
            self.findings.add(LogInconsistent, CHECK_INCLUSION, f"entry {seq}", detail)

    def _check_entry(self, seq: int, raw: bytes) -> None:
        try:
            entry = parse(raw)
        except EvidenceError as error:
            self.findings.add(LogInconsistent, Check.ENTRIES, f"entry {seq}", error.detail)
            return
        if entry.seq != seq:
            detail = f"changed: the file of entry {seq} holds entry {entry.seq}"
            self.findings.add(LogInconsistent, Check.ENTRIES, f"entry {seq}", detail)
            return
        before = self.entries.get(seq - 1)
        if before is not None and entry.prev != before.leaf.hex():
            detail = f"does not follow entry {seq - 1}: one of them was changed"
            self.findings.add(LogInconsistent, Check.ENTRIES, f"entry {seq}", detail)
        self.entries[seq] = entry
        if is_key_entry(entry.fields):
            try:
                self.keyring.read(seq, entry.fields)
            except EvidenceError as error:
                self.findings.add(SignatureInvalid, Check.KEYS, f"entry {seq}", error.detail)
        if self.question.bodies and entry.act in SCHEMAS:
            try:
                validate(Act(entry.act), entry.body)
            except EvidenceError as error:
                self.findings.add_error(Check.BODIES, f"entry {seq}", error)

    def _check_signature(self, note: SignedNote, head: Checkpoint) -> None:
        """Check 2."""
        pinned, first = self.question.key, self.keyring.first
        if pinned is not None and first is not None and first != pinned:
            self._unsigned(f"the log begins with key {first}, not with {pinned}")
        key = self._signing_key(head.size)
        if key is None:
            self._unsigned("nothing to check the signature by: entry 0 gives no key")
            return
        if head.origin != key.name:
            self._unsigned(f"it is of origin {head.origin!r}, the key of {key.name!r}")
        try:
            note.verify(key)
        except SignatureInvalid as error:
            self._unsigned(error.detail)
        accepted = self.question.accepted
        if accepted is not None and first not in accepted and key not in accepted:
            self._unsigned(f"the policy accepts no key of this log, which is {key}")
        if pinned is None and accepted is None:
            detail = f"no key was pinned; the log itself names {first or key}"
            kind, severity = OriginNotProven, Severity.WARNING
            self.findings.add(kind, Check.SIGNATURE, CHECKPOINT, detail, severity)

    def _unsigned(self, detail: str) -> None:
        self.findings.add(SignatureInvalid, Check.SIGNATURE, CHECKPOINT, detail)

    def _signing_key(self, size: int) -> VerifierKey | None:
        return self.keyring.valid_at(size) or self.question.key

    def _check_anchors(self, head: Checkpoint) -> None:
        """Checks 9 and 15 for what others have seen of the log."""
        for anchor in self.index.fields["anchors"]:
            size = anchor["size"]
            folder = f"{ANCHORS}{size}"
            try:
                note, checkpoint = self._checkpoint(f"{folder}/checkpoint")
            except EvidenceError as error:
                self.findings.add_error(Check.KNOWN, f"{folder}/checkpoint", error)
                continue
            self._check_anchor(folder, size, note, checkpoint, head)
            for authority in anchor["tokens"]:
                self._check_token(f"{folder}/{authority}.tsr", size, authority, note)
        if not any(anchor["tokens"] for anchor in self.index.fields["anchors"]):
            self.not_checked.append("times: no token bounds them")
        elif not self.question.roots:
            self.not_checked.append("signatures of timestamps: no roots are pinned (--tsa-root)")

    def _check_anchor(
        self,
        folder: str,
        size: int,
        note: SignedNote,
        anchor: Checkpoint,
        head: Checkpoint,
    ) -> None:
        subject = f"{folder}/checkpoint"
        try:
            _require_of(anchor, head.origin, size)
            if (key := self._signing_key(size)) is not None:
                note.verify(key)
            name = f"{folder}/consistency"
            is_head = size == head.size
            hashes = () if is_head else parse_hash_lines(self._file(name, MAX_PROOF_BYTES))
            verify_consistency(size, head.size, anchor.root, head.root, hashes)
        except (RolledBack, SignatureInvalid, MissingFile) as error:
            self.findings.add_error(Check.KNOWN, subject, error)
        except EvidenceError as error:
            detail = f"not of this log's past: {error.detail}"
            self.findings.add(RolledBack, Check.KNOWN, subject, detail)
        else:
            self.anchors[size] = NamedNote(subject, note, anchor)

    def _check_token(self, name: str, size: int, authority: str, note: SignedNote) -> None:
        """Check 15."""
        try:
            token = Token.read(self._file(name, MAX_ANSWER_BYTES))
            token.require_over(note.text.encode())
            _require_named(token, self._stamps(size, authority))
            self._judge_signature(name, token, size, note)
        except (MissingFile, TimestampInvalid) as error:
            self.findings.add_error(CHECK_TOKENS, name, error)
        except EvidenceError as error:
            self.findings.add(TimestampInvalid, CHECK_TOKENS, name, error.detail)

    def _judge_signature(self, name: str, token: Token, size: int, note: SignedNote) -> None:
        judges = TokenJudge(self.question.roots).verified_by(token, note.text.encode())
        if judges:
            time = format_time(token.info.gen_time_us)
            by = " and ".join(judges)
            detail = f"entries 0 to {size - 1} existed by {time} (verified by {by})"
            self.findings.add(Stamped, CHECK_TOKENS, name, detail, Severity.INFORMATION)
        elif self.question.roots:
            kind = token.signature_name
            self.not_checked.append(f"the signature of {name}: of a kind not judged here ({kind})")

    def _stamps(self, size: int, authority: str) -> list[Entry]:
        """The entries in the package that speak of a token over this anchor."""
        wanted = (Act.STAMP.value, size, authority)
        return [
            entry
            for entry in self.entries.values()
            if (entry.act, entry.fields.get("size"), entry.fields.get("authority")) == wanted
        ]

    def _check_known(self, head: Checkpoint) -> None:
        """Check 9 for checkpoints from elsewhere."""
        for known in self.question.known:
            subject = f"known checkpoint of size {known.size}"
            anchor = self.anchors.get(known.size)
            ours = anchor.checkpoint if anchor is not None else None
            ours = head if known.size == head.size else ours
            if known.origin != head.origin:
                detail = f"forked: it is of another log, {known.origin}"
                self.findings.add(RolledBack, Check.KNOWN, subject, detail)
            elif ours is None:
                self.not_checked.append(f"{subject}: the package has no proof to that size")
            elif ours.root != known.root:
                detail = "forked: the log has another root at that size"
                self.findings.add(RolledBack, Check.KNOWN, subject, detail)
        bodies = [head.body(), *(note.checkpoint.body() for note in self.anchors.values())]
        for brought in self.question.tokens:
            if not any(brought.token.covers(body.encode()) for body in bodies):
                self.not_checked.append(f"{brought.name}: the package has no checkpoint it is over")

    def _check_witnesses(self, note: SignedNote, head: Checkpoint) -> None:
        """Check 16."""
        notes = [NamedNote(CHECKPOINT, note, head), *self.anchors.values()]
        seen = {(each.checkpoint.size, each.checkpoint.root) for each in notes}
        notes += (
            other
            for other in self.question.others
            if (other.checkpoint.size, other.checkpoint.root) in seen
        )
        if self.question.policy is not None:
            judged = judge_quorum(notes, self.question.policy, head.size, self.findings)
            self.not_checked += judged.not_checked
            return
        claimed = claimed_keys(self.entries.values())
        made, gaps = read_cosignatures(notes, claimed, self.findings)
        list_witnesses(made, self.findings)
        self.not_checked += [*gaps, "witnesses: no policy says whose cosignatures count"]

    def _check_recording(self, said: Mapping[str, Any]) -> int:
        """Checks 11, 12 and 17 for one recording; its size in bytes."""
        recording, path, seq = said["recording"], said["path"], said["seq"]
        self.named.add(path)
        stated = self._stated(recording, seq)
        found = self.bag.files.get(path)
        if found is None:
            detail = f"missing: it is recording {recording}"
            self.findings.add(MissingFile, CHECK_PRESENT, path, detail)
        if stated is not None:
            self._compare(path, seq, stated, found)
            self._compare(f"{INDEX}, recording {recording}", seq, stated, _of_index(said))
        return found.size_bytes if found is not None else 0

    def _compare(
        self, subject: str, seq: int, stated: ObjectDigests, found: ObjectDigests | None
    ) -> None:
        if found is not None and not _same(stated, found):
            detail = f"has {_spelled(found)}, entry {seq} says {_spelled(stated)}"
            self.findings.add(DigestMismatch, CHECK_DIGESTS, subject, detail)

    def _stated(self, recording: str, seq: int) -> ObjectDigests | None:
        """What the entry that made a recording says of its bytes; None where it is no such."""
        subject = f"recording {recording}"
        entry = self.entries.get(seq)
        if entry is None:
            detail = f"entry {seq}, which is to have made it, is not in the package"
            self.findings.add(LogInconsistent, CHECK_INCLUSION, subject, detail)
            return None
        fields = entry.fields
        made = entry.act == Act.INGEST or (
            entry.act == Act.SIGHTING and fields.get("new_recording") is True
        )
        if not made or fields.get("recording") != recording:
            detail = f"entry {seq} is no ingest or first sighting of it"
            self.findings.add(LogInconsistent, CHECK_INCLUSION, subject, detail)
            return None
        try:
            stated = ObjectDigests.from_body(fields["object"])
            derived = recording_id(str(fields["recorder"]), stated.sha256.hex)
        except (EvidenceError, KeyError, AttributeError, UnicodeEncodeError):
            detail = f"entry {seq} names no object of a recorder"
            self.findings.add(LogInconsistent, CHECK_INCLUSION, subject, detail)
            return None
        if derived != recording:
            detail = f"the id does not follow from recorder and digest, which give {derived}"
            self.findings.add(LogInconsistent, CHECK_INCLUSION, subject, detail)
        return stated

    def _check_unnamed(self) -> None:
        """Every file of a package has a place; a manifest that names another makes it no part."""
        for path in sorted(self.bag.files.keys() - self.named - _READABLE):
            if not _AUTHORITY(path):
                detail = "added: the index does not name it"
                self.findings.add(BagMismatch, CHECK_BAG, path, detail)

    def _outcome(self, head: Checkpoint, size_bytes: int) -> PackageVerdict:
        asked = {
            int(Check.KNOWN): bool(self.anchors)
            or any(known.size == head.size for known in self.question.known),
            int(Check.BODIES): self.question.bodies,
            int(Check.WITNESSES): self.question.policy is not None
            and self.question.policy.quorum is not None,
            CHECK_TOKENS: any(anchor["tokens"] for anchor in self.index.fields["anchors"]),
        }
        always = (
            Check.CHECKPOINT,
            Check.SIGNATURE,
            Check.ENTRIES,
            Check.KEYS,
            CHECK_PRESENT,
            CHECK_DIGESTS,
            CHECK_INCLUSION,
            CHECK_BAG,
        )
        made = {int(each) for each in always} | {each for each, was in asked.items() if was}
        log = LogVerdict(
            size=head.size,
            root=head.root,
            origin=head.origin,
            origin_proven=(self.question.key is not None or self.question.accepted is not None)
            and not self.findings.failed(*_PROVING),
            keys=self.keyring.keys,
            not_checked=tuple(self.not_checked),
        )
        return PackageVerdict.of(
            log,
            self.findings,
            made=made,
            kind=self.index.kind,
            objects=len(self.index.fields["recordings"]),
            size_bytes=size_bytes,
        )


def _require_of(anchor: Checkpoint, origin: str, size: int) -> None:
    if (anchor.origin, anchor.size) != (origin, size):
        raise RolledBack(f"it is of {anchor.size} entries of {anchor.origin}")


def _require_named(token: Token, stamps: Sequence[Entry]) -> None:
    """A token that entries speak of must be one of those they name."""
    named = {entry.fields.get("token_sha256") for entry in stamps}
    if named and token.sha256 not in named:
        seqs = ", ".join(str(entry.seq) for entry in stamps)
        raise TimestampInvalid(f"not the token that entry {seqs} names")


def _of_index(said: Mapping[str, Any]) -> ObjectDigests:
    sm3 = said.get("sm3")
    digest = None if sm3 is None else Digest.sm3(sm3)
    return ObjectDigests(Digest.sha256(said["sha256"]), digest, said["size_bytes"])


def _same(stated: ObjectDigests, found: ObjectDigests) -> bool:
    """Whether bytes have what an entry states; SM3 only where both have it."""
    if (stated.sha256, stated.size_bytes) != (found.sha256, found.size_bytes):
        return False
    return None in (stated.sm3, found.sm3) or stated.sm3 == found.sm3


def _spelled(digests: ObjectDigests) -> str:
    sm3 = f" {digests.sm3}" if digests.sm3 else ""
    return f"{digests.sha256}{sm3} of {digests.size_bytes} bytes"
