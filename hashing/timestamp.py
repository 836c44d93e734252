"""RFC 3161 timestamps over a checkpoint: requests made, answers read, tokens judged.

A time-stamping authority signs a digest (the *message imprint*) and a time. Over the body of a
checkpoint such a token says: these entries existed by then, whoever holds the station's key.

* An answer is a ``TimeStampResp`` in DER. What is kept is the whole answer, as it was received.
* Imprints may be SHA-256, SHA-384, SHA-512 or SM3. They are compared here, by :meth:`Token.covers`.
* The signature is judged by ``rfc3161-client`` (RSA, ECDSA, Ed25519 over SHA-2), against roots
  that the caller has from elsewhere, at the token's own time: a certificate must have been
  valid then, not now. Other signatures, SM2's among them, are not judged: :func:`verify` says so.
* OpenSSL writes the set of certificates in the order it was given, which DER forbids and strict
  readers refuse. No signature covers that order, so the set is sorted before it is judged.

Not checked here: revocation, and the ``signingCertificate`` attribute (RFC 5035), which
``openssl ts -verify`` checks too. Nothing of the ``cryptography`` or ``rfc3161-client``
packages is raised from here.
"""

import hashlib
import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from types import MappingProxyType
from typing import Final, Self

from cryptography import x509
from rfc3161_client import VerifierBuilder, decode_timestamp_response
from rfc3161_client.errors import VerificationError

from hashing import der
from hashing.der import Element, MalformedDer
from hashing.errors import Bilingual, EvidenceError, IntegrityError

MAX_ANSWER_BYTES: Final = 1 << 20
"""An answer is a few kilobytes; nothing above this is read."""
REQUEST_TYPE: Final = "application/timestamp-query"
ANSWER_TYPE: Final = "application/timestamp-reply"
NONCE_BITS: Final = 64

_SIGNED_DATA: Final = "1.2.840.113549.1.7.2"
_TST_INFO: Final = "1.2.840.113549.1.9.16.1.4"
_GRANTED: Final = frozenset({0, 1})
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_TIME = re.compile(rb"(\d{4})(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)(?:\.(\d{0,18}[1-9]))?Z").fullmatch
_MICROSECOND_DIGITS: Final = 6
_STATUS_OK: Final = der.encode(der.SEQUENCE, der.encode_integer(0))
_CHAIN_LENGTH: Final = 16


class Imprint(StrEnum):
    """The digests that a token may be over, by their names in ``hashlib``."""

    SHA256 = "sha256"
    SHA384 = "sha384"
    SHA512 = "sha512"
    SM3 = "sm3"

    def of(self, message: bytes) -> bytes:
        """The digest of a message."""
        return hashlib.new(self.value, message).digest()


IMPRINT_OIDS = MappingProxyType(
    {
        "2.16.840.1.101.3.4.2.1": Imprint.SHA256,
        "2.16.840.1.101.3.4.2.2": Imprint.SHA384,
        "2.16.840.1.101.3.4.2.3": Imprint.SHA512,
        "1.2.156.10197.1.401": Imprint.SM3,
    }
)
_OID_OF: Final = {imprint: oid for oid, imprint in IMPRINT_OIDS.items()}

_JUDGED_DIGESTS: Final = frozenset(
    {
        "2.16.840.1.101.3.4.2.1",
        "2.16.840.1.101.3.4.2.2",
        "2.16.840.1.101.3.4.2.3",
        "2.16.840.1.101.3.4.2.4",
    }
)
_JUDGED_SIGNATURES: Final = frozenset(
    {
        "1.2.840.113549.1.1.1",
        "1.2.840.113549.1.1.11",
        "1.2.840.113549.1.1.12",
        "1.2.840.113549.1.1.13",
        "1.2.840.113549.1.1.14",
        "1.2.840.10045.2.1",
        "1.2.840.10045.4.3.1",
        "1.2.840.10045.4.3.2",
        "1.2.840.10045.4.3.3",
        "1.2.840.10045.4.3.4",
        "1.3.101.112",
    }
)
_NAMED_SIGNATURES: Final = MappingProxyType(
    {
        "1.2.156.10197.1.301": "SM2",
        "1.2.156.10197.1.301.1": "SM2",
        "1.2.156.10197.1.501": "SM2 with SM3",
        "1.2.156.10197.1.504": "RSA with SM3",
        "1.2.840.113549.1.1.10": "RSASSA-PSS",
    }
)


class TimestampInvalid(IntegrityError):  # noqa: N818 - named for the defect
    """A timestamp token is not over what it should be, or its signature does not hold."""

    code = "TIMESTAMP"
    exit_code = 32
    meaning = Bilingual(
        zh="该时间戳不能证明条目存在的时间；条目本身由日志保护。",
        en="The timestamp does not prove by when the entries existed; the log guards the entries.",
    )
    action = Bilingual(
        zh="从备份或附加存储取回时间戳文件；核对机构的根证书。",
        en="Fetch the token's file from a backup or a further store; check the authority's roots.",
    )


class MalformedTimestamp(TimestampInvalid):
    """Bytes that should be an RFC 3161 answer are not one."""

    code = "MALFORMED_TIMESTAMP"


class TimestampRefused(EvidenceError):  # noqa: N818 - named for the event
    """A time-stamping authority answered that it gives no token."""

    code = "TIMESTAMP_REFUSED"
    exit_code = 97
    meaning = Bilingual(
        zh="没有得到时间戳；证据与日志不受影响，稍后会再次请求。",
        en="No token was had; evidence and log are not affected, and it is asked for again.",
    )
    action = Bilingual(
        zh="核对该机构支持的摘要算法与策略。",
        en="Check which digests and policies the authority accepts.",
    )


@dataclass(frozen=True, slots=True)
class Request:
    """A request for a token over one message.

    Attributes:
        imprint: The digest algorithm.
        message: What is to be stamped; only its digest leaves.
        nonce: A number that the answer must repeat.
        policy: The policy asked for, with dots; None leaves it to the authority.
    """

    imprint: Imprint
    message: bytes
    nonce: int
    policy: str | None = None

    def encode(self) -> bytes:
        """The ``TimeStampReq`` in DER; it asks for the certificates.

        Raises:
            MalformedDer: The policy is no object identifier.
        """
        return der.encode(
            der.SEQUENCE,
            der.encode_integer(1),
            _encode_imprint(self.imprint, self.imprint.of(self.message)),
            b"" if self.policy is None else der.encode_oid(self.policy),
            der.encode_integer(self.nonce),
            der.encode(der.BOOLEAN, b"\xff"),
        )

    def check(self, token: "Token") -> None:
        """Check that a token answers this request; its signature is another question.

        Raises:
            TimestampInvalid: It does not.
        """
        token.require_over(self.message)
        if token.info.imprint is not self.imprint:
            raise TimestampInvalid(f"the token is over {token.info.imprint}, not {self.imprint}")
        if token.info.nonce != self.nonce:
            raise TimestampInvalid("the token does not repeat the request's nonce")
        if self.policy is not None and token.info.policy != self.policy:
            raise TimestampInvalid(
                f"the token is under policy {token.info.policy}, not {self.policy}"
            )


@dataclass(frozen=True, slots=True)
class TokenInfo:
    """What an authority signed: the ``TSTInfo``.

    Attributes:
        imprint: The digest algorithm.
        digest: The digest that was stamped.
        policy: The policy it was issued under, with dots.
        serial: Its serial number with the authority.
        gen_time_us: Its time, in microseconds since 1970 UTC, rounded up.
        accuracy_us: How far the authority says it may be off, in microseconds; None: not said.
        nonce: The request's number, where it had one.
    """

    imprint: Imprint
    digest: bytes
    policy: str
    serial: int
    gen_time_us: int
    accuracy_us: int | None
    nonce: int | None


@dataclass(frozen=True, slots=True)
class Token:
    """An authority's answer with a token in it. Reading verifies nothing.

    Attributes:
        answer: The whole answer, as received.
        info: What was signed.
        certificates: The certificates it brings, in DER.
        signer: The signer's certificate, in DER, if it is among them.
        digest_algorithm: The signer's digest algorithm, with dots.
        signature_algorithm: The signer's signature algorithm, with dots.
    """

    answer: bytes
    info: TokenInfo
    certificates: tuple[bytes, ...]
    signer: bytes | None
    digest_algorithm: str
    signature_algorithm: str

    @classmethod
    def read(cls, answer: bytes) -> Self:
        """Read a ``TimeStampResp``.

        Raises:
            MalformedTimestamp: The bytes are not one, or not one that can be understood.
            TimestampRefused: The authority gave no token.
        """
        try:
            signed = _signed_data(_token_of(answer))
            signed.take(der.SET)
            info = _tst_info(signed.take(der.SEQUENCE))
            bag = signed.optional(der.tagged(0))
            signed.optional(der.tagged(1))
            certificates = _certificates(bag)
            return cls(answer, info, certificates, *_signer(signed.take(der.SET), certificates))
        except MalformedDer as error:
            raise MalformedTimestamp(f"not an RFC 3161 answer: {error.detail}") from error

    @property
    def sha256(self) -> str:
        """SHA-256 of the whole answer, in hexadecimal, as ``stamp`` entries have it."""
        return hashlib.sha256(self.answer).hexdigest()

    @property
    def is_judged(self) -> bool:
        """Whether :func:`verify` can judge signatures of this kind."""
        known = self.digest_algorithm in _JUDGED_DIGESTS
        return known and self.signature_algorithm in _JUDGED_SIGNATURES

    @property
    def signature_name(self) -> str:
        """The signature algorithm for people."""
        return _NAMED_SIGNATURES.get(self.signature_algorithm, self.signature_algorithm)

    def covers(self, message: bytes) -> bool:
        """Whether the token is over this message."""
        return self.info.imprint.of(message) == self.info.digest

    def require_over(self, message: bytes) -> None:
        """Check that the token is over this message.

        Raises:
            TimestampInvalid: It is over another.
        """
        if not self.covers(message):
            raise TimestampInvalid("the token's message imprint is of something else")

    def expires_us(self) -> int | None:
        """Until when the signer's certificate, and those above it in the token, are valid.

        Returns:
            Microseconds since 1970 UTC; None where that cannot be read.
        """
        try:
            ends = [_not_after_us(certificate) for certificate in self._chain()]
        except MalformedDer:
            return None
        told = [end for end in ends if end is not None]
        return min(told) if told and len(told) == len(ends) else None

    def _chain(self) -> Iterator[bytes]:
        """The signer's certificate and its issuers, as far as the token brings them."""
        current, names = self.signer, {_subject(one): one for one in self.certificates}
        for _ in range(_CHAIN_LENGTH):
            if current is None:
                return
            yield current
            above = names.get(_issuer_and_serial(current)[0])
            current = None if above == current else above


class Judgement(StrEnum):
    """What :func:`verify` has to say of a token that is not wrong."""

    VERIFIED = "verified"
    """The signature holds, and a root that was given vouches for the signer."""
    NOT_JUDGED = "not_judged"
    """Signatures of this kind cannot be judged here."""


def read_roots(pem: bytes) -> list[x509.Certificate]:
    """Read the roots of an authority: certificates in PEM, one after another.

    Raises:
        MalformedTimestamp: There is none, or one cannot be read.
    """
    with _foreign("the roots are not certificates in PEM", MalformedTimestamp):
        return x509.load_pem_x509_certificates(pem)


def verify(token: Token, message: bytes, roots: Sequence[x509.Certificate]) -> Judgement:
    """Judge a token: is it over this message, and signed under one of these roots.

    Args:
        token: The token.
        message: What it should be over.
        roots: The authority's root certificates, obtained elsewhere; at least one.

    Raises:
        TimestampInvalid: It is not.
    """
    token.require_over(message)
    if not token.is_judged:
        return Judgement.NOT_JUDGED
    with _foreign("the token does not verify", TimestampInvalid):
        verifier = VerifierBuilder(roots=list(roots)).build()
        verifier.verify(decode_timestamp_response(_normalised(token.answer)), token.info.digest)
    return Judgement.VERIFIED


def looks_like_answer(data: bytes) -> bool:
    """Whether bytes begin as DER does, and no text does: a SEQUENCE."""
    return data[:1] == bytes((der.SEQUENCE,))


@contextmanager
def _foreign(what: str, kind: type[TimestampInvalid]) -> Iterator[None]:
    """Turn what the packages raise into one error of ours."""
    try:
        yield
    except EvidenceError:
        raise
    except (VerificationError, ValueError, TypeError, KeyError, OverflowError) as error:
        raise kind(f"{what}: {error}") from error
    except BaseException as error:
        # A defect in a Rust extension arrives as PanicException, which is no Exception.
        if type(error).__name__ != "PanicException" and not isinstance(error, Exception):
            raise
        raise kind(f"{what}: {type(error).__name__}") from error


def _encode_imprint(imprint: Imprint, digest: bytes) -> bytes:
    algorithm = der.encode(
        der.SEQUENCE, der.encode_oid(_OID_OF[imprint]), der.encode(der.NULL, b"")
    )
    return der.encode(der.SEQUENCE, algorithm, der.encode(der.OCTET_STRING, digest))


def _token_of(answer: bytes) -> Element:
    """The ``TimeStampToken`` in an answer that grants one."""
    if len(answer) > MAX_ANSWER_BYTES:
        raise MalformedDer(f"{len(answer)} bytes are too many")
    response = Element.whole(answer, der.SEQUENCE).inner()
    status = response.take(der.SEQUENCE).inner().take(der.INTEGER).integer()
    if status not in _GRANTED:
        raise TimestampRefused(f"the authority gives no token: status {status}")
    return response.take(der.SEQUENCE)


def _signed_data(token: Element) -> "der.Fields":
    """The fields of the token's ``SignedData``, its version taken."""
    content_info = token.inner()
    kind = content_info.take(der.OBJECT_IDENTIFIER).oid()
    if kind != _SIGNED_DATA:
        raise MalformedDer(f"the token is {kind}, not signed data")
    signed = content_info.take(der.tagged(0)).inner().take(der.SEQUENCE).inner()
    signed.take(der.INTEGER)
    return signed


def _tst_info(encapsulated: Element) -> TokenInfo:
    content = encapsulated.inner()
    kind = content.take(der.OBJECT_IDENTIFIER).oid()
    if kind != _TST_INFO:
        raise MalformedDer(f"what is signed is {kind}, not a timestamp")
    octets = content.take(der.tagged(0)).inner().take(der.OCTET_STRING).content
    fields = Element.whole(octets, der.SEQUENCE).inner()
    fields.take(der.INTEGER)
    policy = fields.take(der.OBJECT_IDENTIFIER).oid()
    imprint, digest = _imprint(fields.take(der.SEQUENCE))
    serial = fields.take(der.INTEGER).integer()
    gen_time_us = _time_us(fields.take(der.GENERALIZED_TIME).content)
    accuracy = fields.optional(der.SEQUENCE)
    fields.optional(der.BOOLEAN)
    nonce = fields.optional(der.INTEGER)
    return TokenInfo(
        imprint,
        digest,
        policy,
        serial,
        gen_time_us,
        None if accuracy is None else _accuracy_us(accuracy),
        None if nonce is None else nonce.integer(),
    )


def _imprint(element: Element) -> tuple[Imprint, bytes]:
    fields = element.inner()
    oid = fields.take(der.SEQUENCE).inner().take(der.OBJECT_IDENTIFIER).oid()
    digest = fields.take(der.OCTET_STRING).content
    imprint = IMPRINT_OIDS.get(oid)
    if imprint is None:
        raise MalformedDer(f"the message imprint is by {oid}, which is not known here")
    if len(digest) != len(imprint.of(b"")):
        raise MalformedDer(f"a {imprint} of {len(digest)} bytes")
    return imprint, digest


def _time_us(content: bytes) -> int:
    """A GeneralizedTime in microseconds; a finer fraction counts as the next microsecond."""
    match = _TIME(content)
    if match is None:
        raise MalformedDer(f"malformed time {content[:40]!r}")
    *parts, fraction = match.groups()
    try:
        moment = datetime(*map(int, parts), tzinfo=UTC)  # type: ignore[misc, arg-type]
    except ValueError as error:
        raise MalformedDer(f"no such time: {content[:40]!r}") from error
    digits = (fraction or b"").decode("ascii")
    head, tail = digits[:_MICROSECOND_DIGITS], digits[_MICROSECOND_DIGITS:]
    microseconds = int(head.ljust(_MICROSECOND_DIGITS, "0")) + bool(tail.strip("0"))
    return (moment - _EPOCH) // timedelta(microseconds=1) + microseconds


def _accuracy_us(element: Element) -> int:
    """Seconds, then implicitly tagged milliseconds [0] and microseconds [1]."""
    units = {der.INTEGER: 1_000_000, 0x80: 1_000, 0x81: 1}
    total = 0
    for part in element.children():
        if part.tag not in units:
            raise MalformedDer("malformed accuracy")
        total += units[part.tag] * int.from_bytes(part.content, "big")
    return total


def _certificates(bag: Element | None) -> tuple[bytes, ...]:
    """The X.509 certificates of a token; other kinds are passed over."""
    found = () if bag is None else bag.children()
    return tuple(one.raw for one in found if one.tag == der.SEQUENCE)


def _signer(signers: Element, certificates: Sequence[bytes]) -> tuple[bytes | None, str, str]:
    """The signer's certificate, and its two algorithms. A token has one signer."""
    listed = list(signers.children())
    if len(listed) != 1:
        raise MalformedDer(f"the token has {len(listed)} signers, not one")
    fields = listed[0].inner()
    fields.take(der.INTEGER)
    identifier = fields.any()
    digest = fields.take(der.SEQUENCE).inner().take(der.OBJECT_IDENTIFIER).oid()
    fields.optional(der.tagged(0))
    signature = fields.take(der.SEQUENCE).inner().take(der.OBJECT_IDENTIFIER).oid()
    fields.take(der.OCTET_STRING)
    named = identifier.content
    matching = (one for one in certificates if b"".join(_issuer_and_serial(one)) == named)
    return next(matching, None), digest, signature


def _issuer_and_serial(certificate: bytes) -> tuple[bytes, bytes]:
    """The issuer's name and the serial number of a certificate, in DER."""
    fields = Element.whole(certificate, der.SEQUENCE).inner().take(der.SEQUENCE).inner()
    fields.optional(der.tagged(0))
    serial = fields.take(der.INTEGER).raw
    fields.take(der.SEQUENCE)
    return fields.take(der.SEQUENCE).raw, serial


def _subject(certificate: bytes) -> bytes:
    """The name of a certificate's holder, in DER."""
    fields = Element.whole(certificate, der.SEQUENCE).inner().take(der.SEQUENCE).inner()
    fields.optional(der.tagged(0))
    for tag in (der.INTEGER, der.SEQUENCE, der.SEQUENCE, der.SEQUENCE):
        fields.take(tag)
    return fields.take(der.SEQUENCE).raw


def _not_after_us(certificate: bytes) -> int | None:
    try:
        end = x509.load_der_x509_certificate(certificate).not_valid_after_utc
    except ValueError:
        return None
    return (end - _EPOCH) // timedelta(microseconds=1)


def _normalised(answer: bytes) -> bytes:
    """The same token as strict DER under a plain "granted", for ``rfc3161-client``.

    What changes, the sets of digest algorithms and certificates and the answer's status, is
    under no signature.
    """
    token = _token_of(answer)
    signed = _signed_data(token)
    digests = signed.take(der.SET)
    signed.take(der.SEQUENCE)
    bag = signed.optional(der.tagged(0))
    data = bytearray(answer)
    for unsorted in filter(None, (digests, bag)):
        in_order = b"".join(sorted(one.raw for one in unsorted.children()))
        data[unsorted.content_start : unsorted.end] = in_order
    return der.encode(der.SEQUENCE, _STATUS_OK, bytes(data[token.start : token.end]))
