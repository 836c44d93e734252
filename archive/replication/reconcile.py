"""What others know of our log, before anything is signed.

A station whose disk was put back to an earlier state does not notice by itself: its log ends in
a valid checkpoint. Whoever holds a later one knows better. So at every start further stores,
and checkpoints from elsewhere, are asked, and either

* nobody knows more, and the station goes on;
* a store holds a longer log that ours is the beginning of: it is adopted; or
* somebody knows a log that ours cannot become: nothing may be signed (exit code 33).

Not noticed: what only a store that is away knows. The answer names the stores that could not be
asked; the mirror meets them later (:mod:`archive.replication.mirror`) and then stops the station.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final

from archive.errors import NotAnArchive, StorageError
from archive.layout import Layout
from archive.replication.extend import Extension
from archive.replication.heads import OpenNote, StoredLog, known_head, read_head, root_at
from archive.stores.documents import FolderDocuments
from archive.stores.interface import FurtherStore
from hashing.checkpoint import Checkpoint
from hashing.errors import IntegrityError, RolledBack

ELSEWHERE: Final = "a checkpoint kept elsewhere"


@dataclass(slots=True)
class Reconciled:
    """What came of asking.

    Attributes:
        size: Entries in the log now.
        adopted_from: The store whose longer log was adopted.
        adopted: How many entries were adopted.
        not_asked: Stores that could not be asked, and why.
    """

    size: int = 0
    adopted_from: str | None = None
    adopted: int = 0
    not_asked: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class _Knowledge:
    """A checkpoint of our log, and the store that holds the log under it, if one does."""

    name: str
    checkpoint: Checkpoint
    store: FurtherStore | None


def reconcile(
    layout: Layout,
    open_note: OpenNote,
    stores: Sequence[FurtherStore],
    known: Sequence[Checkpoint] = (),
) -> Reconciled:
    """Hold the log against what others know of it, and adopt a longer one.

    To be called by the archive's one writer, before it opens the log.

    Args:
        layout: The archive's paths.
        open_note: Believes the log's checkpoints.
        stores: The further stores.
        known: Checkpoints of this log from elsewhere, their signatures verified.

    Raises:
        RolledBack: Somebody knows a log that ours cannot become. Nothing has changed.
        NotAnArchive: There is no log here.
        IntegrityError: The log's own checkpoint is not validly signed.
    """
    documents = FolderDocuments(layout.root)
    log = StoredLog(documents)
    before = read_head(log, open_note).checkpoint
    answer = Reconciled(before.size)
    knowledge = [
        *(_Knowledge(ELSEWHERE, checkpoint, None) for checkpoint in known),
        *_ask(stores, open_note, answer),
    ]
    knowledge.sort(key=lambda each: each.checkpoint.size, reverse=True)
    ahead = [each for each in knowledge if each.checkpoint.size > before.size]
    if ahead:
        answer.adopted_from = _adopt_one(documents, before, ahead, open_note)
        answer.size = ahead[0].checkpoint.size
        answer.adopted = answer.size - before.size
    for each in knowledge:
        _require_same(log, each)
    return answer


def _ask(
    stores: Sequence[FurtherStore], open_note: OpenNote, answer: Reconciled
) -> list[_Knowledge]:
    found: list[_Knowledge] = []
    for store in stores:
        try:
            checkpoint = known_head(store, open_note)
        except (StorageError, IntegrityError) as error:
            answer.not_asked[store.name] = error.detail
            continue
        if checkpoint is not None:
            found.append(_Knowledge(f"store {store.name}", checkpoint, store))
    return found


def _adopt_one(
    documents: FolderDocuments, before: Checkpoint, ahead: list[_Knowledge], open_note: OpenNote
) -> str:
    """Carry our log on to the longest one known, from whichever store can give it."""
    longest = ahead[0].checkpoint.size
    reasons: list[str] = []
    for each in ahead:
        if each.store is None or each.checkpoint.size < longest:
            continue
        try:
            head = read_head(StoredLog(each.store), open_note)
            Extension(each.store, head, documents, before).run()
        except (StorageError, IntegrityError) as error:
            reasons.append(f"{each.name}: {error.detail}")
        else:
            return each.store.name
    detail = f"{ahead[0].name} knows {longest} entries of this log, here are {before.size}"
    raise RolledBack("; ".join([detail, *reasons]))


def _require_same(log: StoredLog, each: _Knowledge) -> None:
    """A known checkpoint must be a state that our log has passed through."""
    try:
        passed = root_at(log, each.checkpoint.size) == each.checkpoint.root
    except (NotAnArchive, IntegrityError) as error:
        raise RolledBack(f"{each.name} cannot be compared: {error.detail}") from error
    if not passed:
        size = each.checkpoint.size
        raise RolledBack(f"{each.name} knows another log of {size} entries with this origin")
