"""Typed digests, and several of them from one pass over the bytes.

A digest always carries its algorithm, so that two can only be compared under the same one.
SHA-256 (FIPS 180-4) names every object; SM3 (GB/T 32905-2016) stands beside it where the
setting asks for it.
"""

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from typing import Self

from hashing.errors import IntegrityError


class Algorithm(StrEnum):
    """The digest algorithms this program writes."""

    SHA256 = "sha256"
    SM3 = "sm3"


HEX_LENGTH = 64
"""Characters of either digest in hexadecimal: both are 256 bits."""


class MalformedDigest(IntegrityError):  # noqa: N818 - named for the defect, as the others are
    """A text that should be a digest is not one."""

    code = "MALFORMED_DIGEST"


@dataclass(frozen=True, slots=True, order=True)
class Digest:
    """A digest and the algorithm that made it."""

    algorithm: Algorithm
    hex: str

    def __post_init__(self) -> None:
        if len(self.hex) != HEX_LENGTH or not set(self.hex) <= set("0123456789abcdef"):
            raise MalformedDigest(f"not a lower-case {self.algorithm} digest: {self.hex[:80]!r}")

    @classmethod
    def sha256(cls, hex_digest: str) -> Self:
        """A SHA-256 digest from its 64 lower-case hexadecimal characters."""
        return cls(Algorithm.SHA256, hex_digest)

    @classmethod
    def sm3(cls, hex_digest: str) -> Self:
        """An SM3 digest from its 64 lower-case hexadecimal characters."""
        return cls(Algorithm.SM3, hex_digest)

    def __str__(self) -> str:
        return f"{self.algorithm}:{self.hex}"


@dataclass(frozen=True, slots=True)
class ObjectDigests:
    """What names an object: its digests and its size in bytes."""

    sha256: Digest
    sm3: Digest | None
    size_bytes: int

    def as_body(self) -> dict[str, str | int]:
        """The ``object`` field of an entry: bare hexadecimal digests and the size."""
        body: dict[str, str | int] = {"sha256": self.sha256.hex, "size_bytes": self.size_bytes}
        if self.sm3 is not None:
            body["sm3"] = self.sm3.hex
        return body

    @classmethod
    def from_body(cls, body: dict[str, object]) -> Self:
        """Read an ``object`` field.

        Raises:
            MalformedDigest: A digest or the size is missing or not of its form.
        """
        sha256, sm3, size = body.get("sha256"), body.get("sm3"), body.get("size_bytes")
        if not isinstance(sha256, str) or not isinstance(size, int) or size < 0:
            raise MalformedDigest("an object needs sha256 and size_bytes")
        if sm3 is not None and not isinstance(sm3, str):
            raise MalformedDigest("an object's sm3 must be a string")
        return cls(Digest.sha256(sha256), Digest.sm3(sm3) if sm3 is not None else None, size)


class MultiDigest:
    """Several digests of one stream, each byte fed once to every one of them.

    One instance belongs to one stream. The digests are independent lanes: each may be fed
    from a thread of its own, in stream order, and the interpreter lock is released while a
    large buffer is hashed.

    Args:
        algorithms: Which digests to make. SHA-256 is always among them.
    """

    def __init__(self, algorithms: Iterable[Algorithm] = (Algorithm.SHA256,)) -> None:
        wanted = {Algorithm.SHA256, *algorithms}
        self._states = {name: hashlib.new(name.value) for name in sorted(wanted)}
        self._size_bytes = 0

    @property
    def lanes(self) -> tuple[Algorithm, ...]:
        """The digests being made."""
        return tuple(self._states)

    def update_lane(self, lane: Algorithm, buffer: bytes | bytearray | memoryview) -> None:
        """Feed the next bytes of the stream to one digest."""
        self._states[lane].update(buffer)
        if lane is Algorithm.SHA256:
            self._size_bytes += len(buffer)

    def update(self, buffer: bytes | bytearray | memoryview) -> None:
        """Feed the next bytes of the stream to every digest."""
        for lane in self._states:
            self.update_lane(lane, buffer)

    def finish(self) -> ObjectDigests:
        """The digests of everything fed so far."""
        made = {name: Digest(name, state.hexdigest()) for name, state in self._states.items()}
        return ObjectDigests(made[Algorithm.SHA256], made.get(Algorithm.SM3), self._size_bytes)


def sha256_of(data: bytes | bytearray | memoryview) -> Digest:
    """The SHA-256 digest of bytes already in memory."""
    return Digest.sha256(hashlib.sha256(data).hexdigest())
