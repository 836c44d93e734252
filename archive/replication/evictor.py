"""The landing copy of an object is let go, where policy says so and others hold it.

Nothing is let go for lack of room, or because something is absent: only for what the log says
of every required store, and only after each of these copies was read whole just before. The
``evict`` entry is durable before the bytes go; a crash in between leaves bytes that the log has
let go, and the next turn removes them in the same way.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from archive.catalog.catalog import Catalog
from archive.errors import PolicyError
from archive.log.writer import STATION_ACTOR, LogWriter
from archive.replication.reader import ObjectReader
from archive.replication.replicator import Replicator, holds, object_digests, replicate_body
from archive.stores.interface import FurtherStore, Removal, RemovalGround
from archive.stores.landing import LANDING, LandingStore
from hashing.digest import Digest
from hashing.entry import Act


@dataclass(frozen=True, slots=True)
class EvictionPolicy:
    """When the landing copy may go. There is no default: without a policy nothing goes.

    Attributes:
        keep_us: How long each required copy must have stood in the log, microseconds.
    """

    keep_us: int


class Evictor:
    """Lets landing copies go. One thread at a time.

    Args:
        landing: The landing store.
        required: The stores that must hold a copy; at least one.
        log: Where it is said.
        catalog: What is known of copies.
        policy: When.

    Raises:
        PolicyError: No store is required.
    """

    def __init__(
        self,
        landing: LandingStore,
        required: Sequence[FurtherStore],
        log: LogWriter,
        catalog: Catalog,
        policy: EvictionPolicy,
    ) -> None:
        if not required:
            raise PolicyError("a landing copy is only let go where another store is required")
        self._landing = landing
        self._required = tuple(required)
        self._log = log
        self._catalog = catalog
        self._policy = policy

    def due(self, now_us: int) -> Iterator[str]:
        """The objects of the landing store that may go now, by digest.

        Raises:
            StoreUnavailable: A required store cannot be asked who it is.
        """
        stores = {store.card().store for store in self._required}
        before_us = now_us - self._policy.keep_us
        for found in self._landing.list_objects():
            replicas = self._catalog.replicas(found.digest.hex)
            held = {r.store for r in replicas if r.present and r.time_us <= before_us}
            if stores <= held:
                yield found.digest.hex

    def evict(self, sha256: str) -> bool:
        """Let one object's landing copy go, if every required store has an intact one.

        Returns:
            Whether it was there and is gone.

        Raises:
            StorageError: A required store is away; nothing has changed.
        """
        digests = object_digests(self._catalog, sha256)
        digest = Digest.sha256(sha256)
        if self._landing.stat(digest) is None:
            return False
        reader = ObjectReader([self._landing])
        for store in self._required:
            keeper = Replicator(reader, store, self._log, self._catalog)
            if not holds(self._catalog, sha256, store.card().store):
                return False
            if not keeper.is_intact(digests):
                return False
        if not self._is_let_go(sha256):
            body = replicate_body(digests, LANDING, "evict")
            self._log.append(Act.REPLICATE, body, STATION_ACTOR)
        return self._landing.destroy(Removal(digest, RemovalGround.EVICTED))

    def _is_let_go(self, sha256: str) -> bool:
        replicas = self._catalog.replicas(sha256)
        return any(each.store == LANDING and not each.present for each in replicas)
