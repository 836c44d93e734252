"""Jobs: work that is due once and tried until it is done.

* A key names one job: offering it again changes nothing, also when it is done. A job that was
  done long ago may be forgotten (:func:`forget_done`); who offers jobs must not offer such a key
  again, since it would be done again.
* A job is taken under a lease. A worker that dies lets the lease run out, and another takes
  the job; what the first one still reports no longer counts.
* Times are the caller's: nothing here looks at a clock. Clocks jump, though: a job that would
  have to be waited for longer than anybody waits was put off by a clock that has been set back
  since, and is due now.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import (
    Column,
    ColumnElement,
    Connection,
    ScalarSelect,
    Update,
    delete,
    func,
    or_,
    select,
    update,
)
from sqlalchemy.dialects.sqlite import insert

from archive.state.models import jobs

LONGEST_WAIT_US: Final = 48 * 3_600_000_000
"""No job is put off, and no lease lasts, for longer."""


@dataclass(frozen=True, slots=True)
class Job:
    """A job that was taken.

    Attributes:
        key: What is to be done, for example which object goes to which store.
        kind: Who does it.
        attempts: How often it was taken, this time included.
        last_error: Why it failed the last time.
        lease_until_us: Until when it is the taker's.
    """

    key: str
    kind: str
    attempts: int
    last_error: str | None
    lease_until_us: int


@dataclass(frozen=True, slots=True)
class Pending:
    """What of one kind is still to be done.

    Attributes:
        jobs: How many jobs.
        failing: How many of them have failed at least once.
        next_due_us: When the first of them is, or was, due.
    """

    jobs: int
    failing: int
    next_due_us: int


def enqueue(connection: Connection, kind: str, keys: Iterable[str], due_us: int) -> int:
    """Offer jobs; how many of them were not known yet."""
    rows = [{"key": key, "kind": kind, "due_us": due_us, "attempts": 0} for key in keys]
    if not rows:
        return 0
    statement = insert(jobs).on_conflict_do_nothing(index_elements=[jobs.c.key])
    return connection.execute(statement, rows).rowcount


def claim(connection: Connection, kind: str, now_us: int, lease_us: int) -> Job | None:
    """Take the job that has been due for the longest time and is nobody's."""
    statement = (
        update(jobs)
        .where(jobs.c.key == _next_key(kind, now_us))
        .values(attempts=jobs.c.attempts + 1, lease_until_us=now_us + lease_us)
        .returning(
            jobs.c.key, jobs.c.kind, jobs.c.attempts, jobs.c.last_error, jobs.c.lease_until_us
        )
    )
    taken = connection.execute(statement).one_or_none()
    return None if taken is None else Job(*taken)


def done(connection: Connection, job: Job, now_us: int) -> bool:
    """Report a job done; False where it is no longer the taker's."""
    statement = _still_taken(job).values(done_us=now_us, lease_until_us=None, last_error=None)
    return connection.execute(statement).rowcount == 1


def forget_done(connection: Connection, before_us: int, at_most: int) -> int:
    """Forget jobs that were done before a time; how many."""
    old = select(jobs.c.key).where(jobs.c.done_us < before_us).limit(at_most)
    return connection.execute(delete(jobs).where(jobs.c.key.in_(old))).rowcount


def failed(connection: Connection, job: Job, error: str, retry_at_us: int) -> bool:
    """Report a job failed, to be tried again; False where it is no longer the taker's."""
    statement = _still_taken(job).values(due_us=retry_at_us, last_error=error, lease_until_us=None)
    return connection.execute(statement).rowcount == 1


def pending(connection: Connection) -> dict[str, Pending]:
    """What is still to be done, by kind."""
    statement = (
        select(jobs.c.kind, func.count(), func.count(jobs.c.last_error), func.min(jobs.c.due_us))
        .where(jobs.c.done_us.is_(None))
        .group_by(jobs.c.kind)
    )
    return {kind: Pending(*counts) for kind, *counts in connection.execute(statement)}


def _next_key(kind: str, now_us: int) -> ScalarSelect[Any]:
    return (
        select(jobs.c.key)
        .where(
            jobs.c.kind == kind,
            jobs.c.done_us.is_(None),
            _has_come(jobs.c.due_us, now_us),
            or_(jobs.c.lease_until_us.is_(None), _has_come(jobs.c.lease_until_us, now_us)),
        )
        .order_by(jobs.c.due_us, jobs.c.key)
        .limit(1)
        .scalar_subquery()
    )


def _has_come(time_us: Column[int], now_us: int) -> ColumnElement[bool]:
    return or_(time_us <= now_us, time_us > now_us + LONGEST_WAIT_US)


def _still_taken(job: Job) -> Update:
    """The job, as long as nobody has taken it since: every taking counts its attempts up."""
    return update(jobs).where(
        jobs.c.key == job.key,
        jobs.c.attempts == job.attempts,
        jobs.c.lease_until_us.is_not(None),
    )
