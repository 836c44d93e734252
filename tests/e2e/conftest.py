"""Cards with real footage, and a station that has taken them in."""

from dataclasses import dataclass
from pathlib import Path

import pytest

from drivers.simulator.card import CardManifest, write_card
from drivers.simulator.plan import CardPlan, Firmware
from tests.drivers_clips import clips
from tests.evd_station import EvdStation

__all__ = ["clips"]

PLANS = (
    CardPlan(
        Firmware.ZFY,
        device="4560001",
        officer_no="100001",
        holes=frozenset({2}),
        important=frozenset({3}),
        prerecord=1,
        zero_byte=True,
    ),
    CardPlan(Firmware.DATED, device="4560002", officer_no="100002", recordings=3),
    CardPlan(Firmware.BOBLOV, device="4560003", recordings=2, log_days=2, fat_times=True),
)
"""Three of the ways in which firmwares lay out a card."""


@dataclass(frozen=True, slots=True)
class Card:
    """A card and what was laid out on it."""

    path: Path
    manifest: CardManifest


@pytest.fixture(scope="session")
def cards(tmp_path_factory: pytest.TempPathFactory, clips: list[str]) -> list[Card]:
    """Three recorders' cards; nobody writes to them."""
    folder = tmp_path_factory.mktemp("cards")
    return [_card(folder, plan, clips) for plan in PLANS]


@pytest.fixture
def hostile_card(tmp_path: Path, clips: list[str]) -> Card:
    """A card with names that no program likes, a link and a pipe."""
    plan = CardPlan(Firmware.DATED, hostile_names=True, symlink=True, fifo=True)
    return _card(tmp_path / "cards", plan, clips)


def _card(folder: Path, plan: CardPlan, clips: list[str]) -> Card:
    path = folder / plan.name
    return Card(path, write_card(plan, str(path), clips))


@pytest.fixture(scope="session")
def full_station(
    tmp_path_factory: pytest.TempPathFactory, empty_station: EvdStation, cards: list[Card]
) -> EvdStation:
    """A station that has taken the three cards in. To be looked at only."""
    station = empty_station.copy_to(tmp_path_factory.mktemp("station") / "full")
    station.ask("ingest", *(str(card.path) for card in cards))
    return station


@pytest.fixture
def station(full_station: EvdStation, tmp_path: Path) -> EvdStation:
    """The same station, to do with as one likes."""
    return full_station.copy_to(tmp_path / "station")


@pytest.fixture(scope="session")
def empty_station(tmp_path_factory: pytest.TempPathFactory) -> EvdStation:
    """A station that has taken nothing in. To be looked at only."""
    return EvdStation.init(tmp_path_factory.mktemp("station") / "empty")


@pytest.fixture
def new_station(empty_station: EvdStation, tmp_path: Path) -> EvdStation:
    """The same station, to do with as one likes."""
    return empty_station.copy_to(tmp_path / "new")
