"""Objects that nothing vouches for: set aside, never deleted, and said so in the log."""

import os
from collections.abc import Iterator
from pathlib import Path

from archive.catalog.catalog import Catalog
from archive.durable import storage_errors
from archive.errors import StorageError
from archive.log.writer import STATION_ACTOR, LogWriter
from archive.stores.landing import LandingStore
from hashing.digest import Digest
from hashing.entry import Act
from hashing.paths import path_fields


def set_aside(landing: LandingStore, log: LogWriter, digest: Digest) -> None:
    """Move an object into quarantine and log it.

    Args:
        landing: The store that holds it.
        log: Where the entry goes.
        digest: The object's name.
    """
    kept_as = landing.set_aside(digest)
    log_set_aside(log, f"objects/{digest.hex[:2]}/{digest.hex}", kept_as)


def log_set_aside(log: LogWriter, path: str, kept_as: str) -> None:
    """Log what has been moved into quarantine.

    Args:
        log: Where the entry goes.
        path: Where it was found, in the archive.
        kept_as: Its name in quarantine.
    """
    body = {
        "docking": None,
        "recorder": None,
        **path_fields(os.fsencode(path)),
        "reason": "orphan_object",
        "detail": "a file that no entry vouches for",
        "kept_as": kept_as,
    }
    log.append(Act.QUARANTINE, body, STATION_ACTOR)


def is_intact(landing: LandingStore, digest: Digest) -> bool:
    """Whether an object can be read and is what its name says."""
    try:
        return landing.scrub(digest, ()).sha256 == digest
    except StorageError:  # it cannot be read, or is no file
        return False


def unlogged(quarantine: Path, catalog: Catalog) -> list[str]:
    """Names in quarantine that the catalog, which stands at the log's head, does not know."""
    known = {row.kept_as for row in catalog.quarantined()}
    with storage_errors(f"cannot list {quarantine}"):
        return sorted(name for name in os.listdir(quarantine) if name not in known)


def orphans(landing: LandingStore, catalog: Catalog) -> Iterator[Digest]:
    """Objects in the store that the catalog, which stands at the log's head, does not know.

    Both sides come sorted, so that a million objects are compared in one walk.
    """
    known = (row.sha256 for row in catalog.objects())
    expected = next(known, None)
    for stored in landing.list_objects():
        while expected is not None and expected < stored.digest.hex:
            expected = next(known, None)
        if stored.digest.hex != expected:
            yield stored.digest
