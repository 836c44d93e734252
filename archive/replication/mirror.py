"""The log, its seals and notes in every further store: the copy that outlives the station.

After a checkpoint the mirror is carried on to it. It only goes forward: a store that holds a
longer log, or another one, knows a history that this archive has lost, and nothing may be
signed before that is settled (:mod:`archive.replication.reconcile`).
"""

import structlog

from archive.log.reader import LogFiles
from archive.replication.extend import Extension, NotABeginning, Progress
from archive.replication.heads import Head, OpenNote, StoredLog, known_head, read_head, root_at
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
    head = read_head(StoredLog(source), open_note)
    old = _believed(target, open_note, name)
    carry_to(source, head, target, old, name=name, progress=progress)
    return head.checkpoint


def carry_to(
    source: Documents,
    head: Head,
    target: Documents,
    old: Checkpoint | None,
    *,
    name: str,
    progress: Progress,
) -> None:
    """Carry a copy that stands at ``old`` on to ``head``; see :func:`mirror_log`."""
    if old is not None and old.size >= head.checkpoint.size:
        if (old.size, old.root) != (head.checkpoint.size, head.checkpoint.root):
            raise _contradiction(name, old, head.checkpoint)
        return
    try:
        Extension(source, head, target, old, progress).run()
    except NotABeginning as error:
        if old is None:
            raise
        require_beginning(StoredLog(source), head.checkpoint, old, name)
        _log.warning("copy_of_log_damaged", copy=name, error=error.detail)
        Extension(source, head, target, None, progress).run()


def require_beginning(log: LogFiles, head: Checkpoint, old: Checkpoint, name: str) -> None:
    """A copy must be shorter than the log, or the same, and its beginning.

    Raises:
        RolledBack: It is not.
    """
    if old.size > head.size or root_at(log, old.size) != old.root:
        raise _contradiction(name, old, head)


def _believed(target: Documents, open_note: OpenNote, name: str) -> Checkpoint | None:
    try:
        return known_head(target, open_note)
    except IntegrityError as error:
        _log.warning("copy_of_log_not_believed", copy=name, error=error.detail)
        return None


def _contradiction(name: str, old: Checkpoint, head: Checkpoint) -> RolledBack:
    what = "a longer log" if old.size > head.size else "another log"
    return RolledBack(f"{name} knows {what}: {old.size} entries there, {head.size} here")
