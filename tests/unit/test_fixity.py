"""Objects are read again: stretches, passes, failures, and when everything was last read."""

import hashlib
import shutil
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from archive.archive import Archive
from archive.catalog.rows import HIGHEST, LOWEST, FindQuery, FixityRow
from archive.errors import StoreUnavailable
from archive.fixity.coverage import whole_since_us
from archive.fixity.pace import Interrupted, Pace
from archive.fixity.scrubber import FurtherReadings, LandingReadings, Readings, Scrubber
from archive.keys import load_log_key
from archive.replication.reader import ObjectReader
from archive.replication.replicator import Replicator
from hashing.digest import Digest
from tests.archives import Site
from tests.stores import ShareSite, ingested_site

FAST = 1e12
DAY_US = 24 * 3600 * 1_000_000


@pytest.fixture(scope="module")
def pristine(tmp_path_factory: pytest.TempPathFactory) -> Site:
    return ingested_site(tmp_path_factory.mktemp("pristine"))


@pytest.fixture
def site(pristine: Site, tmp_path: Path) -> Site:
    shutil.copytree(pristine.folder, tmp_path / "site")
    return Site(tmp_path / "site", pristine.key)


@pytest.fixture
def archive(site: Site) -> Iterator[Archive]:
    with site.open() as opened:
        yield opened


def pace(stop: threading.Event | None = None) -> Pace:
    return Pace(FAST, stop or threading.Event(), lambda: False)


class Stepping:
    """Readings that are asked to end after some objects, or that fail to be there."""

    first_home = True

    def __init__(self, of: Readings, objects: int, end: type[Exception]) -> None:
        self.store = of.store
        self._of = of
        self._left = objects
        self._end = end

    def reread(self, digest: Digest, pace: Pace) -> Digest:
        if not self._left:
            raise self._end("away")
        self._left -= 1
        return self._of.reread(digest, pace)


def scrubber(archive: Archive, readings: Readings | None = None) -> Scrubber:
    reading = readings or LandingReadings(archive.landing)
    return Scrubber(reading, archive.log, archive.catalog, pace())


def test_a_pass_reads_every_object_and_says_so(site: Site, archive: Archive) -> None:
    read = scrubber(archive).stretch()
    assert read is not None
    assert read.ends_pass
    assert read.failures == []
    (entry,) = site.acts("fixity")
    sizes = [path.stat().st_size for path in site.objects().values()]
    assert (entry["objects"], entry["bytes"]) == (len(sizes), sum(sizes))
    assert (entry["store"], entry["after"], entry["through"]) == ("landing", LOWEST, HIGHEST)
    since_us = whole_since_us(archive.catalog.fixity("landing"))
    assert since_us == archive.catalog.pass_began_us("landing")


def test_a_stretch_that_is_ended_is_gone_on_with(site: Site, archive: Archive) -> None:
    landing = LandingReadings(archive.landing)
    first = scrubber(archive, Stepping(landing, 2, Interrupted)).stretch()
    assert first is not None
    assert first.objects == 2
    assert not first.ends_pass
    assert whole_since_us(archive.catalog.fixity("landing")) is None
    second = scrubber(archive).stretch()
    assert second is not None
    assert second.after == first.through
    assert first.objects + second.objects == len(site.objects())
    oldest = min(row.began_us for row in archive.catalog.fixity("landing"))
    assert whole_since_us(archive.catalog.fixity("landing")) == oldest


def test_ended_before_the_first_object_nothing_is_logged(site: Site, archive: Archive) -> None:
    landing = LandingReadings(archive.landing)
    assert scrubber(archive, Stepping(landing, 0, Interrupted)).stretch() is None
    assert site.acts("fixity") == []


def test_a_pass_is_due_when_the_last_began_long_ago(archive: Archive) -> None:
    fixity = scrubber(archive)
    assert fixity.is_due(DAY_US, 0)
    fixity.stretch()
    began_us = archive.catalog.pass_began_us("landing")
    assert began_us is not None
    assert not fixity.is_due(DAY_US, began_us + DAY_US - 1)
    assert fixity.is_due(DAY_US, began_us + DAY_US)


def test_a_pass_under_way_is_due(archive: Archive) -> None:
    scrubber(archive, Stepping(LandingReadings(archive.landing), 1, Interrupted)).stretch()
    assert scrubber(archive).is_due(DAY_US, 0)


def test_damage_is_named_and_raises_an_alarm(site: Site, archive: Archive) -> None:
    name, path = max(site.objects().items(), key=lambda item: item[1].stat().st_size)
    path.chmod(0o600)
    with path.open("r+b") as file:
        file.seek(path.stat().st_size // 2)
        byte = file.read(1)
        file.seek(-1, 1)
        file.write(bytes([byte[0] ^ 1]))
    scrubber(archive).stretch()
    (entry,) = site.acts("fixity")
    assert entry["failures"] == [name]
    (alarm,) = [each for each in site.acts("alarm") if each["alarm"] == "object_damaged"]
    assert name in alarm["detail"]
    recording = next(row.id for row in archive.catalog.find(FindQuery()) if row.sha256 == name)
    assert archive.catalog.custody(recording)[-1].act == "fixity"


def test_a_missing_object_is_a_failure(site: Site, archive: Archive) -> None:
    name, path = sorted(site.objects().items())[0]
    path.unlink()
    read = scrubber(archive).stretch()
    assert read is not None
    assert read.failures == [name]


def test_a_further_store_is_read_as_far_as_it_has_copies(
    site: Site, archive: Archive, tmp_path: Path
) -> None:
    name = sorted(site.objects())[0]
    with ShareSite(tmp_path / "nas", load_log_key(site.keys)) as share:
        store = share.guarded()
        reader = ObjectReader([archive.landing])
        Replicator(reader, store, archive.log, archive.catalog).copy(name)
        read = scrubber(archive, FurtherReadings(store, share.card.store)).stretch()
        assert read is not None
        assert (read.objects, read.failures) == (1, [])
        copy = share.folder / "objects" / name[:2] / name
        copy.chmod(0o600)
        copy.write_bytes(b"something else")
        read = scrubber(archive, FurtherReadings(store, share.card.store)).stretch()
        assert read is not None
        assert read.failures == [name]


def test_a_store_that_goes_away_is_not_called_damaged(site: Site, archive: Archive) -> None:
    landing = LandingReadings(archive.landing)
    with pytest.raises(StoreUnavailable):
        scrubber(archive, Stepping(landing, 1, StoreUnavailable)).stretch()
    (entry,) = site.acts("fixity")
    assert (entry["objects"], entry["failures"]) == (1, [])


def test_the_rate_is_kept() -> None:
    slow, began_s = Pace(1e6, threading.Event(), lambda: False), time.monotonic()
    for _ in range(10):
        slow(20_000)
    assert time.monotonic() - began_s >= 0.2


def test_reading_waits_while_something_is_taken_in() -> None:
    stop, asked = threading.Event(), []

    def busy() -> bool:
        asked.append(True)
        if len(asked) == 2:
            stop.set()
        return True

    with pytest.raises(Interrupted):
        Pace(FAST, stop, busy)(1)
    assert len(asked) == 2


points = st.integers(0, 15).map(lambda digit: f"{digit:x}" * 64)
stretches = st.lists(st.tuples(points, points), max_size=12)


@settings(suppress_health_check=[HealthCheck.too_slow], deadline=None)
@given(stretches)
def test_everything_was_read_exactly_when_no_digest_was_left_out(
    ranges: list[tuple[str, str]],
) -> None:
    """Against a reckoning digest by digest, over one digest between any two points."""
    rows = [
        FixityRow(len(ranges) - n, 0, "landing", 1000 - n, after, through, 0, 0, 0)
        for n, (after, through) in enumerate(ranges)
    ]
    probes = [f"{digit:x}" * 63 + "0" if digit else "0" * 63 + "1" for digit in range(16)]
    probes = [probe for probe in probes if LOWEST < probe <= HIGHEST]
    last = [
        max((row.began_us for row in rows if row.after < probe <= row.through), default=None)
        for probe in probes
    ]
    expected = None if None in last else min(each for each in last if each is not None)
    assert whole_since_us(rows) == expected


def test_the_digest_of_the_disk_is_the_one_sha256sum_would_print(
    site: Site, archive: Archive
) -> None:
    for name, path in site.objects().items():
        assert archive.landing.reread(Digest.sha256(name), pace()).hex == name
        assert hashlib.sha256(path.read_bytes()).hexdigest() == name
