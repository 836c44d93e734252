"""What a restart does before anything else: finish what was begun, or show that it was not.

* An intent whose object re-hashes clean is completed; its entries say ``recovered: true``.
* An intent without its object is discarded: the recorder still has the file.
* An object that neither entry nor intent speaks of goes to quarantine, with an entry; what lies
  there without one gets it.
* A docking without an end is named, so that its balance is not silently missing.
* Staged files that belong to no intent stay only if a copy can be continued from them.
"""

from dataclasses import dataclass, field

from archive.catalog.catalog import Catalog
from archive.durable import remove, storage_errors, sync_file_system
from archive.ingest.intents import Intended, Intent, fulfil, pending
from archive.ingest.orphans import is_intact, log_set_aside, orphans, set_aside, unlogged
from archive.ingest.stage import can_be_continued
from archive.layout import Layout
from archive.log.writer import STATION_ACTOR, Draft, LogWriter
from archive.stores.landing import LandingStore, ReadyFile
from archive.streams.buffers import BufferPool
from archive.streams.readback import read_back
from hashing.digest import Digest, ObjectDigests
from hashing.entry import Act
from hashing.paths import path_bytes


@dataclass(slots=True)
class Recovered:
    """What recovery did.

    Attributes:
        completed: Entries that an intent promised and that stand in the log now.
        discarded: Promised entries without their bytes.
        quarantined: Objects set aside.
        truncated_dockings: Dockings that never ended.
    """

    completed: int = 0
    discarded: int = 0
    quarantined: int = 0
    truncated_dockings: list[str] = field(default_factory=list)

    def anything(self) -> bool:
        """Whether there was anything to do."""
        return bool(self.completed or self.discarded or self.quarantined or self.truncated_dockings)


class Recovery:
    """Brings an archive to rest after a crash. Runs once, before any worker.

    Args:
        layout: The archive's paths.
        landing: The landing store.
        log: The log.
        catalog: The catalog, at the log's head.
        pool: Buffers.
    """

    def __init__(
        self,
        layout: Layout,
        landing: LandingStore,
        log: LogWriter,
        catalog: Catalog,
        pool: BufferPool,
    ) -> None:
        self._layout = layout
        self._landing = landing
        self._log = log
        self._catalog = catalog
        self._pool = pool
        self._found = Recovered()

    def is_needed(self) -> bool:
        """Whether :meth:`run` would log anything, as far as is seen without a sweep."""
        return any(pending(self._layout.staging)) or bool(self._catalog.open_dockings())

    def run(self, *, sweep: bool) -> Recovered:
        """Recover, and log a ``recover`` entry if there was anything to do.

        Args:
            sweep: Whether to look through the whole store for objects nobody vouches for.
        """
        intents = list(pending(self._layout.staging))
        if intents:
            # Names that the dead process made can be seen; that they are durable, nobody said.
            sync_file_system(self._layout.root)
        for intent in intents:
            self._complete(intent)
        if sweep:
            self._set_orphans_aside()
        self._sweep_staging()
        self._found.truncated_dockings = [row.docking for row in self._catalog.open_dockings()]
        if self._found.anything():
            self._log.append(Act.RECOVER, self._body(), STATION_ACTOR)
        return self._found

    def _set_orphans_aside(self) -> None:
        for name in unlogged(self._layout.quarantine, self._catalog):
            log_set_aside(self._log, f"quarantine/{name}", name)
            self._found.quarantined += 1
        for digest in list(orphans(self._landing, self._catalog)):
            set_aside(self._landing, self._log, digest)
            self._found.quarantined += 1

    def _body(self) -> dict[str, object]:
        found = self._found
        return {
            "completed": found.completed,
            "discarded": found.discarded,
            "quarantined": found.quarantined,
            "truncated_dockings": found.truncated_dockings,
        }

    def _complete(self, intent: Intent) -> None:
        for item in intent.items:
            if not self._is_logged(item):
                self._complete_item(intent, item)
        fulfil(intent)

    def _is_logged(self, item: Intended) -> bool:
        docking, recording = item.body["docking"], item.body["recording"]
        return self._catalog.has_occurrence(docking, path_bytes(item.body), recording)

    def _complete_item(self, intent: Intent, item: Intended) -> None:
        digests = ObjectDigests.from_body(item.body["object"])
        known = self._catalog.object(digests.sha256.hex) is not None
        if not known and not (item.act is Act.INGEST and self._bytes_are_there(item, digests)):
            self._found.discarded += 1
            return
        act, body = self._as_it_stands_now(item, known=known)
        self._log.submit([Draft(act, body, intent.actor)]).result()
        self._found.completed += 1

    def _as_it_stands_now(self, item: Intended, *, known: bool) -> tuple[Act, dict[str, object]]:
        """The promised entry; a sighting where another docking has logged the bytes since."""
        body = {**item.body, "recovered": True}
        if not known:
            return Act.INGEST, body
        body.pop("unreadable", None)
        body.pop("changed", None)
        body["proof"] = "content"
        body["new_recording"] = not self._catalog.has_recording(item.body["recording"])
        return Act.SIGHTING, body

    def _bytes_are_there(self, item: Intended, digests: ObjectDigests) -> bool:
        """Whether the promised object is installed and clean; installs it from staging if not."""
        if self._installed_and_clean(digests.sha256):
            return True
        path = self._layout.staging / item.staged
        if not path.exists() or read_back(path, self._pool) != digests.sha256:
            return False
        self._landing.install([ReadyFile(path, digests)])
        return self._installed_and_clean(digests.sha256)

    def _installed_and_clean(self, digest: Digest) -> bool:
        if self._landing.stat(digest) is None:
            return False
        if is_intact(self._landing, digest):
            return True
        set_aside(self._landing, self._log, digest)
        self._found.quarantined += 1
        return False

    def _sweep_staging(self) -> None:
        """Remove what no later copy can be continued from."""
        with storage_errors("cannot sweep staging"):
            for path in self._layout.staging.iterdir():
                if not can_be_continued(path):
                    remove(path)
