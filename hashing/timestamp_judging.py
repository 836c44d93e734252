"""A token judged: is it over this message, and signed under these roots.

* The signature is judged by ``rfc3161-client`` (RSA, ECDSA, Ed25519 over SHA-2), against roots
  that the caller has from elsewhere, at the token's own time: a certificate must have been
  valid then, not now. Other signatures, SM2's among them, are not judged: :func:`verify` says so.
* OpenSSL writes the set of certificates in the order it was given, which DER forbids and strict
  readers refuse. No signature covers that order, so the set is sorted before it is judged.

Not checked here: revocation, and the ``signingCertificate`` attribute (RFC 5035), which
``openssl ts -verify`` checks too.
"""

from collections.abc import Sequence
from enum import StrEnum
from typing import Final

from cryptography import x509
from rfc3161_client import VerifierBuilder, decode_timestamp_response

from hashing import der
from hashing.timestamp_answer import signed_data, token_of
from hashing.timestamp_errors import TimestampInvalid, foreign
from hashing.timestamp_token import Token

_STATUS_OK: Final = der.encode(der.SEQUENCE, der.encode_integer(0))


class Judgement(StrEnum):
    """What :func:`verify` has to say of a token that is not wrong."""

    VERIFIED = "verified"
    """The signature holds, and a root that was given vouches for the signer."""
    NOT_JUDGED = "not_judged"
    """Signatures of this kind cannot be judged here."""


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
    with foreign("the token does not verify", TimestampInvalid):
        verifier = VerifierBuilder(roots=list(roots)).build()
        verifier.verify(decode_timestamp_response(_normalised(token.answer)), token.info.digest)
    return Judgement.VERIFIED


def _normalised(answer: bytes) -> bytes:
    """The same token as strict DER under a plain "granted", for ``rfc3161-client``.

    What changes, the sets of digest algorithms and certificates and the answer's status, is
    under no signature.
    """
    token = token_of(answer)
    signed = signed_data(token)
    digests = signed.take(der.SET)
    signed.take(der.SEQUENCE)
    bag = signed.optional(der.tagged(0))
    data = bytearray(answer)
    for unsorted in filter(None, (digests, bag)):
        in_order = b"".join(sorted(one.raw for one in unsorted.children()))
        data[unsorted.content_start : unsorted.end] = in_order
    return der.encode(der.SEQUENCE, _STATUS_OK, bytes(data[token.start : token.end]))
