"""Signed notes: text with signature lines, and the keys for them (C2SP signed-note).

A note is UTF-8 text that ends in a newline, an empty line, and one or more lines
``— <key name> base64(key hash ‖ signature)``. This program signs and verifies with Ed25519
(signature type 01); signatures of other keys and types are carried along and not judged here.
:mod:`hashing.cosignature` judges those of witnesses.

* A key's hash is SHA-256(name ‖ 0A ‖ 01 ‖ public key)[:4]. It tells keys apart; it does not
  authenticate them.
* Base64 is standard and strict: each value has one accepted spelling.
* A :class:`SigningKey` never prints its secret; :meth:`SigningKey.encode` is the one way out.
"""

import base64
import binascii
import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Self

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import (
    Ed25519PrivateKey,
    Ed25519PublicKey,
)

from hashing.errors import Bilingual, EvidenceError, IntegrityError, SignatureInvalid

ED25519 = b"\x01"
PUBLIC_KEY_BYTES = 32
SIGNATURE_BYTES = 64
MAX_NOTE_BYTES = 1 << 20
MAX_SIGNATURES = 100

_PREFIX = "— "
_KEY_HASH_BYTES = 4
_HASH_DIGITS = 8


class MalformedNote(IntegrityError):  # noqa: N818 - named for the defect
    """Bytes that should be a signed note are not one."""

    code = "MALFORMED_NOTE"


class MalformedKey(EvidenceError):  # noqa: N818 - named for the defect
    """A text that should be a verifier or signing key is not one."""

    code = "MALFORMED_KEY"
    exit_code = 86
    meaning = Bilingual(
        zh="密钥无法读取；没有任何内容被签名或校验。",
        en="The key cannot be read; nothing was signed or verified with it.",
    )
    action = Bilingual(
        zh="核对密钥文本是否完整；必要时从备份中取回密钥文件。",
        en="Check that the key's text is whole; fetch the key file from its backup if need be.",
    )


@dataclass(frozen=True, slots=True)
class VerifierKey:
    """The public half of a key, with the name it signs under.

    Attributes:
        name: The key's name, which for a log is its origin.
        key_hash: The 32-bit number that signature lines carry.
        public: The 32 bytes of the Ed25519 public key.
    """

    name: str
    key_hash: int
    public: bytes

    @classmethod
    def of(cls, name: str, public: bytes) -> Self:
        """The verifier key of a name and an Ed25519 public key.

        Raises:
            MalformedKey: The name or the key is not of its form.
        """
        if not is_key_name(name):
            raise MalformedKey(f"not a key name: {name[:80]!r}")
        if len(public) != PUBLIC_KEY_BYTES:
            raise MalformedKey(f"an Ed25519 public key has 32 bytes, not {len(public)}")
        return cls(name, key_hash(name, ED25519 + public), public)

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read ``<name>+<hash>+<base64>``.

        Raises:
            MalformedKey: The text is not an Ed25519 verifier key.
        """
        name, _, rest = text.partition("+")
        hash_text, _, data = rest.partition("+")
        key = cls.of(name, _key_material(data))
        if hash_text != f"{key.key_hash:08x}":
            raise MalformedKey(f"the hash of verifier key {name[:80]!r} does not belong to it")
        return key

    def __str__(self) -> str:
        data = base64.b64encode(ED25519 + self.public).decode("ascii")
        return f"{self.name}+{self.key_hash:08x}+{data}"

    @property
    def fingerprint(self) -> str:
        """SHA-256 of the public key in hexadecimal, to be compared by people."""
        return hashlib.sha256(self.public).hexdigest()

    def verifies(self, message: bytes, signature: bytes) -> bool:
        """Whether a signature over a message was made with this key."""
        try:
            Ed25519PublicKey.from_public_bytes(self.public).verify(signature, message)
        except (InvalidSignature, ValueError):
            return False
        return True


class SigningKey:
    """An Ed25519 key pair and the name it signs under. May be shared by threads."""

    def __init__(self, name: str, private: Ed25519PrivateKey) -> None:
        self._private = private
        self._verifier = VerifierKey.of(name, private.public_key().public_bytes_raw())

    @classmethod
    def generate(cls, name: str) -> Self:
        """A new random key with a given name.

        Raises:
            MalformedKey: The name is empty or holds white space or ``+``.
        """
        return cls(name, Ed25519PrivateKey.generate())

    @classmethod
    def generate_origin(cls, prefix: str) -> Self:
        """A new random key named ``<prefix>/<8 hex>``, the first bytes of its public key.

        Raises:
            MalformedKey: The prefix is empty or holds white space or ``+``.
        """
        private = Ed25519PrivateKey.generate()
        return cls(f"{prefix}/{private.public_key().public_bytes_raw()[:4].hex()}", private)

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read ``PRIVATE+KEY+<name>+<hash>+<base64>``; white space around it is ignored.

        Raises:
            MalformedKey: The text is not an Ed25519 signing key.
        """
        parts = text.strip().split("+", 4)
        if len(parts) != 5 or parts[:2] != ["PRIVATE", "KEY"]:  # noqa: PLR2004 - the form's parts
            raise MalformedKey("not a signing key")
        name, hash_text, data = parts[2:]
        key = cls(name, Ed25519PrivateKey.from_private_bytes(_key_material(data)))
        if hash_text != f"{key.verifier.key_hash:08x}":
            raise MalformedKey(f"the hash of signing key {name[:80]!r} does not belong to it")
        return key

    def encode(self) -> str:
        """The key as text, **secret included**, as :meth:`parse` reads it."""
        data = base64.b64encode(ED25519 + self._private.private_bytes_raw()).decode("ascii")
        return f"PRIVATE+KEY+{self.name}+{self._verifier.key_hash:08x}+{data}"

    @property
    def name(self) -> str:
        """The name it signs under."""
        return self._verifier.name

    @property
    def verifier(self) -> VerifierKey:
        """The public half."""
        return self._verifier

    def sign(self, message: bytes) -> bytes:
        """The 64 bytes of the Ed25519 signature over a message."""
        return self._private.sign(message)

    def __repr__(self) -> str:
        return f"<SigningKey {self._verifier}>"


@dataclass(frozen=True, slots=True)
class Signature:
    """One signature line. ``data`` is what follows the key hash, of whatever type."""

    name: str
    key_hash: int
    data: bytes

    def __str__(self) -> str:
        packed = self.key_hash.to_bytes(_KEY_HASH_BYTES, "big") + self.data
        return f"{_PREFIX}{self.name} {base64.b64encode(packed).decode('ascii')}\n"


@dataclass(frozen=True, slots=True)
class SignedNote:
    """A text and its signatures. Parsing verifies nothing."""

    text: str
    signatures: tuple[Signature, ...]

    @classmethod
    def parse(cls, data: bytes) -> Self:
        """Read a signed note.

        Raises:
            MalformedNote: The bytes are not a signed note.
        """
        note = _note_text(data)
        text, separator, block = note.rpartition("\n\n")
        if not separator or not block.endswith("\n"):
            raise MalformedNote("note has no signature block")
        lines = block[:-1].split("\n")
        if len(lines) > MAX_SIGNATURES:
            raise MalformedNote(f"note has more than {MAX_SIGNATURES} signatures")
        return cls(text + "\n", tuple(parse_signature(line) for line in lines))

    def encode(self) -> bytes:
        """The bytes of the note."""
        return (self.text + "\n" + "".join(map(str, self.signatures))).encode("utf-8")

    def __bytes__(self) -> bytes:
        return self.encode()

    def lines_of(self, name: str, key_hash: int) -> tuple[Signature, ...]:
        """The signature lines that carry this name and hash, whatever they are worth."""
        return tuple(s for s in self.signatures if (s.name, s.key_hash) == (name, key_hash))

    def verify(self, key: VerifierKey) -> None:
        """Check that a key signed the text.

        Raises:
            SignatureInvalid: It did not, or one of its signatures is wrong.
        """
        made = self.lines_of(key.name, key.key_hash)
        if not made:
            raise SignatureInvalid(f"note is not signed by {key.name}+{key.key_hash:08x}")
        message = self.text.encode("utf-8")
        if not all(key.verifies(message, signature.data) for signature in made):
            raise SignatureInvalid(f"signature by {key.name}+{key.key_hash:08x} is wrong")


def sign(text: str, keys: Sequence[SigningKey]) -> bytes:
    """The bytes of a note over ``text``, signed by every key in turn.

    Raises:
        MalformedNote: The text does not end in a newline or holds what a note cannot.
    """
    try:
        message = text.encode("utf-8")
    except UnicodeEncodeError as error:
        raise MalformedNote("note is not valid Unicode") from error
    if not text.endswith("\n") or not keys:
        raise MalformedNote("a note ends in a newline and has at least one signature")
    note = SignedNote(
        text, tuple(Signature(k.name, k.verifier.key_hash, k.sign(message)) for k in keys)
    )
    data = note.encode()
    _note_text(data)
    return data


def key_hash(name: str, material: bytes) -> int:
    """The hash of a key: of its name and its signature type followed by its public bytes."""
    digest = hashlib.sha256(name.encode("utf-8") + b"\n" + material).digest()
    return int.from_bytes(digest[:_KEY_HASH_BYTES], "big")


def is_key_name(name: str) -> bool:
    """Whether a text may name a key: not empty, no white space, no ``+``, no control."""
    return bool(name) and not any(c.isspace() or c == "+" or c < " " for c in name) and _utf8(name)


def strict_base64(text: str) -> bytes | None:
    """The bytes of standard base64 in its one canonical spelling, else None."""
    try:
        data = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        return None
    return data if base64.b64encode(data).decode("ascii") == text else None


def _utf8(text: str) -> bool:
    try:
        text.encode("utf-8")
    except UnicodeEncodeError:
        return False
    return True


def _key_material(text: str) -> bytes:
    data = strict_base64(text)
    if data is None or data[:1] != ED25519 or len(data) != 1 + PUBLIC_KEY_BYTES:
        raise MalformedKey("not an Ed25519 key in base64")
    return data[1:]


def _note_text(data: bytes) -> str:
    if len(data) > MAX_NOTE_BYTES:
        raise MalformedNote(f"note is longer than {MAX_NOTE_BYTES} bytes")
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError as error:
        raise MalformedNote("note is not UTF-8") from error
    if any(c < " " and c != "\n" for c in text):
        raise MalformedNote("note holds a control character")
    return text


def parse_signature(line: str) -> Signature:
    """Read one signature line, without its newline.

    Raises:
        MalformedNote: It is none.
    """
    name, _, encoded = line.removeprefix(_PREFIX).partition(" ")
    data = strict_base64(encoded)
    if not line.startswith(_PREFIX) or not is_key_name(name):
        raise MalformedNote("note has a malformed signature line")
    if data is None or len(data) <= _KEY_HASH_BYTES:
        raise MalformedNote("note has a malformed signature")
    key_hash = int.from_bytes(data[:_KEY_HASH_BYTES], "big")
    return Signature(name, key_hash, data[_KEY_HASH_BYTES:])
