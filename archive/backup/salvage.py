"""What can still be read of a log that is lost: entries one by one, as they are found.

Nothing here is vouched for: the chain may be broken, bundles may be missing, entries may have
been changed. Whoever uses them checks what can be checked, and says where they are from.
"""

import contextlib
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from archive.durable import storage_errors
from archive.log.reader import LogFiles
from hashing.entry import Entry, parse
from hashing.errors import IntegrityError
from hashing.tiles import TILE_WIDTH, MalformedBundle, decode_bundle, entries_path

MOST_MISSING: Final = 64
"""After so many missing bundles in a row there are taken to be no more."""


def salvage(log: Path) -> Iterator[Entry]:
    """Every entry that can be read, in the order they stand.

    Args:
        log: The log's folder.

    Raises:
        StorageError: The disk does not give a file that is there.
    """
    files = LogFiles(log)
    missing = index = 0
    while missing < MOST_MISSING:
        data = files.bundle(index, TILE_WIDTH) or _widest_partial(log, index)
        missing = 0 if data is not None else missing + 1
        for raw in _entries(data or b""):
            with contextlib.suppress(IntegrityError):
                yield parse(raw)
        index += 1


def _widest_partial(log: Path, index: int) -> bytes | None:
    folder = (log / entries_path(index, 1)).parent
    with storage_errors(f"cannot list {folder}"):
        if not folder.is_dir():
            return None
        widths = [int(path.name) for path in folder.iterdir() if path.name.isdigit()]
    return LogFiles(log).bundle(index, max(widths)) if widths else None


def _entries(data: bytes) -> list[bytes]:
    try:
        return decode_bundle(data)
    except MalformedBundle as error:
        return list(error.entries)
