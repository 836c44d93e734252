"""Check 15: the tokens that ``stamp`` entries name, and tokens known from elsewhere (9).

For every ``stamp`` entry:

* its token's file is there, and is the one whose digest the entry has;
* the token is over the body of the checkpoint of that size, and the log had that root then;
* its time is the one in the entry;
* with pinned roots it verifies, by ``rfc3161-client`` and again by ``openssl ts -verify`` where
  there is an ``openssl``; signatures that neither can judge are said not to be checked;
* where its certificate has ended since, a later token was had in time over a checkpoint that
  covers the entry (RFC 4998: renewal before the old proof weakens).

A token known from elsewhere names no log and no size: only the digest of a checkpoint's body.
It is looked for at the sizes that are stamped or kept, then at every size the log ever had. That
none has it says that the log was rolled back or forked, or that the token is of something else.

Not checked: revocation; and a kept checkpoint's own signature, which is check 9.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from cryptography import x509

from archive.errors import NotAnArchive
from archive.log.kept import CHECKPOINTS, KeptCheckpoints, size_of
from archive.log.reader import LogFiles, timestamp_path
from archive.verify.findings import Stamped, TimestampExpired
from archive.verify.token_judge import TokenJudge
from hashing.acts import validate
from hashing.checkpoint import Checkpoint
from hashing.entry import Act, Entry, format_time
from hashing.errors import EvidenceError, MissingFile, RolledBack
from hashing.findings import Check, FindingList, LogVerdict, Severity
from hashing.merkle import HASH_BYTES, Frontier
from hashing.tiles import TILE_WIDTH
from hashing.timestamp import TimestampInvalid, TimestampRefused, Token

_NOT_COUNTED: Final = frozenset({Act.STAMP, Act.WITNESS})


@dataclass(frozen=True, slots=True)
class KnownToken:
    """A token that was kept outside the archive.

    Attributes:
        name: What findings call it.
        token: The token.
    """

    name: str
    token: Token


@dataclass(frozen=True, slots=True)
class _Stamp:
    """What a ``stamp`` entry says."""

    seq: int
    size: int
    root: str
    authority: str
    token_sha256: str
    gen_time: str

    @property
    def path(self) -> str:
        return f"log/{timestamp_path(self.size, self.authority)}"


@dataclass(frozen=True, slots=True)
class _Good:
    """A token in which nothing wrong was found, and who verified its signature."""

    stamp: _Stamp
    token: Token
    judges: tuple[str, ...]


class TimestampChecks:
    """Check 15. Sees the entries pass by, and judges once the log was judged.

    Attributes:
        bounds_times: Whether, in the end, a verified token bounds the time of entries.
        all_verified: Whether there are tokens, and all of them are verified.

    Args:
        files: The log's files.
        findings: Where findings go.
        roots: The authorities' root certificates, obtained elsewhere.
        now_us: The time, to tell which certificates have ended.
    """

    def __init__(
        self,
        files: LogFiles,
        findings: FindingList,
        roots: Sequence[x509.Certificate],
        now_us: int,
    ) -> None:
        self._files = files
        self._findings = findings
        self._now_us = now_us
        self._tokens = TokenJudge(roots)
        self._stamps: list[_Stamp] = []
        self._last_counted = -1
        self._undecided = 0
        self.bounds_times = False
        self.all_verified = False

    def on_entry(self, entry: Entry) -> None:
        """See an entry of the log pass by."""
        if entry.act not in _NOT_COUNTED:
            self._last_counted = entry.seq
        if entry.act != Act.STAMP:
            return
        body = dict(entry.body)
        try:
            validate(Act.STAMP, body)
        except EvidenceError:
            return  # check 10 says so
        body.pop("renews", None)
        self._stamps.append(_Stamp(entry.seq, **body))

    def finish(self, log: LogVerdict, known: Sequence[KnownToken]) -> list[str]:
        """Judge the tokens.

        Args:
            log: What the log's own verification says.
            known: Tokens known from elsewhere.

        Returns:
            What was not checked.
        """
        if not log.root:
            return ["timestamps: there is no checkpoint to hold them against"]
        good = [one for stamp in self._stamps if (one := self._judge(stamp, log)) is not None]
        verified = [one for one in good if one.judges]
        self.bounds_times = bool(verified)
        self.all_verified = bool(self._stamps) and len(verified) == len(self._stamps)
        self._check_expiry(good)
        self._tell_bounds(verified)
        not_checked = list(self._unverified(good))
        if self._undecided:
            not_checked.append(
                f"{self._undecided} timestamps: tiles that lead to their roots do not hold"
            )
        not_checked += self._uncovered(verified)
        for brought in known:
            not_checked += self._check_known(brought, log)
        return not_checked

    def _judge(self, stamp: _Stamp, log: LogVerdict) -> _Good | None:
        try:
            token, body = self._token(stamp, log.origin)
            if not self._is_past(stamp, log):
                self._undecided += 1
                return None
            return _Good(stamp, token, self._tokens.verified_by(token, body))
        except EvidenceError as error:
            kind = type(error) if isinstance(error, TimestampInvalid) else TimestampInvalid
            self._findings.add(kind, Check.TIMESTAMPS, stamp.path, error.detail)
            return None

    def _token(self, stamp: _Stamp, origin: str) -> tuple[Token, bytes]:
        """The token that an entry names, and the body that it must be over."""
        answer = self._files.timestamp(stamp.size, stamp.authority)
        if answer is None:
            raise TimestampInvalid(f"entry {stamp.seq} names it, and it is not there")
        token = Token.read(answer)
        if token.sha256 != stamp.token_sha256:
            raise TimestampInvalid(f"it is not the token that entry {stamp.seq} names")
        body = Checkpoint(origin, stamp.size, bytes.fromhex(stamp.root)).body().encode()
        token.require_over(body)
        if format_time(token.info.gen_time_us) != stamp.gen_time:
            raise TimestampInvalid(f"entry {stamp.seq} says another time than the token")
        return token, body

    def _is_past(self, stamp: _Stamp, log: LogVerdict) -> bool:
        """Whether the checkpoint that was stamped is shown to be of this log's past, and kept.

        The root at its size comes from the tiles: where they are missing or changed, which is
        check 6 to say, nothing can be said of the token.

        Raises:
            TimestampInvalid: It is not.
        """
        if stamp.size > stamp.seq:
            raise TimestampInvalid(f"entry {stamp.seq} speaks of {stamp.size} entries before it")
        tiles_hold = not any(
            finding.check == Check.TILES and finding.severity is Severity.ERROR
            for finding in log.findings
        )
        try:
            root = self._files.root_at(stamp.size).hex()
        except EvidenceError as error:
            if tiles_hold:
                detail = f"the root at its size is not known: {error.detail}"
                raise TimestampInvalid(detail) from error
            root = ""
        if root != stamp.root and tiles_hold:
            raise TimestampInvalid("it is over another root than the log's at that size")
        if KeptCheckpoints(self._files.directory).read(str(stamp.size)) is None:
            name, detail = f"{CHECKPOINTS}/{stamp.size}", f"entry {stamp.seq} says it was stamped"
            self._findings.add(MissingFile, Check.TIMESTAMPS, name, detail)
        return root == stamp.root

    def _check_expiry(self, good: Sequence[_Good]) -> None:
        for old in good:
            expires_us = old.token.expires_us()
            if expires_us is None or expires_us > self._now_us:
                continue
            renewed = any(
                new.stamp.size > old.stamp.seq and new.token.info.gen_time_us < expires_us
                for new in good
            )
            if not renewed:
                detail = f"its certificate ended at {format_time(expires_us)}, and no later token"
                self._findings.add(
                    TimestampExpired,
                    Check.TIMESTAMPS,
                    old.stamp.path,
                    f"{detail} was had in time",
                    Severity.WARNING,
                )

    def _tell_bounds(self, verified: Sequence[_Good]) -> None:
        """The first and the last verified token of each authority, as information."""
        ends: dict[str, list[_Good]] = {}
        for one in verified:
            ends.setdefault(one.stamp.authority, []).append(one)
        for authority, tokens in sorted(ends.items()):
            for one in dict.fromkeys((tokens[0], tokens[-1])):
                time, size = one.stamp.gen_time, one.stamp.size
                detail = (
                    f"entries 0 to {size - 1} existed by {time}, those after {one.stamp.seq} were "
                    f"written later (verified by {' and '.join(one.judges)})"
                )
                name = f"authority {authority}"
                self._findings.add(Stamped, Check.TIMESTAMPS, name, detail, Severity.INFORMATION)

    def _unverified(self, good: Sequence[_Good]) -> Iterator[str]:
        left = [one for one in good if not one.judges]
        if left and not self._tokens.roots:
            yield (
                f"the signatures of {len(left)} timestamps: no roots are pinned (--tsa-root); "
                "their digests fit"
            )
        elif left:
            kinds = ", ".join(sorted({one.token.signature_name for one in left}))
            yield f"the signatures of {len(left)} timestamps: of a kind not judged here ({kinds})"

    def _uncovered(self, verified: Sequence[_Good]) -> Iterator[str]:
        covered = max((one.stamp.size for one in verified), default=0)
        waiting = self._last_counted + 1 - covered
        if verified and waiting > 0:
            yield f"the times of the last {waiting} entries: no verified token covers them"

    def _check_known(self, known: KnownToken, log: LogVerdict) -> Iterator[str]:
        """Check 9 for a token: which checkpoint of this log is it over."""
        if not log.ok:
            yield f"{known.name}: the log itself does not hold"
            return
        try:
            size = self._size_of(known.token, log)
        except (EvidenceError, NotAnArchive) as error:
            yield f"{known.name}: {error.detail}"
            return
        if size is None:
            detail = (
                f"rolled back or forked: of the {log.size} sizes that this log had none has the "
                "checkpoint it is over; or it is a token of something else"
            )
            self._findings.add(RolledBack, Check.KNOWN, known.name, detail)
            return
        yield from self._judge_known(known, size, log)

    def _judge_known(self, known: KnownToken, size: int, log: LogVerdict) -> Iterator[str]:
        body = self._body(size, log)
        try:
            judges = self._tokens.verified_by(known.token, body)
        except (TimestampInvalid, TimestampRefused) as error:
            self._findings.add(TimestampInvalid, Check.KNOWN, known.name, error.detail)
            return
        if not judges:
            yield f"the signature of {known.name}"
        time = format_time(known.token.info.gen_time_us)
        by = f"verified by {' and '.join(judges)}" if judges else "signature not checked"
        detail = f"it is over the checkpoint of {size} entries: they existed by {time} ({by})"
        self._findings.add(Stamped, Check.KNOWN, known.name, detail, Severity.INFORMATION)

    def _size_of(self, token: Token, log: LogVerdict) -> int | None:
        """The size whose checkpoint a token is over; None where the log never had it."""
        likely = {stamp.size for stamp in self._stamps} | set(self._kept_sizes()) | {log.size}
        for size in sorted(size for size in likely if 0 < size <= log.size):
            if token.covers(self._body(size, log)):
                return size
        for size, root in self._roots_of_every_size(log.size):
            if token.covers(Checkpoint(log.origin, size, root).body().encode()):
                return size
        return None

    def _kept_sizes(self) -> Iterable[int]:
        sizes = map(size_of, KeptCheckpoints(self._files.directory).names())
        return (size for size in sizes if size is not None)

    def _body(self, size: int, log: LogVerdict) -> bytes:
        return Checkpoint(log.origin, size, self._files.root_at(size)).body().encode()

    def _roots_of_every_size(self, size: int) -> Iterator[tuple[int, bytes]]:
        """Every size that the log ever had, and its root, from the hashes of its entries."""
        frontier = Frontier()
        for index in range(-(-size // TILE_WIDTH)):
            width = min(TILE_WIDTH, size - index * TILE_WIDTH)
            tile = self._files.stored_tile(0, index, width)
            for place in range(0, len(tile), HASH_BYTES):
                frontier.append(tile[place : place + HASH_BYTES])
                yield frontier.size, frontier.root()
