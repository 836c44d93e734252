"""``evd log succeed``: going on after a history is truly lost, as a new log that says so.

The new log has a new key and a new origin; its entry 0 names the last known head of the old one
and the reason. It is made whole beside the old one, with every object that is still what the
old log says (:mod:`archive.backup.carry_over`), and only then put in its place. The old log's
folder is kept as ``log.lost-<n>``, its key as ``log.lost-<n>.key``; nothing is deleted.

A log that verifies, and whose key can sign, is not lost, and is refused.

Not carried over: notes, views, exports, copies in further stores (their folders belong to the
old origin: a further store is registered anew). All of that stays readable in the kept log.

A crash before the new log is whole leaves an unused ``log.making`` that the next try makes
anew; one during the renames is finished by the next try.
"""

import contextlib
import hashlib
import shutil
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Final

from archive.backup.carry_over import CarriedOver, CarryOver
from archive.backup.salvage import salvage
from archive.clock import StationClock
from archive.durable import (
    create_exclusive,
    fsync_directory,
    make_directory,
    remove,
    storage_errors,
)
from archive.errors import KeyUnavailable, NotAnArchive, PolicyError
from archive.keys import KEY_MODE, LOG_KEY, load_log_key
from archive.layout import Layout
from archive.lock import WriterLock
from archive.log.reader import LogFiles
from archive.log.store import LogStore
from archive.log.writer import STATION_ACTOR, Draft, LogWriter
from archive.stores.landing import LandingStore
from archive.streams.buffers import BufferPool
from hashing.checkpoint import Checkpoint
from hashing.entry import Act
from hashing.errors import EvidenceError
from hashing.keyring import first_key_body
from hashing.note import SigningKey, VerifierKey
from hashing.verifier import verify_log

MAKING: Final = "log.making"
NEXT_LOG: Final = "log.next"
NEXT_KEY: Final = "log.next.key"
LOST: Final = "log.lost-"
BATCH_ENTRIES: Final = 200


@dataclass(frozen=True, slots=True)
class Succeeded:
    """What a succession made.

    Attributes:
        key: The new log's verifier key, to be kept elsewhere.
        predecessor: The last known head of the old log.
        kept_as: The folder in which the old log is kept.
        carried: What became of its objects.
    """

    key: VerifierKey
    predecessor: Checkpoint
    kept_as: Path
    carried: CarriedOver


def succeed(
    root: Path,
    keys: Path,
    reason: str,
    *,
    known: Sequence[Checkpoint] = (),
    progress: Callable[[int], None] = lambda _: None,
) -> Succeeded:
    """Go on with a new log.

    Args:
        root: The archive directory.
        keys: The keys directory.
        reason: Why the old log cannot go on, for all time.
        known: Heads of the old log that others know, their signatures verified.
        progress: Called with 1 for each occurrence of an object that was looked at.

    Raises:
        PolicyError: The old log is whole and can go on; nothing has changed.
        NotAnArchive: There is no log, or nobody knows any head of it.
        ArchiveBusy: Another process writes to the archive.
        StorageError: The disk refuses; the old log is as it was, or the next try goes on.
    """
    layout = Layout(root)
    lock = WriterLock(layout.lock)
    try:
        if (root / NEXT_LOG).exists():
            return _finish_interrupted(layout, keys)
        _require_lost(layout, keys, known)
        predecessor = _last_head(layout, known)
        make_directory(layout.log)  # where it is gone, an empty one is kept in its place
        key = _new_key(keys, predecessor.origin)
        carried = _make_log(layout, key, predecessor, reason, progress)
        _rename(root / MAKING, root / NEXT_LOG)
        return Succeeded(key.verifier, predecessor, _put_in_place(layout, keys), carried)
    finally:
        lock.release()


def _require_lost(layout: Layout, keys: Path, known: Sequence[Checkpoint]) -> None:
    if not layout.log.exists():
        return
    try:
        key = load_log_key(keys)
    except KeyUnavailable:
        return
    verdict = verify_log(LogFiles(layout.log), None, known)
    if verdict.ok and verdict.keys and verdict.keys[-1][1] == key.verifier:
        raise PolicyError(
            f"the log {verdict.origin} of {verdict.size} entries is whole and can go on"
        )


def _last_head(layout: Layout, known: Sequence[Checkpoint]) -> Checkpoint:
    """The longest head that anybody knows. The log's own need not be validly signed."""
    heads = list(known)
    try:
        heads.append(LogFiles(layout.log).head())
    except EvidenceError as error:
        if not heads:
            raise NotAnArchive(
                f"the log has no readable checkpoint; give one kept elsewhere: {error.detail}"
            ) from error
    return max(heads, key=lambda head: head.size)


def _new_key(keys: Path, origin: str) -> SigningKey:
    """A new key beside the old one, under the same organisation and station."""
    key = SigningKey.generate_origin(origin.rpartition("/")[0])
    remove(keys / NEXT_KEY)
    create_exclusive(keys / NEXT_KEY, f"{key.encode()}\n".encode(), KEY_MODE)
    return key


def _make_log(
    layout: Layout,
    key: SigningKey,
    predecessor: Checkpoint,
    reason: str,
    progress: Callable[[int], None],
) -> CarriedOver:
    """The new log, whole, in a folder of its own."""
    folder = layout.root / MAKING
    with storage_errors(f"cannot remove {folder}"), contextlib.suppress(FileNotFoundError):
        shutil.rmtree(folder)
    make_directory(folder)
    station = predecessor.origin.rpartition("/")[0].rpartition("/")[2]
    log = LogWriter(LogStore(folder, key), StationClock(station), lambda *_: None)
    try:
        succeeds = {
            "origin": predecessor.origin,
            "size": predecessor.size,
            "root": predecessor.root.hex(),
            "reason": reason,
        }
        log.append(Act.KEY, {**first_key_body(key), "succeeds": succeeds}, STATION_ACTOR)
        landing = LandingStore(layout, BufferPool())
        manifest = _checkpoint_digest(layout)
        carry_over = CarryOver(landing, predecessor.origin, manifest, progress)
        _write(log, carry_over.drafts(salvage(layout.log)))
        return carry_over.made
    finally:
        log.close()


def _write(log: LogWriter, drafts: Iterator[Draft]) -> None:
    while batch := list(islice(drafts, BATCH_ENTRIES)):
        log.submit(batch).result()


def _checkpoint_digest(layout: Layout) -> str | None:
    """SHA-256 of the lost log's newest checkpoint as it lies there, where it can be read."""
    try:
        return hashlib.sha256(LogFiles(layout.log).checkpoint()).hexdigest()
    except EvidenceError:
        return None


def _finish_interrupted(layout: Layout, keys: Path) -> Succeeded:
    """Go on with renames that a crash has cut off; the new log is whole."""
    kept = _put_in_place(layout, keys)
    key = load_log_key(keys).verifier
    fields = next(LogFiles(layout.log).entries(0, 1)).fields["succeeds"]
    root = bytes.fromhex(fields["root"])
    predecessor = Checkpoint(fields["origin"], fields["size"], root)
    return Succeeded(key, predecessor, kept, CarriedOver())


def _put_in_place(layout: Layout, keys: Path) -> Path:
    """Old log and key aside, new key and log in their place; each step may be the last.

    The old log goes first: from then on only this can go on. The new log comes last: where it
    stands, its key does too.
    """
    root = layout.root
    if layout.log.exists():
        kept = root / f"{LOST}{_number(root)}"
        _rename(layout.log, kept)
    else:
        kept = root / f"{LOST}{_number(root) - 1}"
    lost_key = keys / f"{kept.name}.key"
    if (keys / NEXT_KEY).exists():
        if not lost_key.exists():
            _rename(keys / LOG_KEY, lost_key)
        _rename(keys / NEXT_KEY, keys / LOG_KEY)
    _rename(root / NEXT_LOG, layout.log)
    return kept


def _number(root: Path) -> int:
    """The first number under which no lost log is kept."""
    number = 1
    while (root / f"{LOST}{number}").exists():
        number += 1
    return number


def _rename(old: Path, new: Path) -> None:
    """Rename durably; what is not there was renamed before."""
    with storage_errors(f"cannot rename {old}"):
        if old.exists():
            old.rename(new)
    fsync_directory(new.parent)
