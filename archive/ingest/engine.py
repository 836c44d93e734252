"""The engine: a group of arrivals becomes recordings.

A group is one large file or many small ones that share their syncs
(:func:`archive.ingest.policy.groups`). Steps 3 to 8 of the life of a recording happen here, in
that order, and each file ends in exactly one outcome.
"""

from collections.abc import Iterable, Sequence
from contextlib import ExitStack, suppress
from dataclasses import dataclass, field, replace

from archive.catalog.catalog import Catalog
from archive.durable import remove, sync_file_system
from archive.errors import DiskFull, ReadBackMismatch, StorageError
from archive.ingest.arrival import (
    Arrival,
    Docking,
    Outcome,
    Result,
    SourceUnreadable,
    SourceVanished,
)
from archive.ingest.claims import Claims
from archive.ingest.copy import Progress
from archive.ingest.decide import Decision, decide
from archive.ingest.intents import Intent, declare, fulfil
from archive.ingest.lost import is_lost, restored_alarm
from archive.ingest.orphans import is_intact, set_aside
from archive.ingest.policy import IntakePolicy, is_small
from archive.ingest.stage import Staged, Stager, StillChanging, staged_name
from archive.layout import Layout
from archive.log.writer import Draft, LogWriter
from archive.stores.landing import LandingStore, ReadyFile
from archive.streams.buffers import BufferPool
from archive.streams.readback import read_back
from archive.streams.space import free_bytes
from hashing.digest import Digest
from hashing.entry import Act
from hashing.recording import recording_id


@dataclass(slots=True)
class Taken:
    """What became of a group.

    Attributes:
        outcomes: One for every arrival that was reached.
        vanished: Whether the recorder went away; arrivals without an outcome are still on it.
    """

    outcomes: list[Outcome] = field(default_factory=list)
    vanished: bool = False


class Engine:
    """Takes arrivals into the archive. Shared by all workers; a call belongs to one of them.

    Args:
        layout: The archive's paths.
        landing: Where objects go.
        log: Where entries go.
        catalog: What is known already.
        pool: Buffers.
        policy: What configuration says.
    """

    def __init__(
        self,
        layout: Layout,
        landing: LandingStore,
        log: LogWriter,
        catalog: Catalog,
        pool: BufferPool,
        policy: IntakePolicy,
    ) -> None:
        self._layout = layout
        self._landing = landing
        self._log = log
        self._catalog = catalog
        self._pool = pool
        self._policy = policy
        self._stager = Stager(layout.staging, pool, policy)
        self._names = Claims()
        self._digests = Claims()

    def ingest(
        self, docking: Docking, group: Sequence[Arrival], progress: Progress = lambda _: None
    ) -> Taken:
        """Take one group into the archive.

        Raises:
            DiskFull: The archive's disk has no room left for anything; nothing of this group
                is archived.
            StorageError: The disk refused; what was begun is finished at the next start.
        """
        taken = Taken()
        # Two recorders that claim one identity must not write into one staged file.
        names = (staged_name(docking.recorder, arrival) for arrival in group)
        with self._names.holding(names), ExitStack() as unless_intended:
            staged = self._stage(docking, group, progress, taken, unless_intended)
            taken.outcomes += self._archive(docking, staged, unless_intended)
        self._log_failures(docking, taken.outcomes)
        return taken

    def _stage(
        self,
        docking: Docking,
        group: Sequence[Arrival],
        progress: Progress,
        taken: Taken,
        unless_intended: ExitStack,
    ) -> list[Staged]:
        """Step 3; what is staged is removed again unless an intent comes to speak for it."""
        staged: list[Staged] = []
        room = self._room()
        for arrival in group:
            if arrival.size_bytes > room:
                taken.outcomes.append(_failure(arrival, "no_room", "larger than the free space"))
                continue
            try:
                staged.append(self._stager.stage(docking, arrival, progress))
            except SourceUnreadable as error:
                taken.outcomes.append(_failure(arrival, "unreadable", error.detail))
            except StillChanging as error:
                taken.outcomes.append(_failure(arrival, "changing", error.detail))
            except ReadBackMismatch as error:
                taken.outcomes.append(_failure(arrival, "read_back_mismatch", error.detail))
            except SourceVanished:
                taken.vanished = True
                break
            else:
                unless_intended.callback(remove, staged[-1].path)
        return staged

    def _room(self) -> int:
        room = free_bytes(self._layout.root) - self._policy.reserve_bytes
        if room <= 0:
            raise DiskFull(f"less than {self._policy.reserve_bytes} bytes are free")
        return room

    def _archive(
        self, docking: Docking, staged: list[Staged], unless_intended: ExitStack
    ) -> list[Outcome]:
        """Steps 4 to 8 for what is staged."""
        if any(is_small(item.arrival) for item in staged):
            sync_file_system(self._layout.staging)
        proved, outcomes = self._read_back(staged)
        with self._digests.holding(item.copied.digests.sha256.hex for item in proved):
            decisions = self._decide(docking, proved)
            if decisions:
                intended = [decision.intended for decision in decisions]
                intent = declare(self._layout.staging, docking.actor, intended)
                unless_intended.pop_all()
                self._carry_out(intent, decisions)
        return outcomes + [decision.outcome for decision in decisions]

    def _decide(self, docking: Docking, proved: Sequence[Staged]) -> list[Decision]:
        digests = [item.copied.digests.sha256.hex for item in proved]
        recordings = [recording_id(docking.recorder, digest) for digest in digests]
        objects = self._catalog.known_objects(digests)
        decisions = decide(docking, proved, objects, self._catalog.known_recordings(recordings))
        return [
            self._healing(item, decision) if item.copied.digests.sha256.hex in objects else decision
            for item, decision in zip(proved, decisions, strict=True)
        ]

    def _healing(self, item: Staged, decision: Decision) -> Decision:
        """A sighting of bytes that the store has lost puts them back."""
        digests = item.copied.digests
        if not is_lost(self._landing, self._catalog, digests.sha256):
            return decision
        return replace(decision, ready=ReadyFile(item.path, digests))

    def _read_back(self, staged: Iterable[Staged]) -> tuple[list[Staged], list[Outcome]]:
        """Step 4: what the disk gives back, and what it does not."""
        proved: list[Staged] = []
        failed: list[Outcome] = []
        for item in staged:
            wrote = item.copied.digests.sha256
            found = self._on_disk(item)
            if found == wrote:
                proved.append(item)
            else:
                remove(item.path)
                detail = f"wrote {wrote}, read back {found}"
                failed.append(_failure(item.arrival, "read_back_mismatch", detail))
        return proved, failed

    def _on_disk(self, item: Staged) -> Digest:
        """What the disk holds of a staged file, or is taken to hold where policy trusts it."""
        if item.proved or not self._policy.read_back:
            return item.copied.digests.sha256
        return read_back(item.path, self._pool)

    def _carry_out(self, intent: Intent, decisions: Sequence[Decision]) -> None:
        """Steps 6 to 8: objects, log and catalog, intent gone."""
        self._install([d.ready for d in decisions if d.ready is not None])
        drafts = [Draft(i.act, i.body, intent.actor) for i in intent.items]
        drafts += [
            restored_alarm(d.ready.digests.sha256)
            for d in decisions
            if d.ready is not None and d.intended.act is Act.SIGHTING
        ]
        self._log.submit(drafts).result()
        with suppress(StorageError):  # the entries stand; the next start removes what is left
            fulfil(intent)

    def _install(self, ready: Sequence[ReadyFile]) -> None:
        for file, new in zip(ready, self._landing.install(ready), strict=True):
            digest = file.digests.sha256
            if not new and not is_intact(self._landing, digest):
                # Bytes of that name that the log does not know and that are not what it says.
                set_aside(self._landing, self._log, digest)
                self._landing.install([file])

    def _log_failures(self, docking: Docking, outcomes: Iterable[Outcome]) -> None:
        drafts = [
            Draft(Act.QUARANTINE, _quarantine_body(docking, outcome), docking.actor)
            for outcome in outcomes
            if outcome.result is Result.FAILED
        ]
        if drafts:
            self._log.submit(drafts).result()


def _failure(arrival: Arrival, reason: str, detail: str) -> Outcome:
    return Outcome(arrival, Result.FAILED, reason=reason, detail=detail)


def _quarantine_body(docking: Docking, outcome: Outcome) -> dict[str, object]:
    path = {key: value for key, value in outcome.arrival.as_body().items() if "path" in key}
    return {
        "docking": docking.docking,
        "recorder": docking.recorder,
        **path,
        "reason": outcome.reason,
        "detail": outcome.detail,
    }
