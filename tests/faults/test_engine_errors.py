"""A call that changes the disk is answered with an error: the program may fail, the disk may
not lie.
"""  # noqa: D205 - the summary is one sentence

import errno

import pytest

from tests.faults.calls import Fault
from tests.faults.conftest import Bench
from tests.faults.jobs import Report
from tests.faults.sampling import sampled

SHARES = 6


def assert_failed_well(report: Report | None, call: str) -> None:
    """What came out is typed, and no descriptor was synced again after a failed sync."""
    assert report is not None
    assert report.foreign == "", call
    assert report.synced_again == [], call


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
