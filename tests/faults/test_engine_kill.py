"""The process is killed at a call that changes the disk; after a restart nothing is lost.

The last sentence of the life of a recording: whatever dies, an intent or nothing is found.
"""

import pytest

from tests.faults.bench import Bench
from tests.faults.calls import AFTER, BEFORE, Fault
from tests.faults.sampling import sampled

SHARES = 12


@pytest.mark.parametrize("share", range(SHARES))
@pytest.mark.parametrize("how", [BEFORE, AFTER])
def test_killed_while_a_card_is_taken_in(
    bench: Bench, calls: list[str], how: str, share: int
) -> None:
    for number in sampled(len(calls), share, SHARES):
        site = bench.copy(bench.pristine)
        assert bench.run(site, Fault(number, how)) is None, calls[number - 1]
        bench.assert_recovers(site)
