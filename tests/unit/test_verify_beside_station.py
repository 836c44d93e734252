"""An archive is verified while recorders are taken in: what is newer is no stranger."""

import threading
from collections.abc import Sequence
from concurrent.futures import Future
from pathlib import Path

from archive.log.writer import Draft
from archive.verify.archive import Progress, Question, verify_archive
from hashing.entry import Entry
from tests.archives import dock, new_site
from tests.engine_sources import MemorySource, noise
from tests.stub_recorder import StubRecorder

ROUNDS = 12


def card(number: int) -> StubRecorder:
    seeds = range(number * 100, number * 100 + 9)
    return StubRecorder({b"%d.mp4" % seed: MemorySource(noise(500, seed)) for seed in seeds})


def test_nothing_is_found_beside_a_station_at_work(tmp_path: Path) -> None:
    site = new_site(tmp_path / "site")
    with site.open() as archive:

        def take_in() -> None:
            for number in range(ROUNDS):
                dock(archive, card(number))

        station = threading.Thread(target=take_in)
        station.start()
        verified = 0
        while station.is_alive():
            assert site.verify().findings == ()
            verified += 1
        station.join()
    assert verified
    verdict = site.verify()
    assert (verdict.findings, verdict.objects) == ((), ROUNDS * 9)


def test_what_comes_between_the_log_and_the_store_is_looked_up(tmp_path: Path) -> None:
    site = new_site(tmp_path / "site")
    with site.open() as archive:
        dock(archive, card(1))

        def meanwhile(_done: int, _all: int) -> None:
            if len(site.objects()) < 18:
                dock(archive, card(2))

        question = Question(site.key, deep=True)
        verdict = verify_archive(site.root, question, Progress(entries=meanwhile))
    assert len(site.objects()) == 18
    assert (verdict.findings, verdict.objects) == ((), 9)


def test_an_object_that_is_about_to_be_logged_is_no_stranger(tmp_path: Path) -> None:
    site = new_site(tmp_path / "site")
    found: list[object] = []
    with site.open() as archive:
        real = archive.log.submit

        def look_then_submit(drafts: Sequence[Draft]) -> "Future[list[Entry]]":
            if any(draft.act == "ingest" for draft in drafts):
                found.extend(site.verify().findings)
                assert len(site.objects()) == 9
            return real(drafts)

        archive.log.submit = look_then_submit  # type: ignore[method-assign]
        dock(archive, card(1))
    assert found == []
