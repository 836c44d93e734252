"""A call that changes the disk is answered with an error: the program may fail, the disk may
not lie.
"""  # noqa: D205 - the summary is one sentence

import errno

import pytest

from tests.faults.bench import Bench, assert_failed_well
from tests.faults.calls import Fault
from tests.faults.sampling import sampled

SHARES = 6


@pytest.mark.parametrize("share", range(SHARES))
@pytest.mark.parametrize("lasting", [False, True], ids=["once", "from_then_on"])
@pytest.mark.parametrize("code", [errno.EIO, errno.ENOSPC], ids=errno.errorcode.get)
def test_refused_while_a_card_is_taken_in(
    bench: Bench, calls: list[str], code: int, lasting: bool, share: int
) -> None:
    for number in sampled(len(calls), share, SHARES):
        site = bench.copy(bench.pristine)
        report = bench.run(site, Fault(number, code, lasting))
        assert_failed_well(report, calls[number - 1])
        bench.assert_recovers(site)
