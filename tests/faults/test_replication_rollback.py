"""A station whose disk was put back to an earlier state, and a further store that knows better."""

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from archive.archive import Archive
from archive.keys import load_log_key
from archive.layout import Layout
from archive.replication.heads import signed_by
from archive.replication.keeper import StoreKeeper
from archive.replication.reader import ObjectReader
from archive.replication.reconcile import Reconciled, reconcile
from archive.state.database import StateDatabase
from archive.stores.interface import FurtherStore
from drivers.folder import FolderRecorder
from hashing.digest import Digest
from hashing.entry import Act
from hashing.errors import RolledBack
from tests.archives import CARD, dock, lay_card, new_site
from tests.stores import ShareSite


class Station:
    """A station with one further store."""

    def __init__(self, folder: Path) -> None:
        self.site = new_site(folder / "site")
        self.share = ShareSite(folder / "share", load_log_key(self.site.keys))
        self.card = folder / "cards"
        lay_card(self.card)
        self.answers: list[Reconciled] = []

    def reconcile(self, store: FurtherStore) -> dict[str, Any]:
        """How to open the archive so that the store is asked first."""

        def ask(layout: Layout) -> None:
            self.answers.append(reconcile(layout, signed_by([self.site.key]), [store]))

        return {"before_log": ask}

    def keep(self, archive: Archive) -> None:
        """Bring the store up to date."""
        with StateDatabase.open(self.site.folder / "state.sqlite") as state:
            keys = [self.site.key]
            StoreKeeper(archive, self.share.direct(), [], state, keys, lambda _: None).step()

    def image(self, folder: Path) -> Path:
        """The archive's disk as it is now."""
        return Path(shutil.copytree(self.site.root, folder / "image"))

    def put_back(self, image: Path) -> None:
        """The archive's disk as it was."""
        shutil.rmtree(self.site.root)
        shutil.copytree(image, self.site.root)


@pytest.fixture
def station(tmp_path: Path) -> Iterator[Station]:
    made = Station(tmp_path)
    with made.share:
        yield made


def note(archive: Archive, detail: str) -> None:
    body = {"alarm": "test", "subject": "station", "detail": detail}
    archive.log.append(Act.ALARM, body, "tester")


def test_a_station_put_back_adopts_the_longer_log_and_knows_everything_again(
    station: Station, tmp_path: Path
) -> None:
    image = station.image(tmp_path)
    with station.site.open() as archive:
        dock(archive, FolderRecorder(str(station.card / CARD.name)))
        station.keep(archive)
    entries, objects = station.site.entries(), set(station.site.objects())
    station.put_back(image)
    assert not station.site.objects()
    store = station.share.guarded()
    with station.site.open(**station.reconcile(store)) as archive:
        (answer,) = station.answers
        assert (answer.adopted_from, answer.size) == ("nas", len(entries))
        assert {row.sha256 for row in archive.catalog.objects()} == objects
        reader = ObjectReader([archive.landing, store])
        for row in archive.catalog.objects():
            with reader.open_object(Digest.sha256(row.sha256)) as found:
                assert found.size_bytes == row.size_bytes
        again = dock(archive, FolderRecorder(str(station.card / CARD.name)))
        assert again.balance.summary()["new"] == 0
        station.keep(archive)
    assert station.site.entries()[: len(entries)] == entries
    verdict = station.site.verify()
    assert verdict.log.ok
    assert {finding.code for finding in verdict.findings} == {"MISSING_FILE"}


def test_a_station_that_has_gone_on_by_another_way_signs_nothing(
    station: Station, tmp_path: Path
) -> None:
    image = station.image(tmp_path)
    with station.site.open() as archive:
        note(archive, "one way")
        station.keep(archive)
    station.put_back(image)
    with station.site.open() as archive:  # the store is away, so that nobody knows better
        for number in range(3):
            note(archive, f"another way {number}")
    size = len(station.site.entries())
    with (
        pytest.raises(RolledBack, match="store nas knows another log") as caught,
        station.site.open(**station.reconcile(station.share.guarded())),
    ):
        pass
    assert caught.value.exit_code == 33
    assert len(station.site.entries()) == size
    with station.site.open():  # the lock was let go
        pass


def test_a_store_that_is_away_stops_no_station(station: Station) -> None:
    (station.share.folder / "store.json").unlink()
    with station.site.open(**station.reconcile(station.share.guarded())) as archive:
        note(archive, "goes on")
    (answer,) = station.answers
    assert answer.not_asked.keys() == {"nas"}
