"""A time-stamping authority as the archive knows it; how it is reached is the caller's."""

from collections.abc import Callable
from dataclasses import dataclass

from cryptography import x509

from hashing.timestamp import Imprint


@dataclass(frozen=True, slots=True)
class Authority:
    """An authority.

    Attributes:
        name: Its short name; tokens are filed under it.
        ask: Sends it a request in DER and returns its answer, whatever that is; raises an
            EvidenceError where there is none.
        imprint: The digest that is sent.
        policy: The policy asked for, with dots; None leaves it to the authority.
        roots: Its root certificates; empty where none are configured.
    """

    name: str
    ask: Callable[[bytes], bytes]
    imprint: Imprint = Imprint.SHA256
    policy: str | None = None
    roots: tuple[x509.Certificate, ...] = ()
