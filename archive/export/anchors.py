"""Anchors: checkpoints of the log's past that somebody outside has seen.

A checkpoint that was stamped lies in ``log/checkpoints/<size>`` beside the responses in
``log/timestamps/<size>/``; one that was witnessed carries cosignatures. What lies there is taken
as it is; whether a token or a cosignature holds is a verifier's question.

Which of them belong into a package of some recordings:

* for each recording the first token of each authority, and the first cosigned checkpoint, that
  covers the entry which made it: they say *not later than*;
* the newest token of each authority and the newest cosigned checkpoint: they say that the log as
  it stands was seen.
"""

import hashlib
import os
import re
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from archive.durable import storage_errors
from archive.log.reader import LogFiles
from hashing.checkpoint import Checkpoint
from hashing.entry import Act, Entry, parse
from hashing.errors import EvidenceError
from hashing.note import SignedNote
from hashing.tiles import TILE_WIDTH

CHECKPOINTS: Final = "checkpoints"
TIMESTAMPS: Final = "timestamps"
RESPONSE: Final = ".tsr"

_SIZE = re.compile(r"[1-9][0-9]{0,18}", re.ASCII).fullmatch
_AUTHORITY = re.compile(r"[a-z0-9][a-z0-9._-]{0,63}", re.ASCII).fullmatch
_ANCHORING_ACTS = (b'"act":"stamp"', b'"act":"witness"')


@dataclass(frozen=True, slots=True)
class Anchor:
    """A checkpoint of the log's past.

    Attributes:
        size: Its number of entries.
        note: As it was signed, with the cosignatures collected so far.
        tokens: The authorities that stamped it, in alphabetical order.
    """

    size: int
    note: bytes
    tokens: tuple[str, ...]

    @property
    def is_cosigned(self) -> bool:
        """Whether it carries signature lines of anyone but the log."""
        signed = SignedNote.parse(self.note)
        origin = Checkpoint.parse(signed.text).origin
        return any(line.name != origin for line in signed.signatures)


class StoredAnchors:
    """The anchors in a log's folder.

    Args:
        log: The ``log`` folder.
        size: The size of the checkpoint that everything is proven against.
    """

    def __init__(self, log: Path, size: int) -> None:
        self._log = log
        stored = (int(name) for name in _names(log / CHECKPOINTS) if _SIZE(name))
        self._sizes = sorted(each for each in stored if each <= size)
        self._authorities = {name for each in self._sizes for name in self._tokens_of(each)}

    def chosen(self, seqs: Collection[int]) -> list[Anchor]:
        """The anchors that belong into a package, by size.

        Args:
            seqs: For each recording the number of the entry that made it.
        """
        sizes = {anchor.size: anchor for anchor in self._firsts(self._sizes[::-1])}
        for seq in sorted(set(seqs)):
            covering = [each for each in self._sizes if each > seq]
            sizes |= {anchor.size: anchor for anchor in self._firsts(covering)}
        return [sizes[size] for size in sorted(sizes)]

    def all(self) -> Iterator[Anchor]:
        """Every anchor, by size."""
        for size in self._sizes:
            if (anchor := self._read(size)) is not None:
                yield anchor

    def token(self, size: int, authority: str) -> bytes:
        """A response as it was received.

        Raises:
            StorageError: It cannot be read.
        """
        path = self._log / TIMESTAMPS / str(size) / f"{authority}{RESPONSE}"
        with storage_errors(f"cannot read {path}"):
            return path.read_bytes()

    def _firsts(self, sizes: Sequence[int]) -> Iterator[Anchor]:
        """In this order, the first of each authority and the first that is cosigned."""
        seen: set[str] = set()
        cosigned = False
        for size in sizes:
            if cosigned and seen >= self._authorities:
                return
            anchor = self._read(size)
            if anchor is None:
                continue
            new = set(anchor.tokens) - seen
            first_cosigned = anchor.is_cosigned and not cosigned
            if new or first_cosigned:
                yield anchor
            seen |= new
            cosigned = cosigned or first_cosigned

    def _tokens_of(self, size: int) -> tuple[str, ...]:
        names = _names(self._log / TIMESTAMPS / str(size))
        stems = (name.removesuffix(RESPONSE) for name in names if name.endswith(RESPONSE))
        return tuple(sorted(stem for stem in stems if _AUTHORITY(stem)))

    def _read(self, size: int) -> Anchor | None:
        """The anchor of this size, if its checkpoint is one."""
        path = self._log / CHECKPOINTS / str(size)
        try:
            with storage_errors(f"cannot read {path}"):
                note = path.read_bytes()
            if Checkpoint.parse(SignedNote.parse(note).text).size != size:
                return None
        except EvidenceError:
            return None
        return Anchor(size, note, self._tokens_of(size))


def entries_of(
    files: LogFiles, anchors: Sequence[Anchor], tokens: Collection[bytes], size: int
) -> list[Entry]:
    """The ``stamp`` and ``witness`` entries of some anchors, in the order of the log.

    They stand somewhere behind the checkpoint they speak of, so the log is looked through from
    there on; entries that are no such thing are passed over undecoded.

    Args:
        files: The log.
        anchors: The anchors.
        tokens: Their responses.
        size: Where the log ends.
    """
    if not anchors:
        return []
    sizes = {anchor.size for anchor in anchors}
    wanted = {hashlib.sha256(token).hexdigest() for token in tokens}
    found: list[Entry] = []
    for index in range(min(sizes) // TILE_WIDTH, -(-size // TILE_WIDTH)):
        for raw in files.raw_bundle(index, size):
            if any(act in raw for act in _ANCHORING_ACTS):
                entry = parse(raw)
                if _speaks_of(entry, sizes, wanted):
                    found.append(entry)
    return found


def _speaks_of(entry: Entry, sizes: Collection[int], tokens: Collection[str]) -> bool:
    if entry.fields.get("size") not in sizes:
        return False
    if entry.act == Act.STAMP:
        return entry.fields.get("token_sha256") in tokens
    return entry.act == Act.WITNESS


def _names(folder: Path) -> list[str]:
    with storage_errors(f"cannot list {folder}"):
        try:
            return os.listdir(folder)
        except FileNotFoundError:
            return []
