"""The log, its seals and notes in every further store: the copy that outlives the station.

After a checkpoint the mirror is carried on to it. It only goes forward: a store that holds a
longer log, or another one, knows a history that this archive has lost, and nothing may be
signed before that is settled (:mod:`archive.replication.reconcile`).
"""

import structlog

from archive.replication.extend import Extension, NotABeginning, Progress
from archive.replication.heads import OpenNote, StoredLog, known_head, read_head, root_at
from archive.stores.interface import Documents
from hashing.checkpoint import Checkpoint
from hashing.errors import IntegrityError, RolledBack

_log = structlog.get_logger(__name__)


def mirror_log(
    source: Documents,
    target: Documents,
    open_note: OpenNote,
    *,
    name: str,
    progress: Progress = lambda _done, _all: None,
) -> Checkpoint:
    """Carry the copy of a log on to the log's newest checkpoint. One caller per target.

    A copy whose tiles are damaged, or whose checkpoint nobody can believe, is written anew.

    Args:
        source: The archive's documents; its log may be growing.
        target: Where the copy lies.
        open_note: Believes the log's checkpoints.
        name: What to call the target in errors.
        progress: Told of entries carried over.

    Returns:
        The checkpoint that the target holds now.

    Raises:
        RolledBack: The target knows a longer log or another one; it was left as it is.
        IntegrityError: The source's log does not hold together.
        StorageError: The target is away or refuses; its log is as it was.
    """
    log = StoredLog(source)
    head = read_head(log, open_note)
    old = _believed(target, open_note, name)
    if old is not None and old.size >= head.checkpoint.size:
        if (old.size, old.root) != (head.checkpoint.size, head.checkpoint.root):
            raise _ahead(name, old, head.checkpoint)
        return old
    try:
        Extension(source, head, target, old, progress).run()
    except NotABeginning as error:
        if old is None or root_at(log, old.size) != old.root:
            raise _ahead(name, old, head.checkpoint) from error
        _log.warning("mirror_damaged", store=name, error=error.detail)
        Extension(source, head, target, None, progress).run()
    return head.checkpoint


def _believed(target: Documents, open_note: OpenNote, name: str) -> Checkpoint | None:
    try:
        return known_head(target, open_note)
    except IntegrityError as error:
        _log.warning("mirror_not_believed", store=name, error=error.detail)
        return None


def _ahead(name: str, old: Checkpoint | None, head: Checkpoint) -> RolledBack:
    known = old.size if old is not None else 0
    what = "another log" if known <= head.size else "a longer log"
    return RolledBack(f"{name} knows {what}: {known} entries there, {head.size} here")
