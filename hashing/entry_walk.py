"""Walks the entries of a log in order: form, numbers, chain, keys and time (checks 4, 7, 8).

The straight path, for a bundle in which everything fits, takes it by stretches
(:mod:`hashing.stretch`): a million entries are a few seconds. At the first thing that does
not fit the bundle is taken again by :mod:`hashing.diagnosis`, which names the defect, and the
walk goes on behind it.
"""

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from hashing.acts import SCHEMAS, Act, validate
from hashing.diagnosis import Seen, diagnose
from hashing.entry import COMMON_FIELDS, ZERO_PREV, Entry, check_common, from_fields, parse
from hashing.errors import EvidenceError, IntegrityError, LogInconsistent, SignatureInvalid
from hashing.findings import Check, ClockWentBack, FindingList, Severity
from hashing.keyring import Keyring, is_key_entry
from hashing.merkle import HASH_BYTES
from hashing.ranges import SeqRanges, numbered
from hashing.stretch import STRETCH, Stretch, read_stretch
from hashing.tiles import split_hashes

_PLAIN_ACTS = frozenset(act.value for act in SCHEMAS) - {Act.KEY.value}
_MAX_UNKNOWN_ACTS = 50
_Read = tuple[dict[str, Any], bytes]
_BEFORE_ALL = Seen(position=-1, leaf=bytes(32), fields={}, seq=-1)


@dataclass(slots=True)
class Bundle:
    """What was read of one bundle.

    Attributes:
        start: The number of its first entry.
        width: How many entries it should hold.
        entries: Their bytes.
        leaves: Their leaf hashes.
        recorded: The stored tile of level 0; empty where there is none.
    """

    start: int
    width: int
    entries: Sequence[bytes]
    leaves: Sequence[bytes]
    recorded: bytes


class ClockWatch:
    """Counts where an entry's time lies before the one it follows in the same boot."""

    def __init__(self) -> None:
        self._time = ""
        self._boot = ""
        self._count = 0
        self._first = ""

    def watch(self, first: int, times: Sequence[str], boots: Sequence[str]) -> None:
        """Look at the next entries, of which entry ``first`` is the first."""
        before = [self._time, *times]
        if before != sorted(before):
            befores = zip(before, [self._boot, *boots], strict=True)
            pairs = zip(befores, times, boots, strict=False)
            for seq, ((last_time, last_boot), time, boot) in enumerate(pairs, first):
                if time < last_time and boot == last_boot:
                    self._note(seq, time, last_time)
        if times:
            self._time, self._boot = times[-1], boots[-1]

    def _note(self, seq: int, time: str, before: str) -> None:
        self._count += 1
        if not self._first:
            self._first = f"first at entry {seq}: {time} after {before}"

    def report(self, findings: FindingList) -> None:
        """Say so, once."""
        if self._count:
            times = "once" if self._count == 1 else f"{self._count} times"
            detail = f"the clock goes back {times} within a boot, {self._first}"
            findings.add(ClockWentBack, Check.TIME, "time", detail, Severity.INFORMATION)


class EntryWalk:
    """The walk's state between bundles.

    Args:
        size: Entries under the checkpoint.
        findings: Where findings go.
        doubtful: Where entries go that differ from their tile while the chain around holds.
        on_entry: Called with every entry that is one, in the order they stand.
        check_bodies: Whether bodies are held against their act's schema too.
    """

    def __init__(
        self,
        size: int,
        findings: FindingList,
        doubtful: SeqRanges,
        on_entry: Callable[[Entry], None] | None,
        *,
        check_bodies: bool,
    ) -> None:
        self.keyring = Keyring()
        self.unknown_acts: Counter[str] = Counter()
        self._size = size
        self._findings = findings
        self._doubtful = doubtful
        self._on_entry = on_entry
        self._check_bodies = check_bodies
        self._clock = ClockWatch()
        self._on_every_entry = on_entry is not None or check_bodies
        self._next = 0
        self._prev: str | None = ZERO_PREV
        self._last: Seen | None = _BEFORE_ALL
        self._last_recorded: dict[int, bytes] = {}

    def take(self, bundle: Bundle) -> bool:
        """Walk the entries of a bundle.

        Returns:
            Whether every entry is in its place and follows the one before.
        """
        in_place = self._next == bundle.start
        read = self._straight(bundle)
        straight = read is not None
        for fields, raw in self._crooked(bundle) if read is None else read:
            if self._on_every_entry or fields["act"] not in _PLAIN_ACTS:
                self._interpret(fields, raw)
        self._last_recorded = _tail_of(bundle)
        return straight and in_place

    def skip_to(self, seq: int) -> None:
        """Go on behind entries that could not be read and were reported already."""
        self._next = max(self._next, seq)
        self._prev = self._last = None

    def finish(self) -> None:
        """Report what only the end shows."""
        if self._next < self._size:
            subject = numbered(self._next, self._size - 1)
            detail = f"removed: the checkpoint covers {self._size} entries"
            self._findings.add(LogInconsistent, Check.ENTRIES, subject, detail)
        self._clock.report(self._findings)

    def _straight(self, bundle: Bundle) -> list[_Read] | None:
        """What is to be interpreted of a bundle in which everything fits, else None."""
        read: list[_Read] = []
        times: list[str] = []
        boots: list[str] = []
        fields: dict[str, Any] = {}
        try:
            for entries, stretch in self._stretches(bundle):
                if self._on_every_entry or not stretch.acts <= _PLAIN_ACTS:
                    read += zip(stretch.objects, entries, strict=True)
                times += stretch.time
                boots += stretch.boot
                fields = stretch.objects[-1]
        except IntegrityError:
            return None
        self._clock.watch(self._next, times, boots)
        if times:
            self._next += len(times)
            self._prev = bundle.leaves[-1].hex()
            self._last = Seen(self._next - 1, bundle.leaves[-1], fields, seq=self._next - 1)
        return read

    def _stretches(self, bundle: Bundle) -> Iterator[tuple[Sequence[bytes], Stretch]]:
        """A bundle stretch by stretch, each held against the numbers and the chain.

        Raises:
            IntegrityError: Something does not fit.
        """
        if self._next + len(bundle.entries) > self._size:
            raise LogInconsistent(f"entries beyond the {self._size} that the checkpoint covers")
        prevs = [self._prev, *[leaf.hex() for leaf in bundle.leaves]]
        for at in range(0, len(bundle.entries), STRETCH):
            entries = bundle.entries[at : at + STRETCH]
            seq, end = self._next + at, at + len(entries)
            stretch = read_stretch(entries)
            if prevs[at] is None:  # behind what could not be read
                check_common(stretch.objects[0])
                prevs[at] = stretch.prev[0]
            numbers = tuple(range(seq, seq + len(entries)))
            if stretch.seq != numbers or stretch.prev != tuple(prevs[at:end]):
                raise LogInconsistent(f"entries from {seq} on do not follow each other")
            yield entries, stretch

    def _crooked(self, bundle: Bundle) -> list[_Read]:
        """Name the defects of a bundle; the decoded entries among what it holds."""
        seen = [
            _see(bundle.start + place, raw, leaf)
            for place, (raw, leaf) in enumerate(zip(bundle.entries, bundle.leaves, strict=True))
        ]
        recorded = (
            dict(enumerate(split_hashes(bundle.recorded), bundle.start)) | self._last_recorded
        )
        end = bundle.start + bundle.width
        found = diagnose(seen, self._next, end, self._size, self._last, recorded)
        for subject, detail in found.defects:
            self._findings.add(LogInconsistent, Check.ENTRIES, subject, detail)
        if not self._findings.failed(Check.BUNDLES, Check.ENTRIES):
            # Nothing above had a name for it. It is no honest bundle all the same.
            subject = numbered(bundle.start, end - 1)
            self._findings.add(LogInconsistent, Check.ENTRIES, subject, "changed: out of order")
        if self._last is not None and self._last.disowned:
            self._doubtful.drop(self._last.seq)
        for seq in found.doubtful:
            self._doubtful.add(seq)
        last = found.last
        if last is not None and last.seq >= self._next:
            self._last, self._next, self._prev = last, last.seq + 1, last.leaf.hex()
        return [
            (item.fields, raw)
            for item, raw in zip(seen, bundle.entries, strict=True)
            if item.fields is not None
        ]

    def _interpret(self, fields: dict[str, Any], raw: bytes) -> None:
        """Learn keys, count acts that this version does not know, and pass the entry on."""
        act, seq = fields["act"], fields["seq"]
        if is_key_entry(fields):
            try:
                self.keyring.read(seq, fields)
            except EvidenceError as error:
                self._findings.add(SignatureInvalid, Check.KEYS, f"entry {seq}", error.detail)
        if act not in SCHEMAS and (
            act in self.unknown_acts or len(self.unknown_acts) < _MAX_UNKNOWN_ACTS
        ):
            self.unknown_acts[act] += 1
        elif self._check_bodies and act in SCHEMAS:
            self._check_body(Act(act), fields)
        if self._on_entry is not None:
            self._on_entry(from_fields(fields, raw))

    def _check_body(self, act: Act, fields: dict[str, Any]) -> None:
        body = {key: value for key, value in fields.items() if key not in COMMON_FIELDS}
        try:
            validate(act, body)
        except EvidenceError as error:
            self._findings.add_error(Check.BODIES, f"entry {fields['seq']}", error)


def _see(position: int, raw: bytes, leaf: bytes) -> Seen:
    try:
        return Seen(position, leaf, parse(raw).fields)
    except IntegrityError as error:
        return Seen(position, leaf, None, error.detail)


def _tail_of(bundle: Bundle) -> dict[int, bytes]:
    """The last leaf hash of a bundle's tile, which the next bundle's first entry follows."""
    if not bundle.recorded:
        return {}
    width = len(bundle.recorded) // HASH_BYTES
    return {bundle.start + width - 1: bundle.recorded[-HASH_BYTES:]}
