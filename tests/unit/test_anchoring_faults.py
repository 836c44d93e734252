"""The log anchored while things go wrong: clocks jump, disks are full, stations die."""

from collections.abc import Callable
from pathlib import Path

import pytest

from archive.anchoring.authority import Authority
from archive.anchoring.due import AnchoringPolicy, Unanchored, is_alarming
from archive.anchoring.keeper import AnchorKeeper
from archive.anchoring.stamping import Stamper
from archive.archive import Archive
from archive.clock import now_us
from archive.errors import StorageError, StoreUnavailable
from archive.log.writer import STATION_ACTOR
from archive.state.database import StateDatabase
from hashing.entry import Act
from hashing.timestamp import Imprint, Request, read_roots
from tests import tsa
from tests.archives import Site, new_site
from tests.tsa import DAY, NOW

HOUR_US = 3_600_000_000
DAY_US = 24 * HOUR_US
POLICY = AnchoringPolicy(HOUR_US, 6 * HOUR_US, 24 * HOUR_US, 30 * DAY_US)


@pytest.fixture(scope="module")
def real(tmp_path_factory: pytest.TempPathFactory) -> tsa.Authority:
    return tsa.Authority(tmp_path_factory.mktemp("tsa"))


@pytest.fixture
def site(tmp_path: Path) -> Site:
    return new_site(tmp_path / "site")


def known(real: tsa.Authority, ask: Callable[[bytes], bytes] | None = None) -> Authority:
    roots = tuple(read_roots(real.roots_file.read_bytes()))
    return Authority("tsa", ask or real.answer, roots=roots)


def away(_: bytes) -> bytes:
    raise StoreUnavailable("no route to the authority")


def keeper_of(archive: Archive, authority: Authority, state: StateDatabase) -> AnchorKeeper:
    return AnchorKeeper(archive, Stamper(archive), [authority], state, POLICY)


def note(archive: Archive) -> None:
    archive.log.append(Act.NOTE, {"sha256": "0" * 64, "subject": "x"}, STATION_ACTOR)


def test_put_off_by_a_clock_that_ran_ahead(site: Site, real: tsa.Authority, tmp_path: Path) -> None:
    """The request failed while the clock was a year ahead; it is made again once it is right."""
    with site.open() as archive, StateDatabase.open(tmp_path / "state.sqlite") as state:
        note(archive)
        keeper_of(archive, known(real, away), state).step(now_us() + 365 * DAY_US)
        assert state.pending()["stamp/tsa"].failing == 1
        keeper_of(archive, known(real), state).step(now_us())
        assert "stamp/tsa" not in state.pending()
    assert len(site.acts("stamp")) == 1


def test_entries_of_a_clock_that_ran_ahead_are_alarming() -> None:
    ahead = Unanchored(5, 400 * DAY_US)
    assert is_alarming(ahead, 35 * DAY_US, POLICY)
    assert not is_alarming(ahead, 400 * DAY_US - HOUR_US, POLICY), "set right by little"


def test_a_spell_is_told_once_whatever_the_state_database_forgets(
    site: Site, real: tsa.Authority, tmp_path: Path
) -> None:
    at_us = now_us() + 30 * HOUR_US
    for number in range(3):
        with (
            site.open() as archive,
            StateDatabase.open(tmp_path / f"state-{number}.sqlite") as state,
        ):
            note(archive)
            keeper = keeper_of(archive, known(real, away), state)
            keeper.step(at_us + number * 40 * DAY_US)
            keeper.step(at_us + number * 40 * DAY_US + HOUR_US)
    assert len(site.acts("alarm")) == 1


def test_an_alarm_that_the_token_came_after_is_of_the_spell_before(
    site: Site, real: tsa.Authority, tmp_path: Path
) -> None:
    """The alarm was logged while the authority was at it: the token does not cover it."""
    with site.open() as archive, StateDatabase.open(tmp_path / "state.sqlite") as state:
        note(archive)

        def ask(request: bytes) -> bytes:
            keeper_of(archive, known(real, away), state).step(now_us() + 30 * HOUR_US)
            return real.answer(request)

        stamped = Stamper(archive).stamp(known(real, ask))
        (alarm,) = site.acts("alarm")
        assert stamped.size <= alarm["seq"] < stamped.seq
        keeper_of(archive, known(real, away), state).step(now_us() + 60 * HOUR_US)
        keeper_of(archive, known(real, away), state).step(now_us() + 90 * HOUR_US)
    assert len(site.acts("alarm")) == 2


def test_a_disk_that_takes_no_token(site: Site, real: tsa.Authority, tmp_path: Path) -> None:
    """Nothing is logged, and it is asked for again."""
    with site.open() as archive, StateDatabase.open(tmp_path / "state.sqlite") as state:
        note(archive)
        blocked = site.root / "log/timestamps"
        blocked.write_bytes(b"")  # no folder can be made here
        with pytest.raises(StorageError):
            Stamper(archive).stamp(known(real))
        keeper = keeper_of(archive, known(real), state)
        keeper.step(now_us() + 7 * HOUR_US)
        assert keeper.anchored()[0].trouble is not None
        assert not site.acts("stamp")
        blocked.unlink()
        keeper.step(now_us() + 8 * HOUR_US)
    (entry,) = site.acts("stamp")
    files = [path for path in (site.root / "log/timestamps").rglob("*") if path.is_file()]
    assert [path.parent.name for path in files] == [str(entry["size"])]


def test_what_a_crash_left_and_no_longer_helps_is_asked_for_anew(
    site: Site, tmp_path: Path
) -> None:
    """A token by the old certificate lies there; a renewal needs one by the next."""
    old = tsa.Authority(tmp_path / "old", end=NOW + 60 * DAY)
    new = tsa.Authority(tmp_path / "new", name="Next TSA")
    roots = tuple(read_roots(old.roots_file.read_bytes() + new.roots_file.read_bytes()))
    with site.open() as archive:
        note(archive)
        first = Stamper(archive).stamp(Authority("tsa", old.answer, roots=roots))
        body = (site.root / "log/checkpoint").read_bytes().partition(b"\n\n")[0] + b"\n"
        path = site.root / f"log/timestamps/{archive.log.size}/tsa.tsr"
        path.parent.mkdir(parents=True)
        path.write_bytes(old.answer(Request(Imprint.SHA256, body, 5).encode()))
        authority = Authority("tsa", new.answer, roots=roots)
        renewed = Stamper(archive).stamp(authority, renews=first.token.sha256)
    assert path.read_bytes() == renewed.token.answer
    assert site.acts("stamp")[1]["renews"] == first.token.sha256
