"""Which calls of many a run tries: evenly spread ones, or all of them when asked."""

import os

EVERY_CALL = bool(os.environ.get("EVD_FAULTS_FULL"))
"""Set ``EVD_FAULTS_FULL=1`` to try every call, which takes about an hour."""


def sampled(total: int, share: int, shares: int) -> list[int]:
    """Numbers from 1 to ``total`` that belong to one of several shares."""
    if EVERY_CALL:
        return list(range(1 + share, total + 1, shares))
    return [1 + (2 * share + 1) * total // (2 * shares)]
