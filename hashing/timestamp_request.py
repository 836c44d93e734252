"""A request for a token (``TimeStampReq``, RFC 3161 §2.4.1), and whether an answer is to it."""

from dataclasses import dataclass
from typing import Final

from hashing import der
from hashing.timestamp_errors import TimestampInvalid
from hashing.timestamp_info import Imprint, encode_imprint
from hashing.timestamp_token import Token

REQUEST_TYPE: Final = "application/timestamp-query"
ANSWER_TYPE: Final = "application/timestamp-reply"
NONCE_BITS: Final = 64


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
            encode_imprint(self.imprint, self.imprint.of(self.message)),
            b"" if self.policy is None else der.encode_oid(self.policy),
            der.encode_integer(self.nonce),
            der.encode(der.BOOLEAN, b"\xff"),
        )

    def check(self, token: Token) -> None:
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
