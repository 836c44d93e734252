"""The objects against the log: is each there, of its size, and of its digests.

Objects are read by several threads while the log is still being walked, each digest once;
memory does not grow with their number, except for the digests' names in a deep run.
"""

import os
from collections.abc import Callable, Iterable
from concurrent.futures import Future, ThreadPoolExecutor
from threading import BoundedSemaphore

from archive.errors import StorageError
from archive.stores.interface import ObjectMissing
from archive.stores.landing import LandingStore
from archive.verify.findings import UnloggedObject
from archive.verify.journal import Journal
from archive.verify.meanwhile import Meanwhile, evicted_by
from hashing.digest import Algorithm, Digest, ObjectDigests
from hashing.entry import Act, Entry
from hashing.errors import DigestMismatch, EvidenceError, MissingFile
from hashing.findings import FindingList, Severity

CHECK_PRESENT = 11
CHECK_DIGESTS = 12
CHECK_UNLOGGED = 13

QUEUED_PER_READER = 64


class ObjectChecks:
    """Checks 11 to 13.

    Args:
        landing: The store.
        findings: Where findings go.
        algorithms: Digests to compare, or None to look at presence and size only.
        progress: Told of the bytes read, from several threads.
        expected: The objects that must be there, by SHA-256 in hexadecimal; None: all.
        journal: Objects that earlier runs of a deep verification found intact, where it goes on
            with one; it is told of those that this run finds intact.
    """

    def __init__(
        self,
        landing: LandingStore,
        findings: FindingList,
        algorithms: Iterable[Algorithm] | None,
        progress: Callable[[int], None],
        expected: frozenset[str] | None = None,
        journal: Journal | None = None,
    ) -> None:
        self._landing = landing
        self._findings = findings
        self._algorithms = None if algorithms is None else tuple(algorithms)
        self._progress = progress
        self._expected = expected
        self._journal = journal
        self._passed_over = 0
        readers = os.cpu_count() or 1
        self._pool = ThreadPoolExecutor(readers, thread_name_prefix="verify")
        self._room = BoundedSemaphore(readers * QUEUED_PER_READER)
        # Readers only append here, which needs no lock; findings are made by one thread.
        self._wrong: list[tuple[type[EvidenceError], int, str, str]] = []
        self._missing: dict[str, str] = {}
        self._evicted: set[str] = set()
        self._logged: set[bytes] = set()
        self.objects = 0
        self.size_bytes = 0

    def on_entry(self, entry: Entry) -> None:
        """See an entry of the log pass by."""
        if entry.act == Act.REPLICATE:
            self._evicted |= evicted_by(entry)
        elif entry.act == Act.INGEST:
            try:
                digests = ObjectDigests.from_body(entry.fields["object"])
            except (EvidenceError, KeyError, TypeError, AttributeError):
                return  # check 10 says so
            if self._algorithms is not None:
                self._logged.add(bytes.fromhex(digests.sha256.hex))
            if self._expected is None or digests.sha256.hex in self._expected:
                self._check(entry.seq, digests)

    def _check(self, seq: int, digests: ObjectDigests) -> None:
        self.objects += 1
        self.size_bytes += digests.size_bytes
        stored = self._landing.stat(digests.sha256)
        if stored is None:
            self._missing[digests.sha256.hex] = f"entry {seq} names it, the store has it not"
        elif stored.size_bytes != digests.size_bytes:
            detail = f"is {stored.size_bytes} bytes, entry {seq} says {digests.size_bytes}"
            self._wrong.append((DigestMismatch, CHECK_DIGESTS, _name(digests.sha256), detail))
        elif self._journal is not None and self._journal.knows(digests.sha256):
            self._passed_over += 1
            self._progress(digests.size_bytes)
        elif self._algorithms is not None:
            self._room.acquire()
            self._pool.submit(self._read, seq, digests).add_done_callback(self._read_done)

    def _read_done(self, _: Future[None]) -> None:
        self._room.release()

    def _read(self, seq: int, digests: ObjectDigests) -> None:
        assert self._algorithms is not None
        try:
            found = self._landing.scrub(digests.sha256, self._algorithms)
        except ObjectMissing as error:
            self._wrong.append((MissingFile, CHECK_PRESENT, _name(digests.sha256), error.detail))
            return
        except StorageError as error:
            name = _name(digests.sha256)
            self._wrong.append((DigestMismatch, CHECK_DIGESTS, name, error.detail))
            return
        self._progress(found.size_bytes)
        self._compare(seq, digests, found)

    def _compare(self, seq: int, expected: ObjectDigests, found: ObjectDigests) -> None:
        if found.sha256 != expected.sha256:
            detail = f"has {found.sha256}, entry {seq} says {expected.sha256}"
        elif None not in (expected.sm3, found.sm3) and found.sm3 != expected.sm3:
            detail = f"has {found.sm3}, entry {seq} says {expected.sm3}"
        else:
            if self._journal is not None:
                self._journal.note(found.sha256, found.size_bytes)
            return
        self._wrong.append((DigestMismatch, CHECK_DIGESTS, _name(expected.sha256), detail))

    def finish(self, look: Callable[[], Meanwhile], *, log_is_whole: bool) -> list[str]:
        """Wait for the readers, then say what is missing or should not be there.

        Args:
            look: Tells what a station has done since the log was read.
            log_is_whole: Whether every entry has passed by; if not, an object that none spoke
                of may be one that a damaged entry spoke of.

        Returns:
            What was not checked.
        """
        self._pool.shutdown(wait=True)
        not_checked = []
        unlogged: list[str] = []
        if self._algorithms is not None and log_is_whole:
            unlogged = self._unlogged()
        elif self._algorithms is not None:
            not_checked.append("objects that no entry speaks of: entries themselves are in doubt")
        meanwhile = look() if unlogged or self._missing else Meanwhile()
        self._evicted |= meanwhile.evicted
        for wrong in sorted(self._wrong, key=lambda each: each[1:]):
            self._findings.add(*wrong)
        for hex_digest, detail in sorted(self._missing.items()):
            if hex_digest not in self._evicted:
                name = _name(Digest.sha256(hex_digest))
                self._findings.add(MissingFile, CHECK_PRESENT, name, detail)
        for hex_digest in sorted(set(unlogged) - meanwhile.taken_in):
            name, detail = _name(Digest.sha256(hex_digest)), "no entry speaks of it"
            self._findings.add(UnloggedObject, CHECK_UNLOGGED, name, detail, Severity.WARNING)
        if self._journal is not None:
            not_checked += self._told_by(self._journal)
        away = len(self._evicted & self._missing.keys())
        if away:
            not_checked.append(f"{away} objects that lie in further stores only")
        return not_checked

    def _told_by(self, journal: Journal) -> list[str]:
        told = []
        if self._passed_over:
            read = f"{self._passed_over} objects again that were read since {journal.since}"
            told.append(f"{read}, as the journal of this verification says")
        if journal.trouble is not None:
            told.append(f"nothing is left out, but the journal ends early: {journal.trouble}")
        return told

    def _unlogged(self) -> list[str]:
        listed = (stored.digest.hex for stored in self._landing.list_objects())
        return [digest for digest in listed if bytes.fromhex(digest) not in self._logged]


def _name(digest: Digest) -> str:
    return f"objects/{digest.hex[:2]}/{digest.hex}"
