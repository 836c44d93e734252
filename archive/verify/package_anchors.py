"""The anchors of an evidence package: what others have seen of the log (checks 9, 15 and 16).

An anchor is of this log's past: it is of its origin and of its folder's size, signed by the key of
that size, and a consistency proof leads from it to the checkpoint. Checkpoints known from
elsewhere are compared where their size is one of those; other sizes are said not to be checked.

Cosignatures are looked for on the checkpoint and on the anchors (:mod:`archive.verify.witnesses`),
tokens beside the anchors (:mod:`archive.verify.package_tokens`). What a ``witness`` entry in the
package says was cosigned must be an anchor of it, and cosigned.
"""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from archive.verify.archive import Question
from archive.verify.package_checkpoint import signing_key
from archive.verify.package_entries import PackageEntries
from archive.verify.package_files import PackageFiles
from archive.verify.package_index import PackageIndex
from archive.verify.package_tokens import PackageTokens
from archive.verify.witnesses import (
    NamedNote,
    Vouched,
    claimed_keys,
    judge_quorum,
    list_witnesses,
    read_cosignatures,
)
from hashing.checkpoint import Checkpoint
from hashing.errors import EvidenceError, MissingFile, RolledBack, SignatureInvalid
from hashing.findings import Check, FindingList
from hashing.merkle import verify_consistency
from hashing.tlog_proof import MAX_PROOF_BYTES, parse_hash_lines

ANCHORS: Final = "proof/anchors/"


class PackageAnchors:
    """The anchors of one package.

    Attributes:
        not_checked: What was not checked.
        all_verified: Whether there are tokens, and all that are not wrong are verified.

    Args:
        files: The files of the package.
        entries: Its entries.
        head: Its checkpoint.
        question: What the verifier was asked.
        findings: Where findings go.
    """

    def __init__(
        self,
        files: PackageFiles,
        entries: PackageEntries,
        head: NamedNote,
        question: Question,
        findings: FindingList,
    ) -> None:
        self._files = files
        self._entries = entries
        self._head = head
        self._question = question
        self._findings = findings
        self._anchors: dict[int, NamedNote] = {}
        self.not_checked: list[str] = []
        self.all_verified = False

    @property
    def by_size(self) -> Mapping[int, NamedNote]:
        """Those that are of this log's past, by size."""
        return self._anchors

    def check(self, index: PackageIndex) -> None:
        """Checks 9, 15 and 16."""
        self._check_all(index.fields["anchors"])
        self._check_known()
        self._check_brought()
        vouched = self._vouched()
        self._check_vouched(vouched, index.fields["anchors"])
        self._check_witnesses(vouched)

    def _check_all(self, anchors: Sequence[Mapping[str, Any]]) -> None:
        """Each anchor that the index names, and the tokens beside it."""
        roots = self._question.roots
        tokens = PackageTokens(self._files, self._entries.by_seq, roots, self._findings)
        for said in anchors:
            folder = f"{ANCHORS}{said['size']}"
            try:
                anchor = self._files.checkpoint(f"{folder}/checkpoint")
            except EvidenceError as error:
                self._findings.add_error(Check.KNOWN, f"{folder}/checkpoint", error)
                continue
            self._check_anchor(folder, said["size"], anchor)
            for authority in said["tokens"]:
                tokens.check(f"{folder}/{authority}.tsr", said["size"], authority, anchor)
        self.not_checked += tokens.not_checked
        self.all_verified = bool(tokens.verified) and all(tokens.verified)
        if not any(said["tokens"] for said in anchors):
            self.not_checked.append("times: no token bounds them")
        elif not roots:
            self.not_checked.append("signatures of timestamps: no roots are pinned (--tsa-root)")

    def _check_anchor(self, folder: str, size: int, anchor: NamedNote) -> None:
        """Check 9 for one anchor."""
        try:
            self._require_past(folder, size, anchor)
        except (RolledBack, SignatureInvalid, MissingFile) as error:
            self._findings.add_error(Check.KNOWN, anchor.name, error)
        except EvidenceError as error:
            detail = f"not of this log's past: {error.detail}"
            self._findings.add(RolledBack, Check.KNOWN, anchor.name, detail)
        else:
            self._anchors[size] = anchor

    def _require_past(self, folder: str, size: int, anchor: NamedNote) -> None:
        head = self._head.checkpoint
        _require_of(anchor.checkpoint, head.origin, size)
        if (key := signing_key(self._entries.keyring, self._question, size)) is not None:
            anchor.note.verify(key)
        hashes: tuple[bytes, ...] = ()
        if size != head.size:
            proof = self._files.read(f"{folder}/consistency", MAX_PROOF_BYTES)
            hashes = tuple(parse_hash_lines(proof))
        verify_consistency(size, head.size, anchor.checkpoint.root, head.root, hashes)

    def _check_known(self) -> None:
        """Check 9 for checkpoints from elsewhere."""
        head = self._head.checkpoint
        ours = {size: anchor.checkpoint.root for size, anchor in self._anchors.items()}
        ours[head.size] = head.root
        for known in self._question.known:
            subject = f"known checkpoint of size {known.size}"
            if known.origin != head.origin:
                detail = f"forked: it is of another log, {known.origin}"
                self._findings.add(RolledBack, Check.KNOWN, subject, detail)
            elif known.size not in ours:
                self.not_checked.append(f"{subject}: the package has no proof to that size")
            elif ours[known.size] != known.root:
                detail = "forked: the log has another root at that size"
                self._findings.add(RolledBack, Check.KNOWN, subject, detail)

    def _check_brought(self) -> None:
        """Which tokens from elsewhere are over nothing that is here."""
        bodies = [note.checkpoint.body().encode() for note in self._notes()]
        for brought in self._question.tokens:
            if not any(brought.token.covers(body) for body in bodies):
                self.not_checked.append(f"{brought.name}: the package has no checkpoint it is over")

    def _vouched(self) -> list[Vouched]:
        """What the ``witness`` entries in the package say."""
        found = map(Vouched.of, self._entries.by_seq.values())
        return [said for said in found if said is not None]

    def _check_vouched(
        self, vouched: Sequence[Vouched], anchors: Sequence[Mapping[str, Any]]
    ) -> None:
        """What entries say was cosigned is there, cosigned."""
        refused = {said["size"] for said in anchors} - self._anchors.keys()  # check 9 says so
        for said in vouched:
            if said.size not in refused:
                name = f"{ANCHORS}{said.size}/checkpoint"
                said.judge(name, self._anchors.get(said.size), self._findings)

    def _check_witnesses(self, vouched: Sequence[Vouched]) -> None:
        """Check 16: whose cosignatures there are."""
        notes = self._notes()
        seen = {_place(note) for note in notes}
        notes += (other for other in self._question.others if _place(other) in seen)
        policy = self._question.policy
        if policy is not None:
            judged = judge_quorum(notes, policy, self._head.checkpoint.size, self._findings)
            self.not_checked += judged.not_checked
            return
        claimed = claimed_keys(vouched)
        made, gaps = read_cosignatures(notes, claimed, self._findings)
        list_witnesses(made, self._findings)
        self.not_checked += [*gaps, "witnesses: no policy says whose cosignatures count"]

    def _notes(self) -> list[NamedNote]:
        return [self._head, *self._anchors.values()]


def _require_of(anchor: Checkpoint, origin: str, size: int) -> None:
    if (anchor.origin, anchor.size) != (origin, size):
        raise RolledBack(f"it is of {anchor.size} entries of {anchor.origin}")


def _place(note: NamedNote) -> tuple[int, bytes]:
    return note.checkpoint.size, note.checkpoint.root
