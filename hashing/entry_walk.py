"""Walks the entries of a log in order: form, numbers, chain, keys and time (checks 4, 7, 8).

The straight path, for a bundle in which everything fits, is a tight loop: a million entries
are a few seconds. At the first thing that does not fit the bundle is taken again by
:mod:`hashing.diagnosis`, which names the defect, and the walk goes on behind it.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from operator import itemgetter
from typing import Any

from hashing import canonical
from hashing.acts import SCHEMAS, Act, validate
from hashing.diagnosis import Seen, diagnose
from hashing.entry import (
    COMMON_FIELDS,
    FORMAT_VERSION,
    ZERO_PREV,
    Entry,
    check_common,
    check_time,
    from_fields,
    parse,
)
from hashing.errors import EvidenceError, IntegrityError, LogInconsistent, SignatureInvalid
from hashing.findings import Check, ClockWentBack, FindingList, Severity
from hashing.keyring import Keyring, is_key_entry
from hashing.ranges import SeqRanges, numbered

_COMMON = itemgetter("v", "seq", "time", "mono_ms", "act", "clock", "station", "boot", "actor")
_PLAIN_ACTS = frozenset(act.value for act in SCHEMAS) - {Act.KEY.value}
_MAX_UNKNOWN_ACTS = 50
_BEFORE_ALL = Seen(position=-1, leaf=bytes(32), fields={}, seq=-1)


@dataclass(slots=True)
class Bundle:
    """What was read of one bundle.

    Attributes:
        start: The number of its first entry.
        width: How many entries it should hold.
        entries: Their bytes.
        leaves: Their leaf hashes.
        recorded: Leaf hashes in the stored tile of level 0; empty where there is none.
    """

    start: int
    width: int
    entries: Sequence[bytes]
    leaves: Sequence[bytes]
    recorded: Sequence[bytes]


class ClockWatch:
    """Counts where an entry's time lies before the one it follows in the same boot."""

    def __init__(self) -> None:
        self._time = ""
        self._boot = ""
        self._count = 0
        self._first = ""

    def watch(self, objects: Iterable[dict[str, Any]]) -> None:
        """Look at the next entries."""
        last_time, last_boot = self._time, self._boot
        for fields in objects:
            time, boot = fields["time"], fields["boot"]
            if time < last_time and boot == last_boot:
                self._note(fields["seq"], time, last_time)
            last_time, last_boot = time, boot
        self._time, self._boot = last_time, last_boot

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
        self._identity: list[object] = []
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
        objects = self._straight(bundle)
        straight = objects is not None
        if objects is None:
            read = self._crooked(bundle)
        else:
            read = list(zip(objects, bundle.entries, strict=True))
            self._clock.watch(objects)
        everything = self._on_entry is not None or self._check_bodies
        for fields, raw in read:
            if everything or fields["act"] not in _PLAIN_ACTS:
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

    def _straight(self, bundle: Bundle) -> list[dict[str, Any]] | None:
        """The decoded entries of a bundle in which everything fits, else None."""
        decode = canonical.decode
        seq, prev = self._next, self._prev
        if seq + len(bundle.entries) > self._size:
            return None
        objects: list[dict[str, Any]] = []
        try:
            for raw, leaf in zip(bundle.entries, bundle.leaves, strict=True):
                fields = decode(raw)
                number, previous = fields["seq"], fields["prev"]
                if number != seq or (previous != prev and prev is not None):
                    return None
                self._check_form(fields, anew=prev is None)
                objects.append(fields)
                prev = leaf.hex()
                seq += 1
        except (IntegrityError, KeyError):
            return None
        self._next, self._prev = seq, prev
        if objects:
            self._last = Seen(seq - 1, bundle.leaves[-1], objects[-1], seq=seq - 1)
        return objects

    def _check_form(self, fields: dict[str, Any], *, anew: bool) -> None:
        """Check the common fields; those that seldom change only when they do, or ``anew``.

        ``seq`` and ``prev`` are what the walk expects, so their values need no look.

        Raises:
            KeyError: One is missing.
            IntegrityError: One is malformed.
        """
        v, seq, time, mono_ms, act, *identity = _COMMON(fields)
        if (
            anew
            or identity != self._identity
            or not (type(v) is type(seq) is type(mono_ms) is int)
            or v != FORMAT_VERSION
            or mono_ms < 0
            or not (type(time) is type(act) is str)
            or act not in _PLAIN_ACTS
        ):
            check_common(fields)
            self._identity = identity
        check_time(time)

    def _crooked(self, bundle: Bundle) -> list[tuple[dict[str, Any], bytes]]:
        """Name the defects of a bundle; the decoded entries among what it holds."""
        seen = [
            _see(bundle.start + place, raw, leaf)
            for place, (raw, leaf) in enumerate(zip(bundle.entries, bundle.leaves, strict=True))
        ]
        recorded = dict(enumerate(bundle.recorded, bundle.start)) | self._last_recorded
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
    return {bundle.start + len(bundle.recorded) - 1: bundle.recorded[-1]}
