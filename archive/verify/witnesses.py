"""Check 16: who else has seen this history, by the cosignatures of witnesses.

* The checkpoints looked at are the newest one, those kept in ``log/checkpoints/`` and those
  known from elsewhere. One counts when the log's key of its size signed it and it is of the
  log's past (check 9).
* With a policy, one of them must carry a quorum. The largest that does says how far others vouch
  for the log; what follows it is named among what was not checked.
* Without a policy nobody knows which witnesses are worth anything. Cosignatures by keys that
  ``witness`` entries name are verified and listed all the same, as information.
* A wrong cosignature by a key that is known, and a kept checkpoint that an entry speaks of and
  that is not there, are errors either way.

Not checked: whether the time in a cosignature is plausible.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from archive.log.kept import CHECKPOINTS, KeptCheckpoints, size_of
from archive.verify.findings import QuorumNotReached, Witnessed
from hashing.checkpoint import Checkpoint
from hashing.cosignature import AlgorithmUnavailable, Cosignature, CosignerKey, cosignatures
from hashing.entry import Act, Entry
from hashing.errors import EvidenceError, LogInconsistent, MissingFile, SignatureInvalid
from hashing.findings import Check, Finding, FindingList, Severity
from hashing.note import SignedNote, VerifierKey
from hashing.policy import Policy

MAX_CLAIMED_KEYS = 1000
"""More keys than this that entries name as witnesses are not looked at."""


@dataclass(frozen=True, slots=True)
class NamedNote:
    """A signed checkpoint and where it was found.

    Attributes:
        name: What findings call it.
        note: As it was signed.
        checkpoint: What it says.
    """

    name: str
    note: SignedNote
    checkpoint: Checkpoint

    @classmethod
    def parse(cls, name: str, data: bytes) -> "NamedNote":
        """Read a signed checkpoint; no signature is verified.

        Raises:
            IntegrityError: The bytes are not one.
        """
        note = SignedNote.parse(data)
        return cls(name, note, Checkpoint.parse(note.text))


@dataclass(frozen=True, slots=True)
class Vouched:
    """What a ``witness`` entry says was cosigned.

    Attributes:
        seq: The entry.
        size: The size of the checkpoint.
        root: Its root, in hexadecimal.
        key: The witness's key, which only the log itself names.
    """

    seq: int
    size: int
    root: str
    key: CosignerKey

    @classmethod
    def of(cls, entry: Entry) -> "Vouched | None":
        """Read an entry; None where it is another, or malformed."""
        fields = entry.fields
        if entry.act != Act.WITNESS or not isinstance(fields.get("vkey"), str):
            return None
        if type(fields.get("size")) is not int or not isinstance(fields.get("root"), str):
            return None  # check 10 says so
        try:
            key = CosignerKey.parse(fields["vkey"])
        except EvidenceError:
            return None
        return cls(entry.seq, fields["size"], fields["root"], key)

    def is_on(self, note: NamedNote | None) -> bool:
        """Whether a checkpoint carries a line by the key; the line is not verified."""
        return note is not None and bool(note.note.lines_of(self.key.name, self.key.key_hash))

    def judge(self, name: str, note: NamedNote | None, findings: FindingList) -> None:
        """What was cosigned must be there, cosigned.

        Args:
            name: What findings call the checkpoint.
            note: The checkpoint of that size, where there is one.
            findings: Where findings go.
        """
        if note is None:
            detail = f"entry {self.seq} speaks of it, and it is not there"
            findings.add(MissingFile, Check.WITNESSES, name, detail)
        elif note.checkpoint.root.hex() != self.root:
            detail = f"entry {self.seq} speaks of another root"
            findings.add(LogInconsistent, Check.WITNESSES, name, detail)
        elif not self.is_on(note):
            by = f"the cosignature by {self.key.label}"
            detail = f"{by} that entry {self.seq} speaks of is not there"
            findings.add(SignatureInvalid, Check.WITNESSES, name, detail)


class WitnessChecks:
    """Check 16, and that kept checkpoints are what their names say (9).

    Made before the log is read, so that no checkpoint is longer than the log.

    Attributes:
        notes: The kept checkpoints that could be read.
        bounds_times: Whether, in the end, a quorum of witnesses says when it saw the log.

    Args:
        kept: The kept checkpoints of the log.
        findings: Where findings go.
        policy: Which witnesses count, if anybody said.
    """

    def __init__(self, kept: KeptCheckpoints, findings: FindingList, policy: Policy | None) -> None:
        self._kept = kept
        self._findings = findings
        self._policy = policy
        self._claimed: dict[str, CosignerKey] = {}
        self._spoken_of: dict[tuple[int, str, str], Vouched] = {}
        self.notes: list[NamedNote] = []
        self.bounds_times = False
        for file in kept.names():
            try:
                self.notes.append(_read(kept, file))
            except EvidenceError as error:
                name = f"{CHECKPOINTS}/{file}"
                self._findings.add(LogInconsistent, Check.KNOWN, name, error.detail)

    @property
    def checkpoints(self) -> Mapping[str, Checkpoint]:
        """What the kept checkpoints say, by their names."""
        return {note.name: note.checkpoint for note in self.notes}

    def on_entry(self, entry: Entry) -> None:
        """See an entry of the log pass by."""
        said = Vouched.of(entry)
        if said is None:
            return
        vkey = str(said.key)
        if len(self._claimed) < MAX_CLAIMED_KEYS or vkey in self._claimed:
            self._claimed[vkey] = said.key
            self._spoken_of.setdefault((said.size, said.root, vkey), said)

    def finish(
        self,
        keys: Sequence[tuple[int, VerifierKey]],
        size: int,
        past_findings: Iterable[Finding],
        others: Sequence[NamedNote],
    ) -> list[str]:
        """Judge the cosignatures once the log was judged.

        Args:
            keys: The log's keys in turn, as (``seq`` of its ``key`` entry, key).
            size: Entries under the newest checkpoint.
            past_findings: What the log's own verification found, check 9 among it.
            others: The newest checkpoint, and those known from elsewhere.

        Returns:
            What was not checked.
        """
        wrong = {found.subject for found in past_findings if found.check == Check.KNOWN}
        notes = [note for note in self.notes if self._is_signed(note, keys)]
        notes += [note for note in others if _signed_by(note, keys) is None]
        notes = [note for note in notes if note.name not in wrong]
        self._check_spoken_of()
        if self._policy is None:
            return self._list_claimed(notes)
        judged = judge_quorum(notes, self._policy, size, self._findings)
        self.bounds_times = judged.reached is not None and judged.has_time
        return list(judged.not_checked)

    def _is_signed(self, note: NamedNote, keys: Sequence[tuple[int, VerifierKey]]) -> bool:
        fault = _signed_by(note, keys)
        if fault is not None:
            self._findings.add(SignatureInvalid, Check.KNOWN, note.name, fault)
        return fault is None

    def _check_spoken_of(self) -> None:
        """What entries say was cosigned must be there, cosigned."""
        there = {note.checkpoint.size: note for note in self.notes}
        for said in self._spoken_of.values():
            note = there.get(said.size)
            if not said.is_on(note):
                note = self._read_again(said.size) or note  # a station may have gone on
            said.judge(f"{CHECKPOINTS}/{said.size}", note, self._findings)

    def _read_again(self, size: int) -> NamedNote | None:
        try:
            return _read(self._kept, str(size))
        except EvidenceError:
            return None

    def _list_claimed(self, notes: Iterable[NamedNote]) -> list[str]:
        made, not_checked = read_cosignatures(notes, self._claimed.values(), self._findings)
        list_witnesses(made, self._findings)
        return [*not_checked, "witnesses: no policy says whose cosignatures count"]


def claimed_keys(vouched: Iterable[Vouched]) -> list[CosignerKey]:
    """The keys that ``witness`` entries name, each once."""
    return list(dict.fromkeys(said.key for said in vouched))[:MAX_CLAIMED_KEYS]


def list_witnesses(made: Iterable[tuple[NamedNote, Cosignature]], findings: FindingList) -> None:
    """Say of each witness that only the log itself names what it saw last, as information."""
    newest: dict[CosignerKey, tuple[NamedNote, Cosignature]] = {}
    for note, cosignature in made:
        best = newest.get(cosignature.key)
        if best is None or note.checkpoint.size > best[0].checkpoint.size:
            newest[cosignature.key] = (note, cosignature)
    for key, (note, cosignature) in newest.items():
        detail = f"{_words(note, cosignature)}; only the log itself names this witness"
        findings.add(Witnessed, Check.WITNESSES, key.name, detail, Severity.INFORMATION)


@dataclass(frozen=True, slots=True)
class Judged:
    """What a policy makes of checkpoints.

    Attributes:
        reached: The largest size that the quorum cosigned; None where it cosigned none, or
            where none is asked for.
        has_time: Whether each cosignature of that quorum says when.
        not_checked: What was not checked.
    """

    reached: int | None
    has_time: bool
    not_checked: tuple[str, ...]


def judge_quorum(
    notes: Sequence[NamedNote], policy: Policy, size: int, findings: FindingList
) -> Judged:
    """Hold checkpoints against a policy's quorum.

    Args:
        notes: Checkpoints of the log's past, signed by its key.
        policy: Which witnesses count, and how many are enough.
        size: Entries under the newest checkpoint.
        findings: Where findings go.
    """
    if policy.quorum is None:
        return Judged(None, False, ("witnesses: the policy asks for none",))
    made, not_checked = read_cosignatures(notes, policy.witness_keys, findings)
    by_size: dict[int, dict[CosignerKey, tuple[NamedNote, Cosignature]]] = {}
    for note, cosignature in made:
        at = by_size.setdefault(note.checkpoint.size, {})
        at.setdefault(cosignature.key, (note, cosignature))
    enough = [reached for reached, who in by_size.items() if policy.satisfied_by(who.keys())]
    if not enough:
        seen = ", ".join(dict.fromkeys(made_by.key.name for _, made_by in made)) or "nobody known"
        detail = f"no checkpoint carries the quorum; cosignatures found: {seen}"
        findings.add(QuorumNotReached, Check.WITNESSES, "witnesses", detail)
        return Judged(None, False, tuple(not_checked))
    reached = max(enough)
    for key, (note, cosignature) in by_size[reached].items():
        detail = _words(note, cosignature)
        findings.add(Witnessed, Check.WITNESSES, key.name, detail, Severity.INFORMATION)
    if reached < size:
        left = f"the last {size - reached} entries: no quorum of witnesses has cosigned them yet"
        not_checked.append(left)
    has_time = all(cosignature.time_s for _, cosignature in by_size[reached].values())
    return Judged(reached, has_time, tuple(not_checked))


def read_cosignatures(
    notes: Iterable[NamedNote], keys: Iterable[CosignerKey], findings: FindingList
) -> tuple[list[tuple[NamedNote, Cosignature]], list[str]]:
    """The cosignatures by these keys, and what could not be checked; a wrong one is a finding."""
    keys, made = tuple(keys), []
    unavailable: set[CosignerKey] = set()
    for note in notes:
        for key in keys:
            try:
                made += [(note, each) for each in cosignatures(note.note, [key])]
            except AlgorithmUnavailable:
                unavailable.add(key)
            except EvidenceError as error:
                findings.add(SignatureInvalid, Check.WITNESSES, note.name, error.detail)
    lacking = sorted(key.name for key in unavailable)
    return made, [f"cosignatures by {name}: ML-DSA-44 cannot be computed here" for name in lacking]


def _read(kept: KeptCheckpoints, file: str) -> NamedNote:
    note = NamedNote.parse(f"{CHECKPOINTS}/{file}", kept.read(file) or b"")
    if note.checkpoint.size != size_of(file):
        raise LogInconsistent(f"it is of {note.checkpoint.size} entries")
    return note


def _signed_by(note: NamedNote, keys: Sequence[tuple[int, VerifierKey]]) -> str | None:
    """Why a checkpoint is not signed by the log's key of its size; None where it is."""
    valid = [key for seq, key in keys if seq < note.checkpoint.size]
    if not valid:
        return "the log has no key for it"
    try:
        note.note.verify(valid[-1])
    except SignatureInvalid as error:
        return error.detail
    return None


def _words(note: NamedNote, cosignature: Cosignature) -> str:
    if cosignature.time_s == 0:
        return f"cosigned {note.checkpoint.size} entries, without a time"
    try:
        time = datetime.fromtimestamp(cosignature.time_s, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    except (ValueError, OverflowError, OSError):
        time = f"second {cosignature.time_s} since 1970"
    return f"cosigned {note.checkpoint.size} entries at {time}"
