"""Objects that the log vouches for and no store has: a recorder that still has them heals it."""

from archive.catalog.catalog import Catalog
from archive.log.writer import STATION_ACTOR, Draft
from archive.stores.landing import LandingStore
from hashing.digest import Digest
from hashing.entry import Act


def is_lost(landing: LandingStore, catalog: Catalog, digest: Digest) -> bool:
    """Whether a known object lies nowhere, although the log never let it go.

    An object that a further store holds, or that the landing store has let go, is not lost.
    """
    return landing.stat(digest) is None and not catalog.replicas(digest.hex)


def restored_alarm(digest: Digest) -> Draft:
    """The alarm that says an object was gone and is there again."""
    body = {
        "alarm": "object_restored",
        "subject": digest.hex,
        "detail": "the store had lost it; a recorder brought the same bytes again",
    }
    return Draft(Act.ALARM, body, STATION_ACTOR)
