"""An authority's answer, opened: ``TimeStampResp`` around CMS ``SignedData`` (RFC 3161, RFC 5652).

Only what a token must have is read, in the order of its ASN.1 types; nothing is verified.
"""

from collections.abc import Sequence
from typing import Final

from hashing import der
from hashing.der import Element, MalformedDer
from hashing.timestamp_certificates import issuer_and_serial
from hashing.timestamp_errors import TimestampRefused

MAX_ANSWER_BYTES: Final = 1 << 20
"""An answer is a few kilobytes; nothing above this is read."""
_SIGNED_DATA: Final = "1.2.840.113549.1.7.2"
_GRANTED: Final = frozenset({0, 1})


def looks_like_answer(data: bytes) -> bool:
    """Whether bytes begin as DER does, and no text does: a SEQUENCE."""
    return data[:1] == bytes((der.SEQUENCE,))


def token_of(answer: bytes) -> Element:
    """The ``TimeStampToken`` in an answer that grants one."""
    if len(answer) > MAX_ANSWER_BYTES:
        raise MalformedDer(f"{len(answer)} bytes are too many")
    response = Element.whole(answer, der.SEQUENCE).inner()
    status = response.take(der.SEQUENCE).inner().take(der.INTEGER).integer()
    if status not in _GRANTED:
        raise TimestampRefused(f"the authority gives no token: status {status}")
    return response.take(der.SEQUENCE)


def signed_data(token: Element) -> "der.Fields":
    """The fields of the token's ``SignedData``, its version taken."""
    content_info = token.inner()
    kind = content_info.take(der.OBJECT_IDENTIFIER).oid()
    if kind != _SIGNED_DATA:
        raise MalformedDer(f"the token is {kind}, not signed data")
    signed = content_info.take(der.tagged(0)).inner().take(der.SEQUENCE).inner()
    signed.take(der.INTEGER)
    return signed


def certificates_of(bag: Element | None) -> tuple[bytes, ...]:
    """The X.509 certificates of a token; other kinds are passed over."""
    found = () if bag is None else bag.children()
    return tuple(one.raw for one in found if one.tag == der.SEQUENCE)


def signer_of(signers: Element, certificates: Sequence[bytes]) -> tuple[bytes | None, str, str]:
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
    matching = (one for one in certificates if b"".join(issuer_and_serial(one)) == named)
    return next(matching, None), digest, signature
