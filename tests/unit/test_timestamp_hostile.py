"""Answers that are well formed and say absurd things: refused, or read without harm."""

from collections.abc import Callable

import pytest

from hashing import der
from hashing.der import Element
from hashing.timestamp import Imprint, MalformedTimestamp, Request, Token
from tests.tsa import Authority

_POLICY = der.encode_oid("1.2.3.4.1")
_CONSTRUCTED = 0x20
_VERSION_3 = bytes.fromhex("a003020102")
_SERIAL, _GEN_TIME = 3, 4


@pytest.fixture(scope="module")
def answer(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    authority = Authority(tmp_path_factory.mktemp("tsa"))
    return authority.answer(Request(Imprint.SHA256, b"body", 42).encode())


def with_field(data: bytes, field: int, raw: bytes) -> bytes:
    """The answer with another field in its ``TSTInfo``, every length around it right."""

    def changed(info: bytes) -> bytes:
        parts = [one.raw for one in Element.whole(info, der.SEQUENCE).children()]
        parts[field] = raw
        return der.encode(der.SEQUENCE, *parts)

    return _rebuilt(data, changed)


def _rebuilt(data: bytes, changed: Callable[[bytes], bytes]) -> bytes:
    element = Element.read(data)
    if element.tag == der.OCTET_STRING and _POLICY in data:
        return der.encode(element.tag, changed(element.content))
    if not element.tag & _CONSTRUCTED or _POLICY not in data:
        return data
    parts = (_rebuilt(one.raw, changed) for one in element.children())
    return der.encode(element.tag, *parts)


def test_a_field_that_stays_is_read_as_before(answer: bytes) -> None:
    before = Token.read(answer)
    same = with_field(answer, _SERIAL, der.encode_integer(before.info.serial))
    assert same == answer


@pytest.mark.parametrize("version", [1, 3, 5, 0x7F])
def test_a_certificate_of_no_known_version_has_no_end(answer: bytes, version: int) -> None:
    """Who asks no roots takes such a token, and has to live with it."""
    signer = Token.read(answer).signer
    assert signer is not None
    assert signer.count(_VERSION_3) == 1
    strange = signer.replace(_VERSION_3, _VERSION_3[:-1] + bytes((version,)))
    token = Token.read(answer.replace(signer, strange))
    assert token.signer == strange
    assert token.expires_us() is None


def test_a_serial_number_that_nobody_can_print_is_refused(answer: bytes) -> None:
    longest = with_field(answer, _SERIAL, der.encode(der.INTEGER, b"\x7f" * 64))
    assert Token.read(longest).info.serial.bit_length() == 511
    with pytest.raises(MalformedTimestamp, match="serial number of 3000 bytes"):
        Token.read(with_field(answer, _SERIAL, der.encode(der.INTEGER, b"\x7f" * 3000)))


@pytest.mark.parametrize("time", [b"99991231235959.9999999Z", b"20260231000000Z"])
def test_a_time_that_no_entry_can_say_is_refused(answer: bytes, time: bytes) -> None:
    with pytest.raises(MalformedTimestamp, match="no such time"):
        Token.read(with_field(answer, _GEN_TIME, der.encode(der.GENERALIZED_TIME, time)))
    last = der.encode(der.GENERALIZED_TIME, b"99991231235959.999999Z")
    assert Token.read(with_field(answer, _GEN_TIME, last)).info.gen_time_us > 0
