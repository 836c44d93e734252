"""The bench, and what happens on it when nothing goes wrong."""

from collections.abc import Iterator

import pytest

from tests.faults.bench import Bench, set_up


@pytest.fixture(scope="session")
def bench() -> Iterator[Bench]:
    """The fault tests' bench."""
    with set_up() as made:
        yield made


@pytest.fixture(scope="session")
def calls(bench: Bench) -> list[str]:
    """Every call of taking the card in twice, in order."""
    report = bench.run(bench.copy(bench.pristine))
    assert report is not None
    assert (report.errors, report.foreign) == ([], "")
    return report.calls
