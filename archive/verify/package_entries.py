"""The entries of an evidence package, in the order of the log.

* 4: each is canonical, well formed and of its number; where its neighbour is in the package, it
  follows it.
* 7: the ``key`` entries begin with entry 0 and are signed by both keys.
* 10: on request, their bodies.
* 17: each is in the log under the checkpoint, by the proof beside it.

Not checked: that no entry was left out.
"""

from collections.abc import Collection, Mapping
from typing import Final

from archive.verify.archive import Progress
from archive.verify.package_files import PackageFiles
from archive.verify.witnesses import NamedNote
from hashing.acts import SCHEMAS, validate
from hashing.entry import MAX_ENTRY_BYTES, Act, Entry, parse
from hashing.errors import EvidenceError, LogInconsistent, MissingFile, SignatureInvalid
from hashing.findings import Check, FindingList
from hashing.keyring import Keyring, is_key_entry
from hashing.merkle import leaf_hash
from hashing.tlog_proof import MAX_PROOF_BYTES, TlogProof

CHECK_INCLUSION: Final = 17
ENTRIES: Final = "proof/entries/"


class PackageEntries:
    """The entries of one package.

    Attributes:
        keyring: The keys that they name.

    Args:
        files: The files of the package.
        findings: Where findings go.
        bodies: Whether bodies are looked at.
    """

    def __init__(self, files: PackageFiles, findings: FindingList, *, bodies: bool) -> None:
        self._files = files
        self._findings = findings
        self._bodies = bodies
        self._entries: dict[int, Entry] = {}
        self.keyring = Keyring()

    @property
    def by_seq(self) -> Mapping[int, Entry]:
        """Those that are entries, by number."""
        return self._entries

    def check(self, seqs: Collection[int], head: NamedNote, progress: Progress) -> None:
        """Checks 4, 7, 10 and 17.

        Args:
            seqs: The numbers that the index names.
            head: The checkpoint that they are to be proven against.
            progress: Told of entries.
        """
        ordered = sorted(set(seqs))
        for done, seq in enumerate(ordered, 1):
            try:
                raw = self._files.read(f"{ENTRIES}{seq}.json", MAX_ENTRY_BYTES)
            except EvidenceError as error:
                self._findings.add_error(CHECK_INCLUSION, f"{ENTRIES}{seq}.json", error)
                continue
            self._check_inclusion(seq, raw, head)
            self._check_entry(seq, raw)
            progress.entries(done, len(ordered))
        if self.keyring.first is None:
            detail = "not a readable key entry in the package, so the log names no key"
            self._findings.add(SignatureInvalid, Check.KEYS, "entry 0", detail)

    def _check_inclusion(self, seq: int, raw: bytes, head: NamedNote) -> None:
        """Check 17."""
        name = f"{ENTRIES}{seq}.tlog-proof"
        try:
            proof = TlogProof.parse(self._files.read(name, MAX_PROOF_BYTES))
            _require_bare(proof, seq, head)
            proof.verify_inclusion(leaf_hash(raw))
        except MissingFile as error:
            self._findings.add_error(CHECK_INCLUSION, name, error)
        except EvidenceError as error:
            size = head.checkpoint.size
            detail = f"not proven to be in the log of {size} entries: {error.detail}"
            self._findings.add(LogInconsistent, CHECK_INCLUSION, f"entry {seq}", detail)

    def _check_entry(self, seq: int, raw: bytes) -> None:
        try:
            entry = parse(raw)
            if entry.seq != seq:
                raise LogInconsistent(f"changed: the file of entry {seq} holds entry {entry.seq}")
        except EvidenceError as error:
            self._findings.add(LogInconsistent, Check.ENTRIES, f"entry {seq}", error.detail)
            return
        self._check_neighbour(entry)
        self._entries[seq] = entry
        self._check_key(entry)
        if self._bodies:
            self._check_body(entry)

    def _check_neighbour(self, entry: Entry) -> None:
        before = self._entries.get(entry.seq - 1)
        if before is not None and entry.prev != before.leaf.hex():
            detail = f"does not follow entry {before.seq}: one of them was changed"
            self._findings.add(LogInconsistent, Check.ENTRIES, f"entry {entry.seq}", detail)

    def _check_key(self, entry: Entry) -> None:
        """Check 7."""
        if not is_key_entry(entry.fields):
            return
        try:
            self.keyring.read(entry.seq, entry.fields)
        except EvidenceError as error:
            self._findings.add(SignatureInvalid, Check.KEYS, f"entry {entry.seq}", error.detail)

    def _check_body(self, entry: Entry) -> None:
        """Check 10."""
        if entry.act not in SCHEMAS:
            return
        try:
            validate(Act(entry.act), entry.body)
        except EvidenceError as error:
            self._findings.add_error(Check.BODIES, f"entry {entry.seq}", error)


def _require_bare(proof: TlogProof, seq: int, head: NamedNote) -> None:
    """A proof is of its entry, to the package's checkpoint, and of nothing else."""
    if proof.note.encode() != head.note.encode():
        raise LogInconsistent("the proof leads to another checkpoint than the package's")
    if proof.index != seq:
        raise LogInconsistent(f"the proof is of entry {proof.index}, not of {seq}")
    if proof.extra is not None:
        raise LogInconsistent("the proof carries something beside the entry")
