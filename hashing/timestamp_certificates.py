"""Certificates: the roots that people bring, and what is read of those inside a token.

Names are compared as the bytes they are. Whether a chain holds is not decided here.
"""

from datetime import UTC, datetime, timedelta
from typing import Final

from cryptography import x509

from hashing import der
from hashing.der import Element
from hashing.timestamp_errors import MalformedTimestamp, foreign

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)


def read_roots(pem: bytes) -> list[x509.Certificate]:
    """Read the roots of an authority: certificates in PEM, one after another.

    Raises:
        MalformedTimestamp: There is none, or one cannot be read.
    """
    with foreign("the roots are not certificates in PEM", MalformedTimestamp):
        return x509.load_pem_x509_certificates(pem)


def issuer_and_serial(certificate: bytes) -> tuple[bytes, bytes]:
    """The issuer's name and the serial number of a certificate, in DER."""
    fields = Element.whole(certificate, der.SEQUENCE).inner().take(der.SEQUENCE).inner()
    fields.optional(der.tagged(0))
    serial = fields.take(der.INTEGER).raw
    fields.take(der.SEQUENCE)
    return fields.take(der.SEQUENCE).raw, serial


def subject_of(certificate: bytes) -> bytes:
    """The name of a certificate's holder, in DER."""
    fields = Element.whole(certificate, der.SEQUENCE).inner().take(der.SEQUENCE).inner()
    fields.optional(der.tagged(0))
    for tag in (der.INTEGER, der.SEQUENCE, der.SEQUENCE, der.SEQUENCE):
        fields.take(tag)
    return fields.take(der.SEQUENCE).raw


def not_after_us(certificate: bytes) -> int | None:
    """Until when a certificate is valid, in microseconds since 1970 UTC; None: cannot be read."""
    try:
        with foreign("the certificate cannot be read", MalformedTimestamp):
            end = x509.load_der_x509_certificate(certificate).not_valid_after_utc
    except MalformedTimestamp:
        return None
    return (end - _EPOCH) // timedelta(microseconds=1)
