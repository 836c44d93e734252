"""A token as it was received and read. Reading verifies nothing."""

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final, Self

from hashing import der
from hashing.der import MalformedDer
from hashing.timestamp_answer import certificates_of, signed_data, signer_of, token_of
from hashing.timestamp_certificates import issuer_and_serial, not_after_us, subject_of
from hashing.timestamp_errors import MalformedTimestamp, TimestampInvalid
from hashing.timestamp_info import TokenInfo, read_info

_CHAIN_LENGTH: Final = 16
JUDGED_DIGESTS: Final = frozenset(
    {
        "2.16.840.1.101.3.4.2.1",
        "2.16.840.1.101.3.4.2.2",
        "2.16.840.1.101.3.4.2.3",
        "2.16.840.1.101.3.4.2.4",
    }
)
JUDGED_SIGNATURES: Final = frozenset(
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
NAMED_SIGNATURES: Final = MappingProxyType(
    {
        "1.2.156.10197.1.301": "SM2",
        "1.2.156.10197.1.301.1": "SM2",
        "1.2.156.10197.1.501": "SM2 with SM3",
        "1.2.156.10197.1.504": "RSA with SM3",
        "1.2.840.113549.1.1.10": "RSASSA-PSS",
    }
)


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
            signed = signed_data(token_of(answer))
            signed.take(der.SET)
            info = read_info(signed.take(der.SEQUENCE))
            bag = signed.optional(der.tagged(0))
            signed.optional(der.tagged(1))
            certificates = certificates_of(bag)
            return cls(answer, info, certificates, *signer_of(signed.take(der.SET), certificates))
        except MalformedDer as error:
            raise MalformedTimestamp(f"not an RFC 3161 answer: {error.detail}") from error

    @property
    def sha256(self) -> str:
        """SHA-256 of the whole answer, in hexadecimal, as ``stamp`` entries have it."""
        return hashlib.sha256(self.answer).hexdigest()

    @property
    def is_judged(self) -> bool:
        """Whether :func:`verify` can judge signatures of this kind."""
        known = self.digest_algorithm in JUDGED_DIGESTS
        return known and self.signature_algorithm in JUDGED_SIGNATURES

    @property
    def signature_name(self) -> str:
        """The signature algorithm for people."""
        return NAMED_SIGNATURES.get(self.signature_algorithm, self.signature_algorithm)

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
            ends = [not_after_us(certificate) for certificate in self._chain()]
        except MalformedDer:
            return None
        told = [end for end in ends if end is not None]
        return min(told) if told and len(told) == len(ends) else None

    def _chain(self) -> Iterator[bytes]:
        """The signer's certificate and its issuers, as far as the token brings them."""
        current, names = self.signer, {subject_of(one): one for one in self.certificates}
        for _ in range(_CHAIN_LENGTH):
            if current is None:
                return
            yield current
            above = names.get(issuer_and_serial(current)[0])
            current = None if above == current else above
