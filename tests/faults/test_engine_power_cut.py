"""The power goes while a card is taken in; what was never synced may be gone, or garbage."""

import shutil
from dataclasses import replace

import pytest

from tests.archives import Site
from tests.faults.bench import Bench
from tests.faults.calls import AFTER, Fault
from tests.faults.sampling import sampled

SHARES = 10


@pytest.mark.parametrize("share", range(SHARES))
@pytest.mark.parametrize("cut", ["strict", "random"])
def test_power_cut_while_a_card_is_taken_in(
    bench: Bench,
    calls: list[str],
    cut: str,
    share: int,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("archive.ingest.stage.boot_id", lambda: "another boot".ljust(32))
    for number in sampled(len(calls), share, SHARES):
        site = bench.copy(bench.pristine)
        left = Site(bench.folder / f"left-{cut}-{number}", site.key)
        left.folder.mkdir()
        shutil.copytree(site.keys, left.keys)
        job = replace(
            bench.job(site, Fault(number, AFTER)),
            remains=str(left.root),
            seed=number if cut == "random" else None,
        )
        assert bench.children.run(job) is None, calls[number - 1]
        shutil.rmtree(site.folder)
        bench.assert_recovers(left)
