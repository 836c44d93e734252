"""Which key signs the log at which size: the first key, rotations, succession.

Entry 0 is a ``key`` entry. The log's origin is its first key's name and ends in the first
four bytes of that key, in hexadecimal. A later ``key`` entry rotates: the old key endorses
and the new key accepts the text of :func:`rotation_text`, and the new key signs every
checkpoint that covers the entry. A checkpoint of size n is signed by the key of the last
``key`` entry before n.
"""

import base64
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from hashing.entry import Act
from hashing.errors import SignatureInvalid
from hashing.note import MalformedKey, SigningKey, VerifierKey, strict_base64


def rotation_text(origin: str, seq: int, old: VerifierKey, new: VerifierKey) -> bytes:
    """What the old and the new key sign at a rotation in entry ``seq``."""
    return f"evidence-daemon key rotation\n{origin}\n{seq}\n{old}\n{new}\n".encode()


def first_key_body(key: SigningKey) -> dict[str, object]:
    """The body of entry 0 of a log that ``key`` begins."""
    return {"origin": key.name, "vkey": str(key.verifier)}


def rotation_body(seq: int, old: SigningKey, new: SigningKey) -> dict[str, object]:
    """The body of a ``key`` entry that rotates from one key to another at ``seq``."""
    text = rotation_text(old.name, seq, old.verifier, new.verifier)
    return {
        "origin": old.name,
        "vkey": str(new.verifier),
        "previous_vkey": str(old.verifier),
        "endorsement": base64.b64encode(old.sign(text)).decode("ascii"),
        "acceptance": base64.b64encode(new.sign(text)).decode("ascii"),
    }


@dataclass(frozen=True, slots=True)
class Succession:
    """The earlier log that entry 0 says this one follows."""

    size: int
    origin: str
    root: str
    reason: str


class Keyring:
    """The keys of a log, learnt from its ``key`` entries in order."""

    def __init__(self) -> None:
        self._keys: list[tuple[int, VerifierKey]] = []
        self.succession: Succession | None = None

    @property
    def keys(self) -> tuple[tuple[int, VerifierKey], ...]:
        """(seq of the ``key`` entry, key), in order."""
        return tuple(self._keys)

    @property
    def first(self) -> VerifierKey | None:
        """The key of entry 0, or None where it was not read."""
        return self._keys[0][1] if self._keys else None

    def valid_at(self, size: int) -> VerifierKey | None:
        """The key that signs the checkpoint of a given size."""
        valid = [key for seq, key in self._keys if seq < size]
        return valid[-1] if valid else None

    def read(self, seq: int, fields: Mapping[str, Any]) -> None:
        """Take a ``key`` entry.

        Raises:
            MalformedKey: A key in it is not one.
            SignatureInvalid: It is not a valid first key or rotation.
        """
        key = VerifierKey.parse(_text(fields, "vkey"))
        if key.name != _text(fields, "origin"):
            raise SignatureInvalid(f"entry {seq} names key {key.name!r} for another origin")
        if seq == 0:
            self._begin(key, fields)
        else:
            self._rotate(seq, key, fields)
        self._keys.append((seq, key))

    def _begin(self, key: VerifierKey, fields: Mapping[str, Any]) -> None:
        if not key.name.endswith(f"/{key.public[:4].hex()}"):
            raise SignatureInvalid(f"origin {key.name!r} does not end in its first key's bytes")
        succeeds = fields.get("succeeds")
        if isinstance(succeeds, dict):
            size = succeeds.get("size")
            if type(size) is not int or size < 0:
                raise SignatureInvalid("entry 0 follows a log of no size")
            texts = (_text(succeeds, name) for name in ("origin", "root", "reason"))
            self.succession = Succession(size, *texts)

    def _rotate(self, seq: int, new: VerifierKey, fields: Mapping[str, Any]) -> None:
        if not self._keys:
            raise SignatureInvalid(f"entry {seq} rotates a key that was not read")
        old = self._keys[-1][1]
        if new.name != old.name or _text(fields, "previous_vkey") != str(old):
            raise SignatureInvalid(f"entry {seq} rotates from a key that is not the log's")
        text = rotation_text(new.name, seq, old, new)
        for name, key in (("endorsement", old), ("acceptance", new)):
            signature = strict_base64(_text(fields, name))
            if signature is None or not key.verifies(text, signature):
                raise SignatureInvalid(f"entry {seq} has a wrong {name}: the key is not the log's")


def is_key_entry(fields: Mapping[str, Any]) -> bool:
    """Whether decoded fields are those of a ``key`` entry."""
    return fields.get("act") == Act.KEY.value


def _text(fields: Mapping[str, Any], name: str) -> str:
    value = fields.get(name)
    if not isinstance(value, str):
        raise MalformedKey(f"a key entry lacks {name}")
    return value
