"""An object that the disk has lost comes back with the recorder that still has it."""

from pathlib import Path

import pytest

from drivers.folder import FolderRecorder
from tests.archives import (
    Site,
    assert_balanced,
    assert_holds,
    assert_sound,
    dock,
    lay_card,
    new_site,
)


@pytest.fixture
def site(tmp_path: Path) -> Site:
    return new_site(tmp_path / "site")


@pytest.mark.parametrize("lost", ["largest", "smallest", "all"])
def test_a_lost_object_is_taken_from_the_card_again(site: Site, tmp_path: Path, lost: str) -> None:
    manifest = lay_card(tmp_path)
    card = str(tmp_path / manifest.plan.name)
    with site.open() as archive:
        dock(archive, FolderRecorder(card))
    by_size = sorted(site.objects().values(), key=lambda path: path.stat().st_size)
    gone = {"largest": by_size[-1:], "smallest": by_size[:1], "all": by_size}[lost]
    for path in gone:
        path.unlink()
    assert {finding.code for finding in site.verify().findings} == {"MISSING_FILE"}
    with site.open() as archive:
        ended = dock(archive, FolderRecorder(card))
    assert_balanced(ended, manifest)
    assert ended.balance.summary()["new"] == 0
    assert_holds(site, manifest)
    assert_sound(site)
    told = [e["subject"] for e in site.acts("alarm") if e["alarm"] == "object_restored"]
    assert sorted(told) == sorted(path.name for path in gone)


def test_an_object_that_is_there_is_not_taken_again(site: Site, tmp_path: Path) -> None:
    manifest = lay_card(tmp_path)
    card = str(tmp_path / manifest.plan.name)
    for _ in range(2):
        with site.open() as archive:
            dock(archive, FolderRecorder(card))
    assert site.acts("alarm") == []
    assert {entry["proof"] for entry in site.acts("sighting")} == {"content", "metadata"}
    assert_holds(site, manifest)
