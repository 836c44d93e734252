"""Archives with tokens that were tampered with, each defect by its name; and known tokens."""

import datetime
import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from cryptography import x509

from archive.anchoring.authority import Authority
from archive.anchoring.stamping import Stamper
from archive.archive import Archive
from archive.log.writer import STATION_ACTOR
from archive.verify.archive import ArchiveVerdict, Progress, Question, verify_archive
from archive.verify.timestamps import KnownToken
from hashing.entry import Act
from hashing.findings import Check, Severity
from hashing.timestamp import Imprint, Request, Token, read_roots
from hashing.verifier import TIMES_UNBOUNDED
from tests import tsa
from tests.archives import Site, new_site
from tests.tsa import DAY, NOW

pytestmark = pytest.mark.filterwarnings("error")


@pytest.fixture(scope="module")
def real(tmp_path_factory: pytest.TempPathFactory) -> tsa.Authority:
    return tsa.Authority(tmp_path_factory.mktemp("tsa"))


def roots_of(*authorities: tsa.Authority) -> list[x509.Certificate]:
    return [root for one in authorities for root in read_roots(one.roots_file.read_bytes())]


def note(archive: Archive, times: int = 1) -> None:
    for _ in range(times):
        archive.log.append(Act.NOTE, {"sha256": "0" * 64, "subject": "x"}, STATION_ACTOR)


def stamp(site: Site, real: tsa.Authority, name: str = "tsa", notes: int = 3) -> Path:
    """A token over a few more entries; its file."""
    with site.open() as archive:
        note(archive, notes)
        stamped = Stamper(archive).stamp(Authority(name, real.answer))
    return site.root / f"log/timestamps/{stamped.size}/{name}.tsr"


@pytest.fixture(scope="module")
def stamped_site(tmp_path_factory: pytest.TempPathFactory, real: tsa.Authority) -> Site:
    site = new_site(tmp_path_factory.mktemp("stamped"))
    for _ in range(2):
        stamp(site, real)
    with site.open() as archive:
        note(archive, 2)
    return site


@pytest.fixture
def site(stamped_site: Site, tmp_path: Path) -> Site:
    shutil.copytree(stamped_site.folder, tmp_path / "site")
    return replace(stamped_site, folder=tmp_path / "site")


def judge(
    site: Site, *authorities: tsa.Authority, tokens: tuple[bytes, ...] = ()
) -> ArchiveVerdict:
    known = [KnownToken(f"token {n}", Token.read(data)) for n, data in enumerate(tokens)]
    question = Question(key=site.key, roots=roots_of(*authorities), tokens=known)
    return verify_archive(site.root, question, Progress())


def errors(verdict: ArchiveVerdict) -> set[tuple[int, str, str]]:
    return {
        (found.check, found.code, found.subject)
        for found in verdict.findings
        if found.severity is Severity.ERROR
    }


def tokens_of(site: Site) -> list[Path]:
    return sorted(
        (site.root / "log/timestamps").rglob("*.tsr"), key=lambda path: int(path.parent.name)
    )


def test_whole_archive_is_bounded_by_verified_tokens(
    stamped_site: Site, real: tsa.Authority
) -> None:
    verdict = judge(stamped_site, real)
    assert (verdict.exit_code, verdict.timestamps_verified) == (0, True)
    told = [f.detail for f in verdict.findings if f.check == Check.TIMESTAMPS]
    assert len(told) == 2
    assert all("verified by rfc3161-client and openssl ts" in detail for detail in told)
    assert TIMES_UNBOUNDED not in verdict.not_checked
    assert "the times of the last 3 entries: no verified token covers them" in verdict.not_checked


def test_without_roots_digests_are_checked_and_signatures_not(stamped_site: Site) -> None:
    verdict = judge(stamped_site)
    assert (verdict.exit_code, verdict.timestamps_verified) == (0, False)
    assert any("no roots are pinned" in sentence for sentence in verdict.not_checked)
    assert TIMES_UNBOUNDED in verdict.not_checked


def test_roots_of_another_authority(site: Site, tmp_path: Path) -> None:
    verdict = judge(site, tsa.Authority(tmp_path / "other"))
    assert verdict.exit_code == 32
    assert {code for _, code, _ in errors(verdict)} == {"TIMESTAMP"}


def over_another_checkpoint(token: Path, real: tsa.Authority) -> None:
    request = Request(Imprint.SHA256, b"another checkpoint\n", 1)
    token.write_bytes(real.answer(request.encode()))


def over_the_same_by_another_token(token: Path, real: tsa.Authority) -> None:
    note_bytes = (token.parents[2] / "checkpoints" / token.parent.name).read_bytes()
    body = note_bytes.partition(b"\n\n")[0] + b"\n"
    token.write_bytes(real.answer(Request(Imprint.SHA256, body, 1).encode()))


def swapped_with_the_other(token: Path, real: tsa.Authority) -> None:
    first, second = sorted(token.parents[1].rglob("*.tsr"))
    data = first.read_bytes()
    first.write_bytes(second.read_bytes())
    second.write_bytes(data)


def flipped(place: int) -> Callable[[Path, tsa.Authority], None]:
    def flip(token: Path, _: tsa.Authority) -> None:
        data = bytearray(token.read_bytes())
        data[place % len(data)] ^= 4
        token.write_bytes(data)

    return flip


TAMPERINGS: dict[str, Callable[[Path, tsa.Authority], object]] = {
    "token missing": lambda token, _: token.unlink(),
    "token empty": lambda token, _: token.write_bytes(b""),
    "token is text": lambda token, _: token.write_bytes(b"trust me"),
    "token is a refusal": lambda token, _: token.write_bytes(bytes.fromhex("30053003020102")),
    "token longer": lambda token, _: token.write_bytes(token.read_bytes() + b"\0"),
    "token over another checkpoint": over_another_checkpoint,
    "another token over the same checkpoint": over_the_same_by_another_token,
    "tokens swapped": swapped_with_the_other,
    **{f"bit flipped at {place}": flipped(place) for place in (3, 60, 200, 700, -100, -1)},
}


@pytest.mark.parametrize("name", TAMPERINGS)
@pytest.mark.parametrize("pinned", [True, False])
def test_tampered_tokens_are_found(
    site: Site, real: tsa.Authority, name: str, pinned: bool
) -> None:
    """Also where no roots are pinned: the entry has the file's digest."""
    token = tokens_of(site)[0]
    TAMPERINGS[name](token, real)
    verdict = judge(site, real) if pinned else judge(site)
    subject = f"log/timestamps/{token.parent.name}/tsa.tsr"
    assert verdict.exit_code == 32
    assert subject in {each for check, _, each in errors(verdict) if check == Check.TIMESTAMPS}


def test_kept_checkpoint_missing(site: Site, real: tsa.Authority) -> None:
    size = tokens_of(site)[0].parent.name
    (site.root / f"log/checkpoints/{size}").unlink()
    assert errors(judge(site, real)) == {(15, "MISSING_FILE", f"checkpoints/{size}")}


def test_certificate_expired_when_it_stamped(tmp_path: Path) -> None:
    """Whoever holds the station's key logs it all the same: the verifier does not take it."""
    expired = tsa.Authority(tmp_path / "tsa", end=NOW - DAY)
    site = new_site(tmp_path / "site")
    stamp(site, expired)
    verdict = judge(site, expired)
    assert verdict.exit_code == 32
    assert "expired" in next(f.detail for f in verdict.findings if f.check == Check.TIMESTAMPS)


@pytest.mark.parametrize("renewed", [False, True])
def test_certificate_ended_since(
    tmp_path: Path, real: tsa.Authority, renewed: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The token stays good where a later one was had in time, and warns where none was."""
    ending = tsa.Authority(tmp_path / "tsa", name="Ending", end=NOW + DAY)
    site = new_site(tmp_path / "site")
    stamp(site, ending)
    if renewed:
        stamp(site, real)
    later_us = int((NOW + datetime.timedelta(days=2)).timestamp()) * 1_000_000
    monkeypatch.setattr("archive.verify.archive.now_us", lambda: later_us)
    verdict = judge(site, ending, real)
    assert verdict.ok
    assert verdict.exit_code == (0 if renewed else 104)
    assert verdict.timestamps_verified


def test_sm2_token_is_not_checked_where_nobody_can(tmp_path: Path, real: tsa.Authority) -> None:
    site = new_site(tmp_path / "site")
    with site.open() as archive:
        note(archive)
        body = (site.root / "log/checkpoint").read_bytes().partition(b"\n\n")[0] + b"\n"
        path = site.root / f"log/timestamps/{archive.log.size}/sm2.tsr"
        path.parent.mkdir(parents=True)
        path.write_bytes(tsa.sm2_answer(tmp_path, body))
        Stamper(archive).stamp(Authority("sm2", real.answer))
    verdict = judge(site, real)
    assert (verdict.exit_code, verdict.timestamps_verified) == (0, False)
    assert any("SM2 with SM3" in sentence for sentence in verdict.not_checked)
    assert TIMES_UNBOUNDED in verdict.not_checked


def test_known_token_is_of_this_log_s_past(site: Site, real: tsa.Authority) -> None:
    """Of a stamped size, and of one that nobody wrote down."""
    stamped = tokens_of(site)[0].read_bytes()
    with site.open() as archive:
        note(archive, 300)
        body = (site.root / "log/checkpoint").read_bytes().partition(b"\n\n")[0] + b"\n"
        unlogged = real.answer(Request(Imprint.SM3, body, 1).encode())
        size = archive.log.size
        note(archive, 300)
    verdict = judge(site, real, tokens=(stamped, unlogged))
    assert verdict.exit_code == 0
    first, second = (f for f in verdict.findings if f.check == Check.KNOWN)
    assert "openssl ts" in first.detail
    assert f"over the checkpoint of {size} entries" in second.detail


@pytest.mark.parametrize("how", ["rolled back", "forked", "of something else"])
def test_known_token_shows_a_rollback(
    site: Site, real: tsa.Authority, tmp_path: Path, how: str
) -> None:
    shutil.copytree(site.folder, tmp_path / "before")
    later = stamp(site, real, "elsewhere").read_bytes()
    before = replace(site, folder=tmp_path / "before")
    if how == "forked":
        with before.open() as archive:
            note(archive, 20)
    if how == "of something else":
        later = real.answer(Request(Imprint.SHA256, b"a contract", 1).encode())
    verdict = judge(before, real, tokens=(later,))
    assert verdict.exit_code == 33
    assert errors(verdict) == {(9, "ROLLED_BACK", "token 0")}


def test_known_token_that_does_not_verify(site: Site, tmp_path: Path, real: tsa.Authority) -> None:
    """Somebody else's token over this very checkpoint proves no time."""
    forger = tsa.Authority(tmp_path / "forger")
    body = (site.root / "log/checkpoint").read_bytes().partition(b"\n\n")[0] + b"\n"
    forged = forger.answer(Request(Imprint.SHA256, body, 1).encode())
    assert errors(judge(site, real, tokens=(forged,))) == {(9, "TIMESTAMP", "token 0")}
