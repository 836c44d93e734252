"""Five ways to tamper with an archive, each done to a copy, and what verification calls them."""

import os
import shutil
import sqlite3
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from archive.layout import Layout
from archive.log.reader import LogFiles
from archive.verify.archive import ArchiveVerdict, Progress, Question, verify_archive
from hashing.errors import Bilingual
from hashing.note import VerifierKey
from hashing.tiles import TILE_WIDTH, encode_bundle, entries_path


@dataclass(frozen=True, slots=True)
class Tampering:
    """One way to tamper.

    Attributes:
        words: What is done.
        expected: The code of the finding that must come.
        do: Does it to an archive.
    """

    words: Bilingual
    expected: str
    do: Callable[[Path], None]


def _object_byte(root: Path) -> None:
    """Flip the lowest bit of one byte in the middle of the largest object."""
    objects = [p for p in Layout(root).objects.rglob("*") if p.is_file()]
    largest = max(objects, key=lambda path: path.stat().st_size)
    os.chmod(largest, 0o600)
    with largest.open("r+b") as file:
        file.seek(largest.stat().st_size // 2)
        byte = file.read(1)[0]
        file.seek(-1, os.SEEK_CUR)
        file.write(bytes([byte ^ 1]))


def _rewrite_entries(root: Path, change: Callable[[list[bytes]], None]) -> None:
    """Change the entries of the first bundle in place, the checkpoint left as it is."""
    files = LogFiles(Layout(root).log)
    size = files.head().size
    entries = files.raw_bundle(0, size)
    change(entries)
    path = files.directory / entries_path(0, min(size, TILE_WIDTH))
    path.write_bytes(encode_bundle(entries))


def _entry_edit(root: Path) -> None:
    def change(entries: list[bytes]) -> None:
        at = next(i for i, raw in enumerate(entries) if b'"act":"ingest"' in raw)
        entries[at] = entries[at].replace(b'"complete":true', b'"complete":null', 1)

    _rewrite_entries(root, change)


def _entry_removed(root: Path) -> None:
    def change(entries: list[bytes]) -> None:
        del entries[len(entries) // 2]

    _rewrite_entries(root, change)


def _reorder(root: Path) -> None:
    def change(entries: list[bytes]) -> None:
        middle = len(entries) // 2
        entries[middle], entries[middle + 1] = entries[middle + 1], entries[middle]

    _rewrite_entries(root, change)


def _catalog_edit(root: Path) -> None:
    with closing(sqlite3.connect(Layout(root).catalog)) as database, database:
        database.execute(
            "UPDATE recordings SET officer = '999999' WHERE id = (SELECT min(id) FROM recordings)"
        )


TAMPERINGS = (
    Tampering(
        Bilingual(zh="改动原件中的一个比特", en="one bit of an original is changed"),
        "DIGEST_MISMATCH",
        _object_byte,
    ),
    Tampering(
        Bilingual(zh="改写日志中的一条记录", en="an entry of the log is edited"),
        "LOG_INCONSISTENT",
        _entry_edit,
    ),
    Tampering(
        Bilingual(zh="删除日志中的一条记录", en="an entry of the log is removed"),
        "LOG_INCONSISTENT",
        _entry_removed,
    ),
    Tampering(
        Bilingual(zh="调换两条记录的次序", en="two entries change places"),
        "LOG_INCONSISTENT",
        _reorder,
    ),
    Tampering(
        Bilingual(zh="在目录数据库中改掉警员编号", en="an officer is changed in the catalog"),
        "CATALOG_DIFFERS",
        _catalog_edit,
    ),
)


def tamper_and_verify(
    root: Path, scratch: Path, tampering: Tampering, key: VerifierKey
) -> ArchiveVerdict:
    """Copy an archive, tamper with the copy, and verify the copy.

    Args:
        root: The archive; left as it is.
        scratch: Where the copy lives for the time being.
        tampering: What to do.
        key: The pinned key.
    """
    shutil.copytree(root, scratch)
    try:
        tampering.do(scratch)
        return verify_archive(scratch, Question(key=key, deep=True), Progress())
    finally:
        shutil.rmtree(scratch)
