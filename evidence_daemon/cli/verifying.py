"""A verification as it is watched: one bar for the log and the objects."""

import threading

from archive.verify.archive import Progress as Watched
from evidence_daemon.cli.language import say
from evidence_daemon.cli.progress import Progress


def watch(progress: Progress, total_bytes: int | None) -> Watched:
    """One bar: the log's entries, or with a total the objects' bytes and the entries beside."""
    one_at_a_time = threading.Lock()
    log, objects = say(zh="日志", en="log"), say(zh="原件", en="objects")
    read_bytes, note = 0, ""

    def entries(done: int, total: int) -> None:
        nonlocal note
        with one_at_a_time:
            note = f"{log} {done}/{total}"
            if total_bytes is None:
                progress.update(log, done, total)
            else:
                progress.update(objects, read_bytes, total_bytes, note)

    def read(size_bytes: int) -> None:
        nonlocal read_bytes
        with one_at_a_time:
            read_bytes += size_bytes
            progress.update(objects, read_bytes, total_bytes or read_bytes, note)

    return Watched(entries, read)
