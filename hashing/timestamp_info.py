"""What an authority signs: the ``TSTInfo`` (RFC 3161 §2.4.2), with its message imprint.

Imprints may be SHA-256, SHA-384, SHA-512 or SM3. Times are read to the microsecond; a finer
fraction counts as the next one, since a token says "not later than". Extensions, ``ordering``
and the authority's own name in it are passed over.
"""

import hashlib
import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from types import MappingProxyType
from typing import Final

from hashing import der
from hashing.der import Element, MalformedDer

_TST_INFO: Final = "1.2.840.113549.1.9.16.1.4"
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_TIME = re.compile(rb"(\d{4})(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)(?:\.(\d{0,18}[1-9]))?Z").fullmatch
_MICROSECOND_DIGITS: Final = 6
_SERIAL_BYTES: Final = 64
"""RFC 3161 has readers be ready for 160 bits."""


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


def encode_imprint(imprint: Imprint, digest: bytes) -> bytes:
    """A ``MessageImprint`` in DER."""
    algorithm = der.encode(
        der.SEQUENCE, der.encode_oid(_OID_OF[imprint]), der.encode(der.NULL, b"")
    )
    return der.encode(der.SEQUENCE, algorithm, der.encode(der.OCTET_STRING, digest))


def read_info(encapsulated: Element) -> TokenInfo:
    """Read what is signed out of the ``EncapsulatedContentInfo`` around it.

    Raises:
        MalformedDer: It is not a ``TSTInfo``, or not one that can be understood.
    """
    content = encapsulated.inner()
    kind = content.take(der.OBJECT_IDENTIFIER).oid()
    if kind != _TST_INFO:
        raise MalformedDer(f"what is signed is {kind}, not a timestamp")
    octets = content.take(der.tagged(0)).inner().take(der.OCTET_STRING).content
    fields = Element.whole(octets, der.SEQUENCE).inner()
    fields.take(der.INTEGER)
    policy = fields.take(der.OBJECT_IDENTIFIER).oid()
    imprint, digest = _imprint(fields.take(der.SEQUENCE))
    serial = _serial(fields.take(der.INTEGER))
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


def _serial(element: Element) -> int:
    """A serial number, which people are shown in full."""
    if len(element.content) > _SERIAL_BYTES:
        raise MalformedDer(f"a serial number of {len(element.content)} bytes")
    return element.integer()


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
    digits = (fraction or b"").decode("ascii")
    head, tail = digits[:_MICROSECOND_DIGITS], digits[_MICROSECOND_DIGITS:]
    microseconds = int(head.ljust(_MICROSECOND_DIGITS, "0")) + bool(tail.strip("0"))
    try:
        second = datetime(*map(int, parts), tzinfo=UTC)  # type: ignore[misc, arg-type]
        moment = second + timedelta(microseconds=microseconds)
    except (ValueError, OverflowError) as error:
        raise MalformedDer(f"no such time: {content[:40]!r}") from error
    return (moment - _EPOCH) // timedelta(microseconds=1)


def _accuracy_us(element: Element) -> int:
    """Seconds, then implicitly tagged milliseconds [0] and microseconds [1]."""
    units = {der.INTEGER: 1_000_000, 0x80: 1_000, 0x81: 1}
    total = 0
    for part in element.children():
        if part.tag not in units:
            raise MalformedDer("malformed accuracy")
        total += units[part.tag] * int.from_bytes(part.content, "big")
    return total
