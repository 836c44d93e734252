"""When a token is due: pure decisions over a few times, all in microseconds.

* Only where an entry other than ``stamp`` or ``witness`` is not covered yet: tokens that cover
  nothing but tokens would beget each other for ever.
* After a shift: recorders have been docked since, none is docked any more, and the last has
  been gone for a while. And at the latest some hours after the first entry that is not covered.
* Clocks jump. What seems to lie in the future is not waited for; an alarm is a matter of hours,
  though, in which a clock that is set right by seconds makes no difference.
"""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class AnchoringPolicy:
    """When the log is anchored.

    Attributes:
        quiet_us: How long no recorder may have been docked for a shift to have ended; None: the
            end of a shift is no reason.
        every_us: The longest that an entry waits for a token to be asked for.
        alarm_us: How long an entry may be without a token before that is an alarm.
        renew_us: How long before a token's certificate ends its proof is renewed.
    """

    quiet_us: int | None
    every_us: int
    alarm_us: int
    renew_us: int


@dataclass(frozen=True, slots=True)
class Unanchored:
    """The first entry that counts and that no token covers.

    Attributes:
        seq: Its number.
        since_us: Its time.
    """

    seq: int
    since_us: int


def is_due(
    unanchored: Unanchored | None,
    last_undocked_us: int | None,
    now_us: int,
    policy: AnchoringPolicy,
    *,
    is_docked: bool,
) -> bool:
    """Whether a token is to be asked for now.

    Args:
        unanchored: The first entry that waits for one; None where none does.
        last_undocked_us: When a docking ended last.
        now_us: The time.
        policy: When the log is anchored.
        is_docked: Whether a recorder is docked.
    """
    if unanchored is None:
        return False
    if _passed(unanchored.since_us, policy.every_us, now_us):
        return True
    if policy.quiet_us is None or is_docked or last_undocked_us is None:
        return False
    if last_undocked_us < unanchored.since_us:
        return False
    return _passed(last_undocked_us, policy.quiet_us, now_us)


def is_alarming(unanchored: Unanchored | None, now_us: int, policy: AnchoringPolicy) -> bool:
    """Whether an entry has waited for too long, or seems to come from as far in the future."""
    return unanchored is not None and abs(now_us - unanchored.since_us) >= policy.alarm_us


def is_to_renew(expires_us: int | None, now_us: int, policy: AnchoringPolicy) -> bool:
    """Whether a token's certificate ends soon, or has ended."""
    return expires_us is not None and expires_us - now_us <= policy.renew_us


def _passed(start_us: int, wait_us: int, now_us: int) -> bool:
    return not 0 <= now_us - start_us < wait_us
