"""The questions a catalog answers, each in a transaction of its own.

Any number of threads may ask, also while entries are applied: an answer, or a page of a long
one, is from one moment.
"""

import contextlib
from collections.abc import Callable, Collection, Iterator
from dataclasses import replace
from typing import Any, Concatenate, ParamSpec, TypeVar

from sqlalchemy import Connection

from archive.catalog.bookkeeping import position
from archive.catalog.opening import Database
from archive.catalog.projection import STAMP
from archive.catalog.questions import (
    PAGE_ROWS,
    anchors,
    custody,
    dockings,
    fixity,
    objects,
    occurrences,
    recordings,
)
from archive.catalog.rows import (
    AnchorRow,
    Counts,
    DockingRow,
    EventRow,
    FindQuery,
    FixityRow,
    HeldObject,
    ObjectRow,
    Occurrence,
    QuarantineRow,
    RecordingRow,
    ReplicaRow,
    WantedCopy,
)
from archive.databases import database_errors
from archive.errors import CatalogDamaged
from hashing.paths import MalformedPath

_P = ParamSpec("_P")
_T = TypeVar("_T")


@contextlib.contextmanager
def reading_errors() -> Iterator[None]:
    """A value that no projection writes is damage, like a page that cannot be read."""
    with database_errors("cannot read the catalog", CatalogDamaged):
        try:
            yield
        except (ValueError, TypeError, MalformedPath) as error:
            raise CatalogDamaged(f"the catalog holds what it never should: {error}") from error


class Answers:
    """What can be asked of a catalog.

    Every question raises ``CatalogDamaged`` where the catalog cannot be read or holds what no
    projection writes, and ``ArchiveBusy`` where too many are asked at once.

    Args:
        database: Where it lies.
    """

    def __init__(self, database: Database) -> None:
        self._database = database

    @property
    def log_size(self) -> int:
        """How many entries of the log have been projected."""
        return self._ask(position).log_size

    @property
    def head(self) -> str | None:
        """The log's root at :attr:`log_size`, in hexadecimal, as it was told."""
        return self._ask(position).head

    def find(self, query: FindQuery) -> Iterator[RecordingRow]:
        """Recordings, by the time they were made and by id, as they are read."""
        left, by_text = query.limit, self._ask(recordings.is_rare, query)
        while left is None or left > 0:
            rows = PAGE_ROWS if left is None else min(left, PAGE_ROWS)
            page = self._ask(recordings.find_page, query, rows, by_text=by_text)
            yield from page
            if len(page) < rows:
                return
            left = None if left is None else left - rows
            query = replace(query, after=(page[-1].recorded_at_us, page[-1].id))

    def recording(self, prefix: str) -> RecordingRow:
        """The recording whose id begins with ``prefix``.

        Raises:
            NoSuchRecording: None does.
            AmbiguousId: Several do.
        """
        return self._ask(recordings.recording, prefix)

    def has_recording(self, recording_id: str) -> bool:
        """Whether a recording with this whole id is known."""
        return self._ask(recordings.has_recording, recording_id)

    def known_recordings(self, ids: Collection[str]) -> set[str]:
        """Those of some whole ids that are recordings; at most a group's worth of them."""
        return self._ask(recordings.known_recordings, ids)

    def custody(self, recording_id: str) -> list[EventRow]:
        """Every entry that concerns a recording, by its whole id, in the order of the log."""
        return self._ask(custody.custody, recording_id)

    def last_settings(self) -> dict[str, Any] | None:
        """The body of the newest ``config`` entry; None without one."""
        return self._ask(custody.last_settings)

    def occurrences(self, recording_id: str) -> list[Occurrence]:
        """Every time a recording was seen, by its whole id, in the order of the log."""
        return self._ask(occurrences.occurrences_of, recording_id)

    def same_occurrences(
        self,
        recorder: str,
        files: Collection[tuple[bytes, int, int]],
        proof: str | None = None,
    ) -> dict[bytes, Occurrence]:
        """For files (path, size, time) that look the same from outside the latest occurrence.

        With ``proof`` (``content`` or ``metadata``), the latest that rests on it.
        """
        return self._ask(occurrences.same_occurrences, recorder, files, proof)

    def has_occurrence(self, docking: str, path: bytes, recording: str) -> bool:
        """Whether the file at this path was taken or sighted as this recording in this docking.

        A file that was only recognised may turn out to be another recording in the same docking.
        """
        return self._ask(occurrences.has_occurrence, docking, path, recording)

    def object(self, sha256: str) -> ObjectRow | None:
        """The object with this digest, in hexadecimal."""
        return self._ask(objects.object_of, sha256)

    def known_objects(self, digests: Collection[str]) -> set[str]:
        """Those of some digests that name an object; at most a group's worth of them."""
        return self._ask(objects.known_objects, digests)

    def objects(self) -> Iterator[ObjectRow]:
        """Every object, by digest."""
        after = ""
        while page := self._ask(objects.objects_page, after, PAGE_ROWS):
            yield from page
            after = page[-1].sha256

    def replicas(self, sha256: str) -> list[ReplicaRow]:
        """What the log last said of an object in each further store."""
        return self._ask(objects.replicas_of, sha256)

    def wanted_copies(self, store: str) -> Iterator[WantedCopy]:
        """Every object that a further store does not hold as far as the log says, by digest."""
        after = ""
        while page := self._ask(objects.wanted_copies_page, store, after, PAGE_ROWS):
            yield from page
            after = page[-1].sha256

    def held_objects(self, store: str, after: str, *, first_home: bool) -> Iterator[HeldObject]:
        """Every object that a store should hold, by digest, those behind ``after``.

        Args:
            store: The store's id in the log.
            after: A digest in hexadecimal.
            first_home: Whether every object is in this store until the log says that it was
                let go; else it is there when the log says that it was copied.
        """
        while page := self._ask(fixity.held_objects_page, store, after, first_home, PAGE_ROWS):
            yield from page
            after = page[-1].sha256

    def fixity(self, store: str) -> Iterator[FixityRow]:
        """Stretches of a store that were read again, newest first."""
        before: int | None = None
        while page := self._ask(fixity.fixity_page, store, before, PAGE_ROWS):
            yield from page
            before = page[-1].seq

    def last_fixity(self, store: str) -> FixityRow | None:
        """The stretch of a store that was read last."""
        return self._ask(fixity.last_fixity, store)

    def pass_began_us(self, store: str) -> int | None:
        """When the newest pass over a store began; None where none did."""
        return self._ask(fixity.pass_began_us, store)

    def quarantined(self, docking: str | None = None) -> list[QuarantineRow]:
        """Files in quarantine, all or those of one docking, in the order of the log."""
        return self._ask(objects.quarantined, docking)

    def docking(self, docking: str) -> DockingRow | None:
        """The docking with this id."""
        return self._ask(dockings.docking_of, docking)

    def dockings(self, recorder: str | None = None, limit: int | None = None) -> list[DockingRow]:
        """Dockings, newest first: all, or those of one recorder."""
        return self._ask(dockings.latest_dockings, recorder, limit)

    def docking_id(self, prefix: str) -> str:
        """The id of the docking that begins with ``prefix``.

        Raises:
            NoReceipt: None does.
            AmbiguousId: Several do.
        """
        return self._ask(dockings.docking_id, prefix)

    def docking_entries(self, docking: str, act: str | None = None) -> list[int]:
        """The numbers of a docking's entries in order, all or those of one act."""
        return self._ask(dockings.docking_entries, docking, act)

    def open_dockings(self) -> list[DockingRow]:
        """Dockings that neither ended nor were found cut off after a crash, oldest first."""
        return self._ask(dockings.open_dockings)

    def last_undocked_us(self) -> int | None:
        """When a docking ended last; None where none ever did."""
        return self._ask(dockings.last_undocked_us)

    def first_anchor(self, seq: int, kind: str = STAMP) -> AnchorRow | None:
        """The first token (or anchor of another kind) over a checkpoint that covers an entry."""
        return self._ask(anchors.first_covering, seq, kind)

    def latest_anchor(self, name: str, kind: str = STAMP) -> AnchorRow | None:
        """The authority's token (or another one's anchor) that covers most."""
        return self._ask(anchors.latest, kind, name)

    def anchored_size(self) -> int:
        """How many entries anybody outside vouches for, from the first on."""
        return self._ask(anchors.anchored_size)

    def counts(self) -> Counts:
        """How much the catalog knows of."""
        return self._ask(objects.counts)

    def _ask(
        self,
        question: Callable[Concatenate[Connection, _P], _T],
        *args: _P.args,
        **kwargs: _P.kwargs,
    ) -> _T:
        with reading_errors(), self._database.reading.begin() as connection:
            return question(connection, *args, **kwargs)
