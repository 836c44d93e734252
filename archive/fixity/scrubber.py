"""Reads a store's objects again, a stretch at a time, and logs what it found.

* Which objects a store should hold is what the catalog says: one that is gone counts as a
  failure like one whose bytes are others.
* Of the landing store the disk is asked, not the page cache.
* A stretch ends after a while, at the end of the pass, when asked to stop, and when it has found
  as many failures as one entry should hold. Its ``fixity`` entry covers whole objects only.
* A failure raises an alarm. Nothing is repaired or removed here.
"""

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final, Protocol

from archive.catalog.answers import Answers
from archive.catalog.rows import HIGHEST, LOWEST
from archive.clock import now_us
from archive.errors import StorageError, StoreUnavailable
from archive.fixity.pace import Interrupted, Pace
from archive.log.writer import STATION_ACTOR, Draft, LogWriter
from archive.stores.interface import FurtherStore, ObjectMissing
from archive.stores.landing import LANDING, LandingStore
from hashing.digest import Algorithm, Digest
from hashing.entry import Act, format_time

STRETCH_S: Final = 3600.0
MAX_FAILURES: Final = 500
SCOPE: Final = "scheduled"


class Readings(Protocol):
    """A store as it is scrubbed."""

    @property
    def store(self) -> str:
        """Its id in ``replicate`` and ``fixity`` entries."""

    @property
    def first_home(self) -> bool:
        """Whether every object is there until the log says that it was let go."""

    def reread(self, digest: Digest, pace: Pace) -> Digest:
        """The SHA-256 of an object's bytes as the store gives them now.

        Raises:
            ObjectMissing: There is none.
            StorageError: It cannot be read.
        """


class LandingReadings:
    """The landing store, read past the page cache."""

    store = LANDING
    first_home = True

    def __init__(self, landing: LandingStore) -> None:
        self._landing = landing

    def reread(self, digest: Digest, pace: Pace) -> Digest:
        """The SHA-256 of an object's bytes as the disk gives them."""
        return self._landing.reread(digest, pace)


class FurtherReadings:
    """A further store; it hashes by itself, so the rate holds from object to object."""

    first_home = False

    def __init__(self, further: FurtherStore, store: str) -> None:
        self.store = store
        self._further = further

    def reread(self, digest: Digest, pace: Pace) -> Digest:
        """The SHA-256 of an object's bytes as the store's worker reads them."""
        found = self._further.scrub(digest, (Algorithm.SHA256,))
        pace(found.size_bytes)
        return found.sha256


@dataclass(slots=True)
class Stretched:
    """What a stretch read.

    Attributes:
        after: The digest before its first.
        through: The last digest that was read, at the pass's end the highest there is.
        objects: How many objects were read or found missing.
        size_bytes: Their bytes, as the catalog knows them.
        failures: Digests of those that were missing, unreadable or not themselves.
    """

    after: str
    through: str
    objects: int = 0
    size_bytes: int = 0
    failures: list[str] = field(default_factory=list)

    @property
    def ends_pass(self) -> bool:
        """Whether nothing of the pass is left."""
        return self.through == HIGHEST


class Scrubber:
    """Scrubs one store. Used by one thread at a time.

    Args:
        readings: The store.
        log: Where ``fixity`` entries and alarms go.
        catalog: Knows what the store should hold, and where the last stretch ended.
        pace: Bounds the rate.
        stretch_s: How long a stretch may take, in seconds.
        clock: Seconds that only go forward.
    """

    def __init__(
        self,
        readings: Readings,
        log: LogWriter,
        catalog: Answers,
        pace: Pace,
        *,
        stretch_s: float = STRETCH_S,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._readings = readings
        self._log = log
        self._catalog = catalog
        self._pace = pace
        self._stretch_s = stretch_s
        self._clock = clock

    def is_due(self, every_us: int, at_us: int) -> bool:
        """Whether a pass is under way, or the last one began long enough ago.

        Args:
            every_us: How often a pass begins, in microseconds.
            at_us: Now, in microseconds since 1970.
        """
        last = self._catalog.last_fixity(self._readings.store)
        if last is None or last.through != HIGHEST:
            return True
        began_us = self._catalog.pass_began_us(self._readings.store)
        return began_us is None or began_us + every_us <= at_us

    def stretch(self) -> Stretched | None:
        """Read on from where the last stretch ended; None where nothing was read.

        Raises:
            StoreUnavailable: A further store is away; what was read until then is logged.
            EvidenceError: The log or the catalog fails.
        """
        last = self._catalog.last_fixity(self._readings.store)
        after = LOWEST if last is None or last.through == HIGHEST else last.through
        read, began = Stretched(after, after), format_time(now_us())
        try:
            self._read(read)
        finally:
            if read.through != after:
                self._tell(read, began)
        return read if read.through != after else None

    def _read(self, read: Stretched) -> None:
        until_s = self._clock() + self._stretch_s
        store, first_home = self._readings.store, self._readings.first_home
        for held in self._catalog.held_objects(store, read.after, first_home=first_home):
            if self._clock() >= until_s or len(read.failures) >= MAX_FAILURES:
                return
            try:
                intact = self._is_intact(Digest.sha256(held.sha256))
            except Interrupted:
                return
            read.through = held.sha256
            read.objects += 1
            read.size_bytes += held.size_bytes
            if not intact:
                read.failures.append(held.sha256)
        read.through = HIGHEST

    def _is_intact(self, digest: Digest) -> bool:
        try:
            return self._readings.reread(digest, self._pace) == digest
        except StoreUnavailable:
            raise
        except (ObjectMissing, StorageError):
            return False

    def _tell(self, read: Stretched, began: str) -> None:
        body = {
            "scope": SCOPE,
            "store": self._readings.store,
            "began": began,
            "after": read.after,
            "through": read.through,
            "objects": read.objects,
            "bytes": read.size_bytes,
            "failures": read.failures,
        }
        drafts = [Draft(Act.FIXITY, body, STATION_ACTOR)]
        if read.failures:
            detail = f"{len(read.failures)} objects are missing or not themselves"
            alarm = {"alarm": "object_damaged", "subject": self._readings.store}
            drafts.append(
                Draft(Act.ALARM, alarm | {"detail": f"{detail}: {read.failures[0]}"}, STATION_ACTOR)
            )
        self._log.submit(drafts).result()
