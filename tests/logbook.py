"""Logs in memory, for tests: honest ones to start from, and the means to tamper with them.

Bundles, tiles and roots are made here from the definitions of RFC 6962 and C2SP tlog-tiles,
without the code under test, so that a verifier that agrees with a :class:`Logbook` agrees
with the specifications.
"""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from hashing.checkpoint import Checkpoint
from hashing.entry import ZERO_PREV, Act, Stamp, build, format_time
from hashing.keyring import first_key_body, rotation_body
from hashing.note import SigningKey, sign

START_US = 1_767_225_600_000_000
"""2026-01-01T00:00:00Z."""
BOOT = "b" * 32


def leaf(entry: bytes) -> bytes:
    """The leaf hash, from its definition."""
    return hashlib.sha256(b"\x00" + entry).digest()


def naive_root(leaves: Sequence[bytes]) -> bytes:
    """The Merkle tree hash, by the recursion of RFC 6962 §2.1 over leaf hashes."""
    if not leaves:
        return hashlib.sha256(b"").digest()
    if len(leaves) == 1:
        return leaves[0]
    split = 1
    while split * 2 < len(leaves):
        split *= 2
    pair = naive_root(leaves[:split]) + naive_root(leaves[split:])
    return hashlib.sha256(b"\x01" + pair).digest()


def bundle(entries: Sequence[bytes]) -> bytes:
    """An entry bundle, from its definition."""
    return b"".join(len(entry).to_bytes(2, "big") + entry for entry in entries)


def index_path(index: int, width: int) -> str:
    """The index part of a tile's name, from its definition."""
    digits = f"{index:d}"
    digits = digits.zfill(-(-len(digits) // 3) * 3)
    parts = [digits[at : at + 3] for at in range(0, len(digits), 3)]
    name = "/".join(["x" + part for part in parts[:-1]] + parts[-1:])
    return name if width == 256 else f"{name}.p/{width}"


def log_files(entries: Sequence[bytes]) -> dict[str, bytes]:
    """Bundles and tiles of a log, by name."""
    files: dict[str, bytes] = {}
    for index in range(-(-len(entries) // 256)):
        part = entries[index * 256 : index * 256 + 256]
        files[f"tile/entries/{index_path(index, len(part))}"] = bundle(part)
    level, hashes = 0, [leaf(entry) for entry in entries]
    while hashes:
        parts = [hashes[at : at + 256] for at in range(0, len(hashes), 256)]
        for index, tile in enumerate(parts):
            files[f"tile/{level}/{index_path(index, len(tile))}"] = b"".join(tile)
        level, hashes = level + 1, [naive_root(tile) for tile in parts if len(tile) == 256]
    return files


@dataclass
class MemoryLog:
    """A log's files by name, as a LogSource."""

    files: dict[str, bytes] = field(default_factory=dict)

    def checkpoint(self) -> bytes | None:
        return self.files.get("checkpoint")

    def bundle(self, index: int, width: int) -> bytes | None:
        return self.files.get(f"tile/entries/{index_path(index, width)}")

    def tile(self, level: int, index: int, width: int) -> bytes | None:
        return self.files.get(f"tile/{level}/{index_path(index, width)}")


class Logbook:
    """A log that grows in memory. Entry 0 stands from the beginning."""

    def __init__(
        self,
        prefix: str = "bureau/station-1",
        key: SigningKey | None = None,
        succeeds: Mapping[str, object] | None = None,
    ) -> None:
        self.key = key or SigningKey.generate_origin(prefix)
        self.first_key = self.key
        self.entries: list[bytes] = []
        body = first_key_body(self.key)
        self.append(Act.KEY, {**body, "succeeds": dict(succeeds)} if succeeds else body)

    @property
    def origin(self) -> str:
        return self.first_key.name

    @property
    def prev(self) -> str:
        return leaf(self.entries[-1]).hex() if self.entries else ZERO_PREV

    def append(
        self,
        act: Act,
        body: Mapping[str, object],
        *,
        time_us: int | None = None,
        boot: str = BOOT,
        actor: str = "station",
    ) -> int:
        """Add an entry; its number."""
        seq = len(self.entries)
        at = START_US + seq * 1_000_000 if time_us is None else time_us
        stamp = Stamp(format_time(at), seq * 1000, "synchronised", "station-1", boot, actor)
        self.entries.append(build(seq, self.prev, stamp, act, body))
        return seq

    def fill(self, size: int) -> "Logbook":
        """Grow to a size with entries that differ from each other."""
        while len(self.entries) < size:
            detail = f"entry {len(self.entries)}"
            self.append(Act.ALARM, {"alarm": "test", "subject": "slot 7", "detail": detail})
        return self

    def rotate(self) -> SigningKey:
        """Go on under a new key; the key."""
        new = SigningKey.generate(self.origin)
        self.append(Act.KEY, rotation_body(len(self.entries), self.key, new))
        self.key = new
        return new

    def head(self) -> Checkpoint:
        return Checkpoint(
            self.origin, len(self.entries), naive_root([leaf(e) for e in self.entries])
        )

    def files(self) -> dict[str, bytes]:
        """All files of the log, by name, the checkpoint among them."""
        checkpoint = sign(self.head().body(), [self.key])
        return {"checkpoint": checkpoint, **log_files(self.entries)}

    def source(self) -> MemoryLog:
        """The log as a source whose files a test may change."""
        return MemoryLog(self.files())
