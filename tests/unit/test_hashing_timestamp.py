"""Timestamp tokens: requests that OpenSSL understands, its answers, and everything hostile."""

import subprocess
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from hashing import der
from hashing.der import Element, MalformedDer
from hashing.errors import EvidenceError
from hashing.timestamp import (
    Imprint,
    Judgement,
    MalformedTimestamp,
    Request,
    TimestampInvalid,
    TimestampRefused,
    Token,
    read_roots,
    verify,
)
from tests.tsa import DAY, NOW, Authority, openssl_verifies, sm2_answer

ENCODING = Encoding.DER
BODY = b"example/station-1/03a107bf\n3\noAA7ZJ7dp0qIQaGfRzUX4CgfWQ4Cd3hHJgNp3QogNa8=\n"


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return Authority(tmp_path_factory.mktemp("tsa"))


@pytest.fixture(scope="module")
def answer(authority: Authority) -> bytes:
    return authority.answer(Request(Imprint.SHA256, BODY, 42).encode())


def roots_of(authority: Authority) -> list[x509.Certificate]:
    return read_roots(authority.roots_file.read_bytes())


@pytest.mark.parametrize("imprint", list(Imprint))
@pytest.mark.parametrize("kind", ["rsa", "ec"])
def test_real_answer_is_read_and_verified(tmp_path: Path, kind: str, imprint: Imprint) -> None:
    authority = Authority(tmp_path, kind)
    request = Request(imprint, BODY, 1 << 63, "1.2.3.4.5")
    token = Token.read(authority.answer(request.encode()))
    request.check(token)
    assert abs(token.info.gen_time_us / 1e6 - NOW.timestamp()) < 3600
    assert token.info.accuracy_us == 1_500_000
    assert token.info.policy == "1.2.3.4.5"
    assert token.expires_us() is not None
    assert verify(token, BODY, roots_of(authority)) is Judgement.VERIFIED
    assert openssl_verifies(token.answer, BODY, authority.roots_file, tmp_path)


def test_request_reads_back_in_openssl(tmp_path: Path) -> None:
    (tmp_path / "query.tsq").write_bytes(Request(Imprint.SM3, BODY, 255, "2.999.1").encode())
    command = ["openssl", "ts", "-query", "-in", str(tmp_path / "query.tsq"), "-text"]
    text = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    for line in ("Hash Algorithm: sm3", "Nonce: 0xFF", "Policy OID: 2.999.1", "required: yes"):
        assert line in text


def test_certificates_come_unsorted_and_verify(answer: bytes, authority: Authority) -> None:
    token = Token.read(answer)
    assert list(token.certificates) != sorted(token.certificates), "OpenSSL's habit"
    assert verify(token, BODY, roots_of(authority)) is Judgement.VERIFIED


def test_token_over_something_else_is_refused(answer: bytes, authority: Authority) -> None:
    token = Token.read(answer)
    with pytest.raises(TimestampInvalid, match="something else"):
        verify(token, BODY + b"more\n", roots_of(authority))


def test_other_root_does_not_vouch(answer: bytes, tmp_path: Path) -> None:
    other = Authority(tmp_path, name="TSA")
    with pytest.raises(TimestampInvalid, match="does not verify"):
        verify(Token.read(answer), BODY, roots_of(other))


def test_certificate_that_may_not_stamp_is_refused(tmp_path: Path) -> None:
    authority = Authority(tmp_path)
    good = authority.answer(Request(Imprint.SHA256, BODY, 1).encode())
    plain = Authority(tmp_path / "plain", stamping=False)
    # OpenSSL refuses to sign with such a certificate, so the answer is taken from another
    # authority and its certificate exchanged: the signature is by another key then.
    swapped = good.replace(
        Token.read(good).signer or b"", plain.signer.certificate.public_bytes(ENCODING)
    )
    with pytest.raises(TimestampInvalid):
        verify(Token.read(swapped), BODY, roots_of(plain))


def test_certificate_expired_at_the_time_is_refused(tmp_path: Path) -> None:
    authority = Authority(tmp_path, end=NOW - DAY)
    token = Token.read(authority.answer(Request(Imprint.SHA256, BODY, 1).encode()))
    with pytest.raises(TimestampInvalid, match="does not verify"):
        verify(token, BODY, roots_of(authority))
    assert not openssl_verifies(token.answer, BODY, authority.roots_file, tmp_path)


def test_expiry_is_the_earliest_in_the_chain(tmp_path: Path) -> None:
    authority = Authority(tmp_path, end=NOW + 10 * DAY)
    token = Token.read(authority.answer(Request(Imprint.SHA256, BODY, 1).encode()))
    assert token.expires_us() == int((NOW + 10 * DAY).timestamp()) * 1_000_000


def test_answer_to_another_request_is_refused(answer: bytes) -> None:
    token = Token.read(answer)
    Request(Imprint.SHA256, BODY, 42).check(token)
    for other in (
        Request(Imprint.SHA256, BODY, 43),
        Request(Imprint.SHA256, BODY + b"x", 42),
        Request(Imprint.SM3, BODY, 42),
        Request(Imprint.SHA256, BODY, 42, "1.2.3.4.5"),
    ):
        with pytest.raises(TimestampInvalid):
            other.check(token)


def test_sm2_token_is_read_compared_and_not_judged(tmp_path: Path, authority: Authority) -> None:
    token = Token.read(sm2_answer(tmp_path, BODY))
    assert token.covers(BODY)
    assert token.info.imprint is Imprint.SM3
    assert (token.is_judged, token.signature_name) == (False, "SM2 with SM3")
    assert verify(token, BODY, roots_of(authority)) is Judgement.NOT_JUDGED
    with pytest.raises(TimestampInvalid):
        verify(token, b"other", roots_of(authority))


def test_refusal_is_told_apart(authority: Authority) -> None:
    refused = authority.answer(Request(Imprint.SHA256, BODY, 1, "1.9.9").encode())
    with pytest.raises(TimestampRefused, match="status 2"):
        Token.read(refused)


def test_every_bit_that_counts_is_signed(answer: bytes, authority: Authority) -> None:
    """A flipped bit is refused, or what the token says is what it said before."""
    roots, before = roots_of(authority), Token.read(answer)
    survived = 0
    for place in range(0, len(answer) * 8, 7):
        flipped = bytearray(answer)
        flipped[place // 8] ^= 1 << place % 8
        try:
            token = Token.read(bytes(flipped))
            judgement = verify(token, BODY, roots)
        except EvidenceError:
            continue
        if judgement is Judgement.VERIFIED:
            assert token.info == before.info
            survived += 1
    assert survived < len(answer) * 8 / 7 / 20


@pytest.mark.parametrize("cut", [0, 1, 2, 3, 10, 50, 500, -1])
def test_cut_answer_is_malformed(answer: bytes, cut: int) -> None:
    with pytest.raises(MalformedTimestamp):
        Token.read(answer[:cut])


def test_bytes_after_the_answer_are_malformed(answer: bytes) -> None:
    with pytest.raises(MalformedTimestamp, match="follow"):
        Token.read(answer + b"\0")


def test_huge_answer_is_malformed() -> None:
    with pytest.raises(MalformedTimestamp, match="too many"):
        Token.read(bytes(2 << 20))


@pytest.mark.parametrize("pem", [b"", b"-----BEGIN CERTIFICATE-----\nAAAA\n", b"\xff" * 100])
def test_roots_that_are_none(pem: bytes) -> None:
    with pytest.raises(MalformedTimestamp):
        read_roots(pem)


@pytest.mark.parametrize("oid", ["", "1", "3.1", "1.40", "1.2.x", "1..2", "-1.2", "１.2"])
def test_malformed_oid(oid: str) -> None:
    with pytest.raises(MalformedDer):
        der.encode_oid(oid)


@pytest.mark.parametrize(
    ("data", "why"),
    [
        ("3080", "indefinite"),
        ("308100", "long length of a short element"),
        ("30820080", "leading zero in the length"),
        ("1f8100", "a high tag"),
        ("3003020101ff", "bytes after it"),
        ("30", "no length"),
    ],
)
def test_lax_encodings_are_refused(data: str, why: str) -> None:
    with pytest.raises(MalformedDer):
        Element.whole(bytes.fromhex(data), der.SEQUENCE)


@pytest.mark.parametrize("data", ["0200", "02020001", "0202ffff"])
def test_malformed_integers(data: str) -> None:
    with pytest.raises(MalformedDer):
        Element.whole(bytes.fromhex(data), der.INTEGER).integer()
