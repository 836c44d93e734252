"""In what order the files of one recorder are taken. Pure.

What may be lost comes first: names never seen before, then what was marked important, then
short recordings, so that many are safe soon if the recorder is taken out, then old ones.
"Short" compares sizes by powers of two: among recordings of about the same length the oldest
goes first. The path breaks what ties remain, so that one card gives one order.

Which recorder goes first, by priority slot or low battery, is decided over all of them, not
here.
"""

from collections.abc import Callable, Iterable, Mapping

from drivers.recorder import ParsedName, RecorderFile


def plan(
    files: Iterable[RecorderFile],
    parsed: Mapping[bytes, ParsedName | None],
    is_known: Callable[[RecorderFile], bool],
) -> tuple[RecorderFile, ...]:
    """The files in the order to take them; every one of them once.

    Args:
        files: What was listed.
        parsed: What each path says; a path that is missing says nothing.
        is_known: Whether a file matches an earlier occurrence on this recorder by path, size
            and time. Asked once for each file.
    """

    def rank(file: RecorderFile) -> tuple[bool, bool, int, int, bytes]:
        name = parsed.get(file.path)
        unimportant = name is None or not name.important
        size_class = file.size_bytes.bit_length()
        return is_known(file), unimportant, size_class, file.mtime_us, file.path

    return tuple(sorted(files, key=rank))
