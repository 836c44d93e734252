"""Keeps the log anchored: decides what is due, remembers it, and tries until it is done.

What is due stands in the state database, at most one token for each authority, so that a month
without a network is one request and not thousands: the newest checkpoint covers everything
before it. Whoever calls :meth:`AnchorKeeper.step` decides how often; a step that finds nothing
to do reads a few rows.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import structlog

from archive.anchoring.authority import Authority
from archive.anchoring.due import AnchoringPolicy, Unanchored, is_alarming, is_due, is_to_renew
from archive.anchoring.stamping import Stamper
from archive.archive import Archive
from archive.log.reader import LogFiles
from archive.log.writer import STATION_ACTOR
from archive.state.database import StateDatabase
from archive.state.jobs import Job
from hashing.entry import Act
from hashing.errors import EvidenceError

LEASE_US: Final = 600_000_000
FIRST_RETRY_US: Final = 60_000_000
LONGEST_RETRY_US: Final = 3_600_000_000
LONGEST_RENEWAL_RETRY_US: Final = 24 * 3_600_000_000
_NOT_COUNTED: Final = frozenset({Act.STAMP, Act.WITNESS})

_log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Anchored:
    """How far the log is anchored, for people.

    Attributes:
        authority: Whose tokens.
        size: How many entries its newest token covers; 0 without one.
        time_us: That token's time.
        waiting_since_us: The time of the first entry that it does not cover; None: all are.
        trouble: Why the last request failed; None where it did not.
    """

    authority: str
    size: int
    time_us: int | None
    waiting_since_us: int | None
    trouble: str | None


class AnchorKeeper:
    """Anchors one archive. Steps are made by one thread at a time.

    Args:
        archive: The archive, opened for writing.
        stamper: Has its checkpoints stamped.
        authorities: By whom.
        state: Where due tokens are kept.
        policy: When the log is anchored.
    """

    def __init__(
        self,
        archive: Archive,
        stamper: Stamper,
        authorities: Sequence[Authority],
        state: StateDatabase,
        policy: AnchoringPolicy,
    ) -> None:
        self._archive = archive
        self._stamper = stamper
        self._authorities = authorities
        self._state = state
        self._policy = policy
        self._troubles: dict[str, str] = {}
        self._told_at: int | None = None

    def step(self, now_us: int) -> None:
        """Do what is due.

        Raises:
            EvidenceError: The archive or the state database fails; an authority that does is
                asked again some other time.
        """
        for authority in self._authorities:
            self._plan(authority, now_us)
            self._plan_renewal(authority, now_us)
        for authority in self._authorities:
            self._work(authority, now_us)
        if self._authorities:
            self._warn(now_us)

    def anchored(self) -> list[Anchored]:
        """How far each authority's tokens reach."""
        told = []
        for authority in self._authorities:
            latest = self._archive.catalog.latest_anchor(authority.name)
            size = 0 if latest is None else latest.size
            waiting = self._unanchored(size)
            told.append(
                Anchored(
                    authority.name,
                    size,
                    None if latest is None else latest.time_us,
                    None if waiting is None else waiting.since_us,
                    self._troubles.get(authority.name),
                )
            )
        return told

    def _plan(self, authority: Authority, now_us: int) -> None:
        kind = stamp_kind(authority.name)
        if kind in self._state.pending():
            return
        catalog = self._archive.catalog
        latest = catalog.latest_anchor(authority.name)
        unanchored = self._unanchored(0 if latest is None else latest.size)
        if unanchored is None:
            return
        docked = bool(catalog.open_dockings())
        undocked_us = catalog.last_undocked_us()
        if is_due(unanchored, undocked_us, now_us, self._policy, is_docked=docked):
            self._state.enqueue(kind, [f"{kind}/{self._archive.log.size}"], now_us)

    def _plan_renewal(self, authority: Authority, now_us: int) -> None:
        latest = self._archive.catalog.latest_anchor(authority.name)
        token = latest and self._stamper.token_of(latest.size, authority.name)
        if latest and token and is_to_renew(token.expires_us(), now_us, self._policy):
            kind = renewal_kind(authority.name)
            self._state.enqueue(kind, [f"{kind}/{latest.token_sha256}"], now_us)

    def _work(self, authority: Authority, now_us: int) -> None:
        for kind in (stamp_kind(authority.name), renewal_kind(authority.name)):
            job = self._state.claim(kind, now_us, LEASE_US)
            if job is not None:
                self._do(authority, job, now_us)

    def _do(self, authority: Authority, job: Job, now_us: int) -> None:
        renews = job.kind == renewal_kind(authority.name)
        try:
            if renews:
                self._renew(authority, job.key.rpartition("/")[2])
            elif self._is_waiting(authority):
                self._stamper.stamp(authority)
        except EvidenceError as error:
            longest_us = LONGEST_RENEWAL_RETRY_US if renews else LONGEST_RETRY_US
            delay_us = min(FIRST_RETRY_US << min(job.attempts - 1, 20), longest_us)
            self._state.failed(job, f"{error.code}: {error.detail}", now_us + delay_us)
            self._troubles[authority.name] = error.detail
            _log.warning("not_stamped", authority=authority.name, error=error.detail)
        else:
            self._state.done(job, now_us)
            self._troubles.pop(authority.name, None)

    def _is_waiting(self, authority: Authority) -> bool:
        """Whether a token still has something to cover: a person may have had one meanwhile."""
        latest = self._archive.catalog.latest_anchor(authority.name)
        return self._unanchored(0 if latest is None else latest.size) is not None

    def _renew(self, authority: Authority, token_sha256: str) -> None:
        latest = self._archive.catalog.latest_anchor(authority.name)
        if latest is not None and latest.token_sha256 == token_sha256:
            self._stamper.stamp(authority, renews=token_sha256)

    def _unanchored(self, size: int) -> Unanchored | None:
        """The first entry from ``size`` on that is not itself about an anchor."""
        entries = LogFiles(self._archive.layout.log).entries(size)
        for entry in entries:
            if entry.act not in _NOT_COUNTED:
                return Unanchored(entry.seq, entry.time_us)
        return None

    def _warn(self, now_us: int) -> None:
        """Log an alarm when entries have been without any token for too long; once a spell.

        A spell lasts while no more entries are anchored. The log itself remembers.
        """
        size = self._archive.catalog.anchored_size()
        unanchored = self._unanchored(size)
        if unanchored is None or not is_alarming(unanchored, now_us, self._policy):
            return
        if self._told_at != size and not self._was_told(size):
            self._alarm(unanchored)
        self._told_at = size

    def _was_told(self, size: int) -> bool:
        """Whether an alarm was logged since ``size`` entries, and no more, are anchored."""
        is_anchored = size == 0
        for entry in LogFiles(self._archive.layout.log).entries(size):
            if entry.act in _NOT_COUNTED and entry.fields.get("size") == size:
                is_anchored = True
            is_alarm = entry.act == Act.ALARM and entry.fields.get("alarm") == "unanchored"
            if is_alarm and is_anchored:
                return True
        return False

    def _alarm(self, unanchored: Unanchored) -> None:
        seq = unanchored.seq
        reasons = "; ".join(f"{name}: {why}" for name, why in sorted(self._troubles.items()))
        detail = f"entries from {seq} on have no timestamp; {reasons or 'none was asked for'}"
        body = {"alarm": "unanchored", "subject": "log", "detail": detail}
        self._archive.log.append(Act.ALARM, body, STATION_ACTOR)
        _log.warning("unanchored", seq=seq)


def stamp_kind(authority: str) -> str:
    """The kind of the jobs that have the log stamped."""
    return f"stamp/{authority}"


def renewal_kind(authority: str) -> str:
    """The kind of the jobs that renew a token."""
    return f"renew/{authority}"
