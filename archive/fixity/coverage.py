"""When every object of a store was last read: from the stretches that ``fixity`` entries name.

Pure. A stretch covers the digests after one and up to another; digests are 64 hexadecimal
characters, which compare like the numbers they spell. The question is answered from the newest
stretches backwards: the first that together leave nothing out are the last whole reading.

Not known here: objects that came in later than the stretch over their digest. Each of them was
read back from the disk when it was taken in.
"""

from collections.abc import Iterable

from archive.catalog.rows import HIGHEST, LOWEST, FixityRow


def whole_since_us(newest_first: Iterable[FixityRow]) -> int | None:
    """The time since which every object was read at least once; None where some never was.

    Args:
        newest_first: Stretches of one store. No more of them are read than are needed.

    Returns:
        Microseconds since 1970: when the oldest of the stretches that it takes began.
    """
    gaps = [(LOWEST, HIGHEST)]
    since_us: int | None = None
    for stretch in newest_first:
        since_us = stretch.began_us if since_us is None else min(since_us, stretch.began_us)
        gaps = [left for gap in gaps for left in _without(gap, stretch)]
        if not gaps:
            return since_us
    return None


def _without(gap: tuple[str, str], stretch: FixityRow) -> list[tuple[str, str]]:
    """What a stretch leaves of a gap."""
    after, through = gap
    parts = [(after, min(through, stretch.after)), (max(after, stretch.through), through)]
    return [(low, high) for low, high in parts if low < high]
