"""Authorities asked over real HTTP: what is no good answer is an error, and soon one."""

import threading
from collections.abc import Iterator

import pytest

from evidence_daemon.config.sections_proof import TimestampsSection
from evidence_daemon.errors import ConfigError
from evidence_daemon.service.authorities import (
    AuthorityUnavailable,
    HttpAuthority,
    authorities,
)
from hashing.errors import EvidenceError
from hashing.timestamp import Imprint, MalformedTimestamp, Request, Token
from tests.tsa import Authority
from tests.tsa_server import TsaServer, serving

REQUEST = Request(Imprint.SHA256, b"body", 9)


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return Authority(tmp_path_factory.mktemp("tsa"))


@pytest.fixture
def server(authority: Authority) -> Iterator[TsaServer]:
    with serving(authority) as running:
        yield running


def section(url: str, **more: object) -> TimestampsSection:
    return TimestampsSection.model_validate({"name": "tsa", "url": url, "timeout_s": 30} | more)


def test_a_real_authority_answers(server: TsaServer) -> None:
    ask = HttpAuthority(section(server.url, timeout_s=20), threading.Event())
    REQUEST.check(Token.read(ask(REQUEST.encode())))
    assert server.asked == 1


@pytest.mark.parametrize(
    ("mode", "why"),
    [
        ("huge", "more than 1048576 bytes"),
        ("page", "its answer is text/html"),
        ("error", "HTTP status 503"),
        ("redirect", "HTTP status 302"),
        ("compressed", "compressed"),
        ("cut", "RemoteProtocolError"),
    ],
)
def test_what_is_no_answer(server: TsaServer, mode: str, why: str) -> None:
    server.mode = mode
    with pytest.raises(AuthorityUnavailable, match=why) as caught:
        HttpAuthority(section(server.url), threading.Event())(REQUEST.encode())
    assert "secret" not in caught.value.detail
    assert server.asked == 1, "a redirect is not followed, and nothing is asked twice"


@pytest.mark.parametrize("mode", ["hang", "drip"])
def test_an_answer_that_never_ends(server: TsaServer, mode: str) -> None:
    server.mode = mode
    with pytest.raises(AuthorityUnavailable, match=r"Timeout|no whole answer in time"):
        HttpAuthority(section(server.url, timeout_s=2), threading.Event())(REQUEST.encode())


def test_garbage_is_left_to_the_reader(server: TsaServer) -> None:
    server.mode = "garbage"
    answer = HttpAuthority(section(server.url), threading.Event())(REQUEST.encode())
    with pytest.raises(MalformedTimestamp):
        Token.read(answer)


@pytest.mark.parametrize("url", ["http://127.0.0.1:1/secret", "http://[::1/secret"])
def test_nobody_there(url: str) -> None:
    with pytest.raises(AuthorityUnavailable) as caught:
        HttpAuthority(section(url), threading.Event())(REQUEST.encode())
    assert "secret" not in caught.value.detail


def test_a_stopping_station_waits_for_nobody(server: TsaServer) -> None:
    server.mode = "hang"
    stopping = threading.Event()
    threading.Timer(0.2, stopping.set).start()
    with pytest.raises(AuthorityUnavailable, match="the station stops"):
        HttpAuthority(section(server.url, timeout_s=600), stopping)(REQUEST.encode())


def test_roots_that_cannot_be_read_are_told_when_asked(authority: Authority) -> None:
    missing = section("http://127.0.0.1:1/", roots=authority.folder / "none.pem")
    wrong = section("http://127.0.0.1:1/", roots=authority.folder / "tsa.key")
    good = section("http://127.0.0.1:1/", roots=authority.roots_file)
    first, second, third = authorities([missing, wrong, good], threading.Event())
    for one in (first, second):
        with pytest.raises(ConfigError):
            one.ask(b"")
    assert len(third.roots) == 1


@pytest.mark.parametrize(
    "changes",
    [
        {"name": "TSA"},
        {"name": "a/b"},
        {"url": "ftp://example/"},
        {"url": "http://user:word@example/"},
        {"policy": "1.2.x"},
        {"digest": "sha1"},
    ],
)
def test_settings_that_are_none(changes: dict[str, str]) -> None:
    with pytest.raises((ValueError, EvidenceError)):
        TimestampsSection.model_validate({"name": "tsa", "url": "http://example/"} | changes)
