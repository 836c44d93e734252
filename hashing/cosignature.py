r"""Cosignatures: what witnesses add to a checkpoint (C2SP tlog-cosignature), and their keys.

A cosigner states that, as of a time, the checkpoint's tree is consistent with everything it
has seen of that log. Its signature line carries ``timestamp (u64, big-endian) ‖ signature``.

* Type 04, ``cosignature/v1``: Ed25519 over ``cosignature/v1\ntime <decimal>\n`` and the whole
  text of the checkpoint. The message does not name the cosigner, so a key serves one name only.
* Type 06: ML-DSA-44 over the structure ``cosigned_message`` of a whole tree: the label
  ``subtree/v1\n\0``, the cosigner's name, the timestamp, the origin, start 0, the size and the
  root. Extension lines are not covered.
* A key's hash is SHA-256(name ‖ 0A ‖ type ‖ public key)[:4], as for every note key.
* Lines of unknown keys are ignored; a wrong line of a known key spoils the note.

Not checked here: whether a time is plausible, and how many witnesses are enough
(:mod:`hashing.policy`).
"""

import base64
import hashlib
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from enum import IntEnum
from types import MappingProxyType
from typing import Self

from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ed25519 import (
    Ed25519PrivateKey,
    Ed25519PublicKey,
)
from cryptography.hazmat.primitives.asymmetric.mldsa import MLDSA44PrivateKey, MLDSA44PublicKey

from hashing.checkpoint import Checkpoint, MalformedCheckpoint
from hashing.errors import Bilingual, EvidenceError, SignatureInvalid
from hashing.note import (
    ED25519,
    MalformedKey,
    Signature,
    SignedNote,
    VerifierKey,
    is_key_name,
    key_hash,
    strict_base64,
)

MAX_TIME_S = (1 << 63) - 1
SEED_BYTES = 32

_TIME_BYTES = 8
_NAME_BYTES = 255
_LABEL = b"subtree/v1\n\x00"


class AlgorithmUnavailable(EvidenceError):  # noqa: N818 - named for the state
    """The cryptographic library of this machine cannot compute an algorithm."""

    code = "ALGORITHM_UNAVAILABLE"
    exit_code = 87
    meaning = Bilingual(
        zh="本机的密码库不支持该算法；用它签署的内容未被检查。",
        en="This machine's cryptographic library lacks the algorithm; what was signed with it "
        "was not checked.",
    )
    action = Bilingual(
        zh="在装有更新的 cryptography（48 或以上）的机器上再次校验。",
        en="Verify again on a machine with a newer cryptography (48 or later).",
    )


class CosignatureType(IntEnum):
    """The signature types of cosigners."""

    ED25519 = 0x04
    ML_DSA_44 = 0x06


_PUBLIC_BYTES = MappingProxyType({CosignatureType.ED25519: 32, CosignatureType.ML_DSA_44: 1312})


@dataclass(frozen=True, slots=True)
class CosignerKey:
    """The public half of a cosigner's key, with the name it signs under.

    Attributes:
        name: The cosigner's name.
        kind: Its signature type.
        public: The bytes of the public key: 32 for Ed25519, 1,312 for ML-DSA-44.
        key_hash: The 32-bit number that signature lines carry.
    """

    name: str
    kind: CosignatureType
    public: bytes
    key_hash: int

    @classmethod
    def of(cls, name: str, kind: CosignatureType, public: bytes) -> Self:
        """The verifier key of a name and a public key.

        Raises:
            MalformedKey: The name or the key is not of its form.
        """
        if not is_key_name(name):
            raise MalformedKey(f"not a key name: {name[:80]!r}")
        if len(public) != _PUBLIC_BYTES[kind]:
            raise MalformedKey(f"a public key of type {kind:02x} has {_PUBLIC_BYTES[kind]} bytes")
        return cls(name, kind, public, key_hash(name, bytes([kind]) + public))

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read ``<name>+<hash>+<base64>`` of type 04 or 06.

        Raises:
            MalformedKey: The text is not a cosigner's verifier key.
        """
        name, _, rest = text.partition("+")
        hash_text, _, data = rest.partition("+")
        key = cls.of(name, *_typed(data))
        if hash_text != f"{key.key_hash:08x}":
            raise MalformedKey(f"the hash of verifier key {name[:80]!r} does not belong to it")
        return key

    def __str__(self) -> str:
        data = base64.b64encode(bytes([self.kind]) + self.public).decode("ascii")
        return f"{self.label}+{data}"

    @property
    def label(self) -> str:
        """``<name>+<hash>``, enough to tell keys apart."""
        return f"{self.name}+{self.key_hash:08x}"

    @property
    def fingerprint(self) -> str:
        """SHA-256 of the public key in hexadecimal, to be compared by people."""
        return hashlib.sha256(self.public).hexdigest()

    def time_of(self, text: str, signature: Signature) -> int | None:
        """When a line cosigned a checkpoint, in seconds since 1970; None where it did not.

        0 says nothing of the time, only of consistency.

        Args:
            text: The checkpoint's text.
            signature: A line that carries this key's name and hash.

        Raises:
            MalformedCheckpoint: The text is no checkpoint, or one that cannot be cosigned so.
            AlgorithmUnavailable: ML-DSA-44 cannot be computed here.
        """
        time_s = int.from_bytes(signature.data[:_TIME_BYTES], "big")
        if len(signature.data) <= _TIME_BYTES or time_s > MAX_TIME_S:
            return None
        message = cosigned_message(self.kind, self.name, text, time_s)
        verified = _VERIFY[self.kind](self.public, signature.data[_TIME_BYTES:], message)
        return time_s if verified else None


class CosigningKey:
    """A cosigner's key pair and the name it signs under. May be shared by threads."""

    def __init__(self, name: str, private: Ed25519PrivateKey | MLDSA44PrivateKey) -> None:
        is_ed25519 = isinstance(private, Ed25519PrivateKey)
        kind = CosignatureType.ED25519 if is_ed25519 else CosignatureType.ML_DSA_44
        self._private = private
        self._verifier = CosignerKey.of(name, kind, private.public_key().public_bytes_raw())

    @classmethod
    def generate(cls, name: str, kind: CosignatureType = CosignatureType.ED25519) -> Self:
        """A new random key with a given name.

        Raises:
            MalformedKey: The name is empty or holds white space or ``+``.
            AlgorithmUnavailable: ML-DSA-44 cannot be computed here.
        """
        if kind is CosignatureType.ED25519:
            return cls(name, Ed25519PrivateKey.generate())
        try:
            return cls(name, MLDSA44PrivateKey.generate())
        except UnsupportedAlgorithm as error:
            raise AlgorithmUnavailable("ML-DSA-44 cannot be computed here") from error

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read ``PRIVATE+KEY+<name>+<hash>+<base64>``; white space around it is ignored.

        Raises:
            MalformedKey: The text is not a cosigner's signing key.
            AlgorithmUnavailable: ML-DSA-44 cannot be computed here.
        """
        parts = text.strip().split("+", 4)
        if len(parts) != 5 or parts[:2] != ["PRIVATE", "KEY"]:  # noqa: PLR2004 - the form's parts
            raise MalformedKey("not a signing key")
        name, hash_text, data = parts[2:]
        kind, seed = _typed(data)
        if len(seed) != SEED_BYTES:
            raise MalformedKey(f"a cosigner's signing key has a seed of {SEED_BYTES} bytes")
        key = cls(name, _private(kind, seed))
        if hash_text != f"{key.verifier.key_hash:08x}":
            raise MalformedKey(f"the hash of signing key {name[:80]!r} does not belong to it")
        return key

    def encode(self) -> str:
        """The key as text, **secret included**, as :meth:`parse` reads it."""
        material = bytes([self._verifier.kind]) + self._private.private_bytes_raw()
        return f"PRIVATE+KEY+{self._verifier.label}+{base64.b64encode(material).decode('ascii')}"

    @property
    def name(self) -> str:
        """The name it signs under."""
        return self._verifier.name

    @property
    def verifier(self) -> CosignerKey:
        """The public half."""
        return self._verifier

    def cosign(self, text: str, time_s: int) -> Signature:
        """The signature line over a checkpoint's text.

        Args:
            text: The checkpoint's text.
            time_s: Seconds since 1970, above 0.

        Raises:
            MalformedCheckpoint: The text is no checkpoint, or one that cannot be cosigned so.
        """
        if not 0 < time_s <= MAX_TIME_S:
            raise MalformedCheckpoint(f"nothing is cosigned at time {time_s}")
        message = cosigned_message(self._verifier.kind, self.name, text, time_s)
        data = time_s.to_bytes(_TIME_BYTES, "big") + self._private.sign(message)
        return Signature(self.name, self._verifier.key_hash, data)

    def __repr__(self) -> str:
        return f"<CosigningKey {self._verifier.label}>"


@dataclass(frozen=True, slots=True)
class Cosignature:
    """A verified cosignature.

    Attributes:
        key: Who cosigned.
        time_s: When, in seconds since 1970, as the cosigner's clock said; 0: it does not say.
        line: The signature line.
    """

    key: CosignerKey
    time_s: int
    line: Signature


def cosigned_message(kind: CosignatureType, name: str, text: str, time_s: int) -> bytes:
    """What a cosigner signs.

    Raises:
        MalformedCheckpoint: The text is no checkpoint, or a name does not fit the structure.
    """
    checkpoint = Checkpoint.parse(text)
    if kind is CosignatureType.ED25519:
        return f"cosignature/v1\ntime {time_s}\n{text}".encode()
    return b"".join(
        (
            _LABEL,
            _prefixed(name),
            time_s.to_bytes(_TIME_BYTES, "big"),
            _prefixed(checkpoint.origin),
            (0).to_bytes(_TIME_BYTES, "big"),
            checkpoint.size.to_bytes(_TIME_BYTES, "big"),
            checkpoint.root,
        )
    )


def cosignatures(note: SignedNote, keys: Iterable[CosignerKey]) -> tuple[Cosignature, ...]:
    """The cosignatures that these keys made, in the order of the keys and of their lines.

    Raises:
        SignatureInvalid: A line of one of the keys is wrong.
        MalformedCheckpoint: The note is no checkpoint.
        AlgorithmUnavailable: ML-DSA-44 cannot be computed here.
    """
    found = []
    for key in keys:
        for line in note.lines_of(key.name, key.key_hash):
            time_s = key.time_of(note.text, line)
            if time_s is None:
                raise SignatureInvalid(f"the cosignature by {key.label} is wrong")
            found.append(Cosignature(key, time_s, line))
    return tuple(found)


def with_lines(note: SignedNote, lines: Iterable[Signature]) -> SignedNote:
    """The note with further signature lines behind its own; one that it has is not repeated."""
    every = dict.fromkeys((*note.signatures, *lines))
    return SignedNote(note.text, tuple(every))


def parse_vkey(text: str) -> VerifierKey | CosignerKey:
    """Read a verifier key of type 01, 04 or 06.

    Raises:
        MalformedKey: The text is no verifier key of these types.
    """
    data = strict_base64(text.partition("+")[2].partition("+")[2])
    if data is not None and data[:1] == ED25519:
        return VerifierKey.parse(text)
    return CosignerKey.parse(text)


def _typed(text: str) -> tuple[CosignatureType, bytes]:
    data = strict_base64(text)
    if not data:
        raise MalformedKey("not a key in base64")
    try:
        return CosignatureType(data[0]), data[1:]
    except ValueError as error:
        raise MalformedKey(f"not a cosigner's key: its type is {data[0]:02x}") from error


def _private(kind: CosignatureType, seed: bytes) -> Ed25519PrivateKey | MLDSA44PrivateKey:
    if kind is CosignatureType.ED25519:
        return Ed25519PrivateKey.from_private_bytes(seed)
    try:
        return MLDSA44PrivateKey.from_seed_bytes(seed)
    except UnsupportedAlgorithm as error:
        raise AlgorithmUnavailable("ML-DSA-44 cannot be computed here") from error


def _prefixed(text: str) -> bytes:
    data = text.encode("utf-8")
    if not 0 < len(data) <= _NAME_BYTES:
        raise MalformedCheckpoint(f"ML-DSA-44 cosigns names of 1 to {_NAME_BYTES} bytes only")
    return bytes([len(data)]) + data


def _verify_ed25519(public: bytes, signature: bytes, message: bytes) -> bool:
    try:
        Ed25519PublicKey.from_public_bytes(public).verify(signature, message)
    except (InvalidSignature, ValueError):
        return False
    return True


def _verify_ml_dsa_44(public: bytes, signature: bytes, message: bytes) -> bool:
    try:
        MLDSA44PublicKey.from_public_bytes(public).verify(signature, message)
    except UnsupportedAlgorithm as error:
        raise AlgorithmUnavailable("ML-DSA-44 cannot be computed here") from error
    except (InvalidSignature, ValueError):
        return False
    return True


_Verify = Callable[[bytes, bytes, bytes], bool]
_VERIFY: MappingProxyType[CosignatureType, _Verify] = MappingProxyType(
    {
        CosignatureType.ED25519: _verify_ed25519,
        CosignatureType.ML_DSA_44: _verify_ml_dsa_44,
    }
)
