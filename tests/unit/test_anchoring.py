"""The log anchored: tokens of a real authority, durable, logged, renewed, asked for again."""

import hashlib
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from archive.anchoring.authority import Authority
from archive.anchoring.due import AnchoringPolicy, Unanchored, is_alarming, is_due, is_to_renew
from archive.anchoring.keeper import AnchorKeeper
from archive.anchoring.stamping import Stamper
from archive.archive import Archive
from archive.backup.backup import Station, back_up
from archive.backup.restore import restore
from archive.clock import now_us
from archive.errors import StoreUnavailable
from archive.log.kept import KeptCheckpoints
from archive.log.writer import STATION_ACTOR
from archive.rebuilding import rebuild_catalog
from archive.state.database import StateDatabase
from hashing.cosignature import CosigningKey
from hashing.entry import Act, format_time
from hashing.note import SignedNote
from hashing.timestamp import (
    Imprint,
    Judgement,
    Request,
    TimestampInvalid,
    TimestampRefused,
    Token,
    read_roots,
)
from tests import tsa
from tests.archives import Site, new_site
from tests.tsa import DAY, NOW

MINUTE_US = 60_000_000
HOUR_US = 60 * MINUTE_US
POLICY = AnchoringPolicy(10 * MINUTE_US, 6 * HOUR_US, 24 * HOUR_US, 30 * 24 * HOUR_US)


@pytest.fixture(scope="module")
def real(tmp_path_factory: pytest.TempPathFactory) -> tsa.Authority:
    return tsa.Authority(tmp_path_factory.mktemp("tsa"))


@pytest.fixture
def site(tmp_path: Path) -> Site:
    return new_site(tmp_path / "site")


@pytest.fixture
def state(tmp_path: Path) -> Iterator[StateDatabase]:
    with StateDatabase.open(tmp_path / "state.sqlite") as database:
        yield database


def known_as(
    name: str, real: tsa.Authority, ask: Callable[[bytes], bytes] | None = None
) -> Authority:
    roots = tuple(read_roots(real.roots_file.read_bytes()))
    return Authority(name, ask or real.answer, roots=roots)


def away(_: bytes) -> bytes:
    raise StoreUnavailable("no route to the authority")


def note(archive: Archive) -> None:
    archive.log.append(Act.NOTE, {"sha256": "0" * 64, "subject": "x"}, STATION_ACTOR)


def test_token_lies_under_its_size_and_in_the_log(site: Site, real: tsa.Authority) -> None:
    with site.open() as archive:
        note(archive)
        checkpoint = (site.root / "log/checkpoint").read_bytes()
        size = archive.log.size
        stamped = Stamper(archive).stamp(known_as("tsa", real), actor="li")
        anchor = archive.catalog.first_anchor(size - 1)
    (entry,) = site.acts("stamp")
    answer = (site.root / f"log/timestamps/{size}/tsa.tsr").read_bytes()
    assert (entry["size"], entry["authority"], entry["actor"]) == (size, "tsa", "li")
    assert entry["token_sha256"] == hashlib.sha256(answer).hexdigest()
    assert (site.root / f"log/checkpoints/{size}").read_bytes() == checkpoint
    body = checkpoint.partition(b"\n\n")[0] + b"\n"
    assert tsa.openssl_verifies(answer, body, real.roots_file, site.folder)
    assert stamped.judgement is Judgement.VERIFIED
    assert anchor is not None
    assert (anchor.size, anchor.token_sha256) == (size, entry["token_sha256"])
    assert entry["gen_time"] == format_time(anchor.time_us)


def test_rebuilt_catalog_and_restored_archive_have_the_anchors(
    site: Site, real: tsa.Authority, tmp_path: Path
) -> None:
    with site.open() as archive:
        note(archive)
        stamped = Stamper(archive).stamp(known_as("tsa", real))
        before = archive.catalog.latest_anchor("tsa")
    rebuild_catalog(site.root, lambda _done, _all: None)
    station = Station(site.root, tmp_path / "state.sqlite", None, [site.key])
    back_up(station, tmp_path / "backup")
    restore(tmp_path / "backup", tmp_path / "again", site.keys)
    again = Site(tmp_path / "again", site.key)
    for each in (site, again):
        with each.open() as archive:
            assert archive.catalog.latest_anchor("tsa") == before
        for name in (f"timestamps/{stamped.size}/tsa.tsr", f"checkpoints/{stamped.size}"):
            assert (each.root / "log" / name).read_bytes() == (
                site.root / "log" / name
            ).read_bytes()


def test_backup_gets_the_cosignatures_of_a_stamped_checkpoint(
    site: Site, real: tsa.Authority, tmp_path: Path
) -> None:
    """Gathered after the checkpoint was carried over, they follow with the entry that says so."""
    station = Station(site.root, tmp_path / "state.sqlite", None, [site.key])
    witness = CosigningKey.generate("witness.example/w1")
    with site.open() as archive:
        note(archive)
        stamped = Stamper(archive).stamp(known_as("tsa", real))
        back_up(station, tmp_path / "backup")
        kept = KeptCheckpoints(site.root / "log")
        signed = SignedNote.parse(kept.read(str(stamped.size)) or b"")
        kept.keep(replace(signed, signatures=(witness.cosign(signed.text, 1_790_000_000),)))
        body = {
            "size": stamped.size,
            "root": site.acts("stamp")[0]["root"],
            "witness": "witness.example/w1",
            "vkey": str(witness.verifier),
            "method": "carried",
            "cosigned_time": format_time(1_790_000_000_000_000),
        }
        archive.log.append(Act.WITNESS, body, STATION_ACTOR)
    back_up(station, tmp_path / "backup")
    name = f"log/checkpoints/{stamped.size}"
    carried = (tmp_path / "backup/archive" / name).read_bytes()
    assert carried == (site.root / name).read_bytes()
    assert b"witness.example/w1" in carried


def test_answer_left_by_a_crash_is_taken_up(site: Site, real: tsa.Authority) -> None:
    """The token was durable and its entry was not: nobody is asked again."""
    with site.open() as archive:
        note(archive)
        body = (site.root / "log/checkpoint").read_bytes().partition(b"\n\n")[0] + b"\n"
        answer = real.answer(Request(Imprint.SHA256, body, 5).encode())
        path = site.root / f"log/timestamps/{archive.log.size}/tsa.tsr"
        path.parent.mkdir(parents=True)
        path.write_bytes(answer)
        stamped = Stamper(archive).stamp(known_as("tsa", real, away))
    assert stamped.token.answer == answer
    assert site.acts("stamp")[0]["token_sha256"] == hashlib.sha256(answer).hexdigest()


@pytest.mark.parametrize("junk", [b"", b"half an answer", b"\x30\x03\x02\x01\x00"])
def test_junk_left_by_a_crash_is_replaced(site: Site, real: tsa.Authority, junk: bytes) -> None:
    with site.open() as archive:
        note(archive)
        path = site.root / f"log/timestamps/{archive.log.size}/tsa.tsr"
        path.parent.mkdir(parents=True)
        path.write_bytes(junk)
        stamped = Stamper(archive).stamp(known_as("tsa", real))
    assert path.read_bytes() == stamped.token.answer != junk


@pytest.mark.parametrize(
    "fault", ["other message", "other nonce", "other root", "garbage", "refused"]
)
def test_answer_that_is_not_good_is_not_kept(
    site: Site, real: tsa.Authority, tmp_path: Path, fault: str
) -> None:
    other = tsa.Authority(tmp_path / "other")

    def ask(request: bytes) -> bytes:
        match fault:
            case "other message":
                return real.answer(Request(Imprint.SHA256, b"other", 1).encode())
            case "other nonce":
                body = (site.root / "log/checkpoint").read_bytes().partition(b"\n\n")[0] + b"\n"
                return real.answer(Request(Imprint.SHA256, body, 1).encode())
            case "other root":
                return other.answer(request)
            case "refused":
                return real.answer(request.replace(b"\x01", b"\x07", 1))
        return b"<html>"

    with site.open() as archive:
        note(archive)
        size = archive.log.size
        with pytest.raises((TimestampInvalid, TimestampRefused)):
            Stamper(archive).stamp(known_as("tsa", real, ask))
        assert archive.log.size == size
    assert not (site.root / "log/timestamps").exists()


def test_sm2_token_is_kept_and_said_not_to_be_judged(
    site: Site, real: tsa.Authority, tmp_path: Path
) -> None:
    with site.open() as archive:
        note(archive)
        body = (site.root / "log/checkpoint").read_bytes().partition(b"\n\n")[0] + b"\n"
        answer = tsa.sm2_answer(tmp_path, body)
        path = site.root / f"log/timestamps/{archive.log.size}/sm2.tsr"
        path.parent.mkdir(parents=True)
        path.write_bytes(answer)
        assert Stamper(archive).stamp(known_as("sm2", real, away)).judgement is (
            Judgement.NOT_JUDGED
        )


def test_nothing_but_tokens_is_never_stamped(
    site: Site, real: tsa.Authority, state: StateDatabase
) -> None:
    with site.open() as archive:
        note(archive)
        authorities = [known_as("a", real), known_as("b", real)]
        keeper = AnchorKeeper(archive, Stamper(archive), authorities, state, POLICY)
        later_us = now_us() + 7 * HOUR_US
        for step in range(5):
            keeper.step(later_us + step * 7 * HOUR_US)
        assert [one.waiting_since_us for one in keeper.anchored()] == [None, None]
    assert [entry["authority"] for entry in site.acts("stamp")] == ["a", "b"]


def test_offline_then_online(site: Site, real: tsa.Authority, state: StateDatabase) -> None:
    """One request waits however long it takes; it is over the newest checkpoint then."""
    online = False

    def ask(request: bytes) -> bytes:
        return real.answer(request) if online else away(request)

    with site.open() as archive:
        note(archive)
        keeper = AnchorKeeper(
            archive, Stamper(archive), [known_as("tsa", real, ask)], state, POLICY
        )
        at_us = now_us() + 7 * HOUR_US
        for _ in range(40):
            at_us += HOUR_US
            keeper.step(at_us)
            if not site.acts("alarm"):
                note(archive)
        assert state.pending()["stamp/tsa"].jobs == 1
        (told,) = keeper.anchored()
        assert told.trouble == "no route to the authority"
        assert told.size == 0
        online = True
        keeper.step(at_us + 2 * HOUR_US)
        (told,) = keeper.anchored()
        assert (told.trouble, told.waiting_since_us) == (None, None)
        assert "stamp/tsa" not in state.pending()
    (alarm,) = site.acts("alarm")
    assert alarm["alarm"] == "unanchored"
    assert "no route" in alarm["detail"]
    (stamp,) = site.acts("stamp")
    assert stamp["size"] == stamp["seq"]


def test_alarm_is_told_once_across_restarts_and_again_in_the_next_spell(
    site: Site, real: tsa.Authority, state: StateDatabase
) -> None:
    at_us = now_us()
    for _ in range(3):
        with site.open() as archive:
            note(archive)
            parts = (archive, Stamper(archive), [known_as("tsa", real, away)], state, POLICY)
            keeper = AnchorKeeper(*parts)
            at_us += 30 * HOUR_US
            keeper.step(at_us)
    assert len(site.acts("alarm")) == 1
    with site.open() as archive:
        Stamper(archive).stamp(known_as("tsa", real))
        note(archive)
        keeper = AnchorKeeper(
            archive, Stamper(archive), [known_as("tsa", real, away)], state, POLICY
        )
        keeper.step(at_us + 30 * HOUR_US)
        keeper.step(at_us + 60 * HOUR_US)
    assert len(site.acts("alarm")) == 2


def test_renewed_before_the_certificate_ends(
    site: Site, state: StateDatabase, tmp_path: Path
) -> None:
    """Though nothing else is new; and by the authority's next certificate only."""
    old = tsa.Authority(tmp_path / "old", end=NOW + 60 * DAY)
    with site.open() as archive:
        note(archive)
        first = Stamper(archive).stamp(known_as("tsa", old))
        keeper = AnchorKeeper(archive, Stamper(archive), [known_as("tsa", old)], state, POLICY)
        keeper.step(now_us())
        assert len(site.acts("stamp")) == 1
        soon_us = now_us() + 40 * 24 * HOUR_US
        keeper.step(soon_us)
        assert len(site.acts("stamp")) == 1, "the same certificate renews nothing"
        (told,) = keeper.anchored()
        assert told.trouble is not None
        assert "no later" in told.trouble
        new = tsa.Authority(tmp_path / "new")
        keeper = AnchorKeeper(archive, Stamper(archive), [known_as("tsa", new)], state, POLICY)
        keeper.step(soon_us + 25 * HOUR_US)
        keeper.step(soon_us + 50 * HOUR_US)
    first_entry, second_entry = site.acts("stamp")
    assert "renews" not in first_entry
    assert second_entry["renews"] == first.token.sha256
    assert second_entry["size"] > first_entry["seq"], "it covers the entry that names the old one"
    path = site.root / f"log/timestamps/{second_entry['size']}/tsa.tsr"
    assert Token.read(path.read_bytes()).expires_us() != first.token.expires_us()


WAITING = Unanchored(5, 100 * HOUR_US)


@pytest.mark.parametrize(
    ("unanchored", "undocked_h", "docked", "now_h", "due"),
    [
        (None, 100, False, 200, False),
        (WAITING, None, False, 101, False),
        (WAITING, None, False, 106, True),
        (WAITING, 99, False, 101, False),
        (WAITING, 101, False, 101, False),
        (WAITING, 101, False, 102, True),
        (WAITING, 101, True, 102, False),
        (WAITING, 101, True, 106, True),
        (WAITING, None, False, 99, True),
        (WAITING, 103, False, 102, True),
    ],
)
def test_when_a_token_is_due(
    unanchored: Unanchored | None, undocked_h: int | None, docked: bool, now_h: int, due: bool
) -> None:
    undocked_us = None if undocked_h is None else undocked_h * HOUR_US
    assert is_due(unanchored, undocked_us, now_h * HOUR_US, POLICY, is_docked=docked) is due


def test_the_end_of_a_shift_may_be_no_reason() -> None:
    policy = replace(POLICY, quiet_us=None)
    assert not is_due(WAITING, 101 * HOUR_US, 102 * HOUR_US, policy, is_docked=False)
    assert is_due(WAITING, 101 * HOUR_US, 106 * HOUR_US, policy, is_docked=False)


def test_when_it_is_alarming_and_when_to_renew() -> None:
    assert not is_alarming(None, 500 * HOUR_US, POLICY)
    assert not is_alarming(WAITING, 123 * HOUR_US, POLICY)
    assert is_alarming(WAITING, 124 * HOUR_US, POLICY)
    assert not is_to_renew(None, 0, POLICY)
    assert not is_to_renew(31 * 24 * HOUR_US, 0, POLICY)
    assert is_to_renew(30 * 24 * HOUR_US, 0, POLICY)
    assert is_to_renew(0, HOUR_US, POLICY)
