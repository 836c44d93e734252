"""Who verifies a token's signature: ``rfc3161-client``, and again ``openssl ts`` where it is."""

from collections.abc import Sequence
from typing import Final

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from archive.verify.openssl_ts import OpenSslTs
from hashing.timestamp import Judgement, TimestampInvalid, Token, verify

CLIENT: Final = "rfc3161-client"
OPENSSL: Final = "openssl ts"


class TokenJudge:
    """Judges tokens under pinned roots.

    Args:
        roots: The authorities' root certificates, obtained elsewhere; without any nothing is
            verified.
    """

    def __init__(self, roots: Sequence[x509.Certificate]) -> None:
        self.roots = tuple(roots)
        pem = b"".join(root.public_bytes(Encoding.PEM) for root in self.roots)
        self._openssl = OpenSslTs.find(pem) if self.roots else None

    def verified_by(self, token: Token, body: bytes) -> tuple[str, ...]:
        """Who verified a token over a checkpoint's body.

        Returns:
            Nobody without roots, or where its kind cannot be judged.

        Raises:
            TimestampInvalid: Somebody who can judge it refuses it.
            StorageError: The temporary folder for ``openssl`` cannot be written.
        """
        if not self.roots:
            return ()
        judgement = verify(token, body, self.roots)
        judges: tuple[str, ...] = (CLIENT,) if judgement is Judgement.VERIFIED else ()
        if self._openssl is not None:
            complaint = self._openssl.complaint(token.answer, body, token.info.gen_time_us)
            if complaint is None:
                judges += (OPENSSL,)
            elif judges:
                raise TimestampInvalid(f"{OPENSSL} refuses what {CLIENT} accepts: {complaint}")
        return judges
