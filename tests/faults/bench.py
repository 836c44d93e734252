"""One card, one new archive, and one clean process that forks, for all fault tests."""

import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from itertools import count
from pathlib import Path

from archive.streams.space import free_bytes
from drivers.folder import FolderRecorder
from drivers.simulator.card import CardManifest
from tests.archives import (
    Site,
    assert_balanced,
    assert_holds,
    assert_sound,
    dock,
    lay_card,
    new_site,
)
from tests.faults.calls import Fault
from tests.faults.children import Nursery, nursery
from tests.faults.jobs import Job, Report

ROOM_BYTES = 1 << 30


@dataclass(slots=True)
class Bench:
    """Everything a fault test needs.

    Attributes:
        folder: Where copies of the archive go.
        card: The card.
        manifest: What is on it.
        pristine: A new archive that nothing was taken into.
        children: Runs jobs.
    """

    folder: Path
    card: str
    manifest: CardManifest
    pristine: Site
    children: Nursery
    _copies: Iterator[int] = field(default_factory=count)

    def copy(self, site: Site) -> Site:
        """An archive of its own for one test."""
        target = self.folder / f"site-{next(self._copies)}"
        shutil.copytree(site.folder, target, symlinks=True)
        return Site(target, site.key)

    def job(self, site: Site, fault: Fault | None = None) -> Job:
        """Taking the card in, twice."""
        report = str(self.folder / "report.json")
        return Job(str(site.folder), self.card, report, fault or Fault())

    def run(self, site: Site, fault: Fault | None = None) -> Report | None:
        """Take the card in, twice; None where the process was killed."""
        return self.children.run(self.job(site, fault))

    def reopen(self, site: Site, fault: Fault | None = None) -> Report | None:
        """Open the archive, which recovers it, and close it."""
        return self.children.run(replace(self.job(site, fault), card=""))

    def assert_recovers(self, site: Site, *, keep: bool = False) -> None:
        """After a restart nothing contradicts, and the card comes in whole."""
        with site.open():
            pass
        assert_sound(site)
        with site.open() as archive:
            ended = dock(archive, FolderRecorder(self.card))
        assert_balanced(ended, self.manifest)
        assert_sound(site)
        assert_holds(site, self.manifest)
        if not keep:
            shutil.rmtree(site.folder)


@contextmanager
def _place() -> Iterator[Path]:
    """Where the archives are: in memory where that is possible.

    Hundreds of archives come and go, and no promise of a disk is tested with them: a killed
    process leaves to the next one whatever it has done, and a power cut is a model.
    """
    memory = Path("/dev/shm")
    place = memory if os.access(memory, os.W_OK) and free_bytes(memory) > ROOM_BYTES else None
    with tempfile.TemporaryDirectory(prefix="evd-faults-", dir=place) as folder:
        yield Path(folder)


@contextmanager
def set_up() -> Iterator[Bench]:
    """The bench of all fault tests."""
    with _place() as folder, nursery() as children:
        manifest = lay_card(folder)
        card = os.fspath(folder / manifest.plan.name)
        yield Bench(folder, card, manifest, new_site(folder / "pristine"), children)


def assert_failed_well(report: Report | None, call: str) -> None:
    """What came out is typed, and no descriptor was synced again after a failed sync."""
    assert report is not None
    assert report.foreign == "", call
    assert report.synced_again == [], call
