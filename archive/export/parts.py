"""What a package is made of on its way: files, one after another, each as pieces of bytes."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from hashing.digest import ObjectDigests


@dataclass(frozen=True, slots=True)
class Part:
    """One file of a package.

    Attributes:
        path: Its path in the package, with ``/`` between folders.
        chunks: Its bytes, to be taken once.
        digests: What they must hash to, where that is known beforehand.
    """

    path: str
    chunks: Iterable[bytes]
    digests: ObjectDigests | None = None

    @classmethod
    def of(cls, path: str, data: bytes) -> "Part":
        """A small file."""
        return cls(path, (data,))


@dataclass(frozen=True, slots=True)
class Package:
    """A package that may leave the archive.

    Attributes:
        plan: What is in it, in numbers; JSON values.
        info: Lines of ``bag-info.txt``.
        parts: Its files, to be taken once, in this order.
    """

    plan: Mapping[str, Any]
    parts: Iterator[Part]
    info: Mapping[str, str] = field(default_factory=dict)
