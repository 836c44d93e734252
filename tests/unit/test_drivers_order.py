"""The order in which a recorder's files are taken."""

from drivers.order import plan
from drivers.recorder import ParsedName, RecorderFile

MARKED = ParsedName("zfy", "video", important=True)
PLAIN = ParsedName("zfy", "video")


def file(name: str, size_bytes: int = 100, mtime_us: int = 0) -> RecorderFile:
    return RecorderFile(name.encode(), size_bytes, mtime_us)


def test_new_then_important_then_short_then_old() -> None:
    known = file("known", 1)
    known_important = file("known important", 1)
    important = file("important", 1 << 30)
    short = file("short", 1 << 10, mtime_us=9)
    long_old = file("long old", (1 << 20) + 5, mtime_us=1)
    long_young = file("long young", 1 << 20, mtime_us=2)
    order = plan(
        [known, long_young, known_important, long_old, important, short],
        {b"important": MARKED, b"known important": MARKED, b"short": PLAIN, b"long old": None},
        lambda item: item.path.startswith(b"known"),
    )
    assert order == (important, short, long_old, long_young, known_important, known)
