"""Objects that nothing vouches for: set aside, never deleted, and said so in the log."""

from collections.abc import Iterator

from archive.catalog.catalog import Catalog
from archive.log.writer import STATION_ACTOR, LogWriter
from archive.stores.landing import LandingStore
from hashing.digest import Digest
from hashing.entry import Act


def set_aside(landing: LandingStore, log: LogWriter, digest: Digest, reason: str) -> None:
    """Move an object into quarantine and log it.

    Args:
        landing: The store that holds it.
        log: Where the entry goes.
        digest: The object's name.
        reason: A stable word for why.
    """
    kept_as = landing.set_aside(digest)
    body = {
        "docking": None,
        "recorder": None,
        "path": f"objects/{digest.hex[:2]}/{digest.hex}",
        "reason": reason,
        "detail": "an object's file that no entry vouches for",
        "kept_as": kept_as,
    }
    log.append(Act.QUARANTINE, body, STATION_ACTOR)


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
