"""One object into one further store: put, read back there, and only then logged.

A copy that turns out to be damaged is set aside in its store, an alarm is logged, the log takes
back that the store has it, and the object is put again.
"""

from typing import Final

from archive.catalog.catalog import Catalog
from archive.log.writer import STATION_ACTOR, Draft, LogWriter
from archive.replication.reader import ObjectReader
from archive.stores.interface import FurtherStore, ObjectMissing
from hashing.digest import Digest, ObjectDigests
from hashing.entry import Act

COPY_DAMAGED: Final = "copy_damaged"
COPY_MISSING: Final = "copy_missing"


class Replicator:
    """Copies objects to one further store. Threads may share it, each with an object of its own.

    Args:
        reader: Where objects are read.
        store: Where they go.
        log: Where it is said.
        catalog: What is known of objects and their copies.
    """

    def __init__(
        self, reader: ObjectReader, store: FurtherStore, log: LogWriter, catalog: Catalog
    ) -> None:
        self._reader = reader
        self._store = store
        self._log = log
        self._catalog = catalog

    def copy(self, sha256: str) -> bool:
        """See to it that the store has an intact copy, and that the log says so.

        Returns:
            Whether there was anything to do.

        Raises:
            ObjectMissing: The log names no such object, or no store has it.
            ReadBackMismatch: What is read is not what the log says, here or there.
            StorageError: The store is away or refuses; nothing half-written is visible.
        """
        digests = object_digests(self._catalog, sha256)
        store = self._store.card().store
        logged = holds(self._catalog, sha256, store)
        new = self._put(digests)
        if not new:
            if logged:
                return False
            if not self.is_intact(digests):
                self._put(digests)
        self._log.append(Act.REPLICATE, replicate_body(digests, store, "copy"), STATION_ACTOR)
        return True

    def is_intact(self, digests: ObjectDigests) -> bool:
        """Read the store's copy whole; the log takes back one that is damaged or not there.

        Raises:
            StorageError: The store is away.
        """
        algorithms = [digests.sm3.algorithm] if digests.sm3 is not None else []
        try:
            found = self._store.scrub(digests.sha256, algorithms)
        except ObjectMissing:
            found = None
        if found == digests:
            return True
        store = self._store.card().store
        drafts = [_alarm(digests.sha256, store, missing=found is None)]
        if holds(self._catalog, digests.sha256.hex, store):
            body = replicate_body(digests, store, "evict")
            drafts.append(Draft(Act.REPLICATE, body, STATION_ACTOR))
        self._log.submit(drafts).result()
        if found is not None:
            self._store.set_aside(digests.sha256)
        return False

    def _put(self, digests: ObjectDigests) -> bool:
        with self._reader.open_object(digests.sha256) as source:
            return self._store.put(source, digests)


def object_digests(catalog: Catalog, sha256: str) -> ObjectDigests:
    """What the log says of an object.

    Raises:
        ObjectMissing: The log names no such object.
    """
    row = catalog.object(sha256)
    if row is None:
        raise ObjectMissing(f"the log names no object {sha256}")
    sm3 = Digest.sm3(row.sm3) if row.sm3 is not None else None
    return ObjectDigests(Digest.sha256(row.sha256), sm3, row.size_bytes)


def holds(catalog: Catalog, sha256: str, store: str) -> bool:
    """Whether the log's last word is that the store has a copy."""
    return any(each.present for each in catalog.replicas(sha256) if each.store == store)


def replicate_body(digests: ObjectDigests, store: str, operation: str) -> dict[str, object]:
    """The body of a ``replicate`` entry: a copy was made, or was let go."""
    return {"object": digests.as_body(), "store": store, "operation": operation}


def _alarm(digest: Digest, store: str, *, missing: bool) -> Draft:
    alarm, what = (COPY_MISSING, "is not there") if missing else (COPY_DAMAGED, "has other bytes")
    detail = f"the copy of {digest} in store {store} {what}"
    return Draft(Act.ALARM, {"alarm": alarm, "subject": store, "detail": detail}, STATION_ACTOR)
