"""What every driver must do, as checks that any test can run against any recorder.

The checks stand on the protocol alone. The test says how to open the recorder, what lies on
it, and, where it can, how to look at the card past the driver, so that it can be told whether
anything on it changed.

Numbered as in the failures they raise:

1. it satisfies the protocol, and says what drives it and where it is docked
2. a listing has each name once, sorted by its bytes, and says the same when asked again
3. a listing has exactly the files that lie there, with their sizes
4. what is not a regular file is skipped or unreadable, never listed as a file
5. a file read from its beginning to its end has the bytes that lie there
6. a read at any offset gives the bytes from there, into the caller's buffer only, and nothing
   at or beyond the end
7. a file's state says the size and the time that were listed
8. files can be open side by side
9. a path that leads off the recorder is refused by a typed error
10. closing twice does no harm, and a closed recorder is not present
11. nothing on the card has changed
"""

import hashlib
import os
import stat
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

from drivers.errors import RecorderError
from drivers.recorder import Listing, OpenFile, Recorder, RecorderFile

_CHUNK_BYTES = 1 << 16
_CANARY = 0xA5
_MOST_WEIGHT = 100


@dataclass(frozen=True, slots=True)
class Expected:
    """What must lie under one path.

    Attributes:
        sha256: Of its bytes, in hexadecimal.
        size_bytes: Its size.
    """

    sha256: str
    size_bytes: int


def check_recorder(
    open_recorder: Callable[[], Recorder],
    expected: Mapping[bytes, Expected],
    *,
    skipped: frozenset[bytes] = frozenset(),
    look_at_card: Callable[[], object] | None = None,
) -> None:
    """Run every check.

    Args:
        open_recorder: Docks the recorder; called several times.
        expected: The regular files on it.
        skipped: Everything else on it.
        look_at_card: Tells the card's state past the driver, such as :func:`tree_digest`;
            without it check 11 is left out.

    Raises:
        AssertionError: A check failed; its number and what was found stand in the message.
    """
    before = look_at_card() if look_at_card else None
    recorder = open_recorder()
    _require(1, bool(recorder.driver and recorder.source), "it names no driver or source")
    _require(1, recorder.is_present(), "it is not present")
    weights = [item.weight for item in recorder.evidence()]
    _require(1, all(0 <= weight <= _MOST_WEIGHT for weight in weights), f"weights {weights}")
    listing = recorder.list_files()
    _check_listing(recorder, listing, expected, skipped)
    for file in listing.files:
        _check_file(recorder, file, expected[file.path])
    _check_side_by_side(recorder, listing, expected)
    _check_refusals(recorder)
    _check_closing(recorder)
    again = open_recorder()
    _require(2, again.list_files() == listing, "a second docking lists something else")
    again.close()
    if look_at_card:
        _require(11, look_at_card() == before, "the card is not as it was")


def tree_digest(root: str) -> str:
    """A digest of everything below a folder: names, kinds, modes, times, links and bytes.

    Access times count, and looking leaves none. Only those of symbolic links do not: the
    kernel has no way to read a link without one.

    Raises:
        PermissionError: A node belongs to another user, who alone may read it so.
    """
    digest = hashlib.sha256()
    for path in sorted(_nodes(os.fsencode(root))):
        node = os.lstat(path)
        link = stat.S_ISLNK(node.st_mode)
        accessed_ns = None if link else node.st_atime_ns
        state = (node.st_mode, node.st_size, node.st_mtime_ns, accessed_ns, node.st_ino)
        digest.update(repr((path, state)).encode())
        if stat.S_ISREG(node.st_mode):
            digest.update(_bytes_of(path))
        elif link:
            digest.update(os.readlink(path))
    return digest.hexdigest()


def _check_listing(
    recorder: Recorder,
    listing: Listing,
    expected: Mapping[bytes, Expected],
    skipped: frozenset[bytes],
) -> None:
    kinds = (listing.files, listing.skipped, listing.unreadable)
    for nodes in kinds:
        paths = [node.path for node in nodes]
        _require(2, paths == sorted(set(paths)), "a list is not sorted, or has a name twice")
    every = [node.path for nodes in kinds for node in nodes]
    _require(2, len(every) == len(set(every)), "a name stands in two lists")
    _require(2, len(every) == listing.found, "found is not what was found")
    _require(2, recorder.list_files() == listing, "a second listing says something else")
    sizes = {file.path: file.size_bytes for file in listing.files}
    _require(3, sizes == {path: item.size_bytes for path, item in expected.items()}, f"{sizes}")
    others = {node.path for nodes in kinds[1:] for node in nodes}
    _require(4, others == skipped, f"{sorted(others ^ skipped)}")


def _check_file(recorder: Recorder, file: RecorderFile, expected: Expected) -> None:
    with recorder.open(file) as opened:
        data = b"".join(_pieces(opened, file))
        _require(5, hashlib.sha256(data).hexdigest() == expected.sha256, f"{file.path!r}")
        for offset in _offsets(len(data)):
            _check_read(opened, data, offset, file.path)
        _require(7, opened.restat() == (file.size_bytes, file.mtime_us), f"{file.path!r}")


def _check_read(opened: OpenFile, data: bytes, offset: int, path: bytes) -> None:
    """One read at an offset, with a canary behind the part of the buffer that was offered."""
    buffer = bytearray([_CANARY] * 512)
    got = opened.read_into(memoryview(buffer)[:500], offset)
    wanted = data[offset : offset + 500]
    _require(6, 0 < got <= len(wanted) or got == len(wanted), f"{path!r} at {offset}: {got}")
    _require(6, buffer[:got] == wanted[:got], f"{path!r} at {offset}: other bytes")
    rest = buffer[500:]
    _require(6, rest == bytes([_CANARY] * len(rest)), f"{path!r}: wrote beyond the buffer")


def _check_side_by_side(
    recorder: Recorder, listing: Listing, expected: Mapping[bytes, Expected]
) -> None:
    """The first and the last file, read in turns."""
    if not listing.files:
        return
    first, last = listing.files[0], listing.files[-1]
    with recorder.open(first) as one, recorder.open(last) as other:
        pairs = ((first, hashlib.sha256(), one), (last, hashlib.sha256(), other))
        for offset in range(0, max(first.size_bytes, last.size_bytes), 4096):
            for _, digest, opened in pairs:
                digest.update(_exactly(opened, offset, 4096))
        for file, digest, _ in pairs:
            same = digest.hexdigest() == expected[file.path].sha256
            _require(8, same, f"{file.path!r} reads otherwise beside another")


def _check_refusals(recorder: Recorder) -> None:
    for path in (b"../outside", b"/etc/passwd", b"no such file", b"", b"a\0b"):
        try:
            recorder.open(RecorderFile(path, 0, 0))
        except RecorderError:
            continue
        _require(9, holds=False, detail=f"{path!r} was opened")


def _check_closing(recorder: Recorder) -> None:
    recorder.close()
    recorder.close()
    _require(10, not recorder.is_present(), "it is present after it was closed")


def _pieces(opened: OpenFile, file: RecorderFile) -> Iterator[bytes]:
    """The file's bytes from beginning to end, and no more than it can hold."""
    buffer = bytearray(_CHUNK_BYTES)
    offset = 0
    while got := opened.read_into(memoryview(buffer), offset):
        offset += got
        _require(5, offset <= file.size_bytes, f"{file.path!r} gives more than it holds")
        yield bytes(buffer[:got])


def _exactly(opened: OpenFile, offset: int, length: int) -> bytes:
    """The bytes from an offset, however short the single reads are, up to the end."""
    data = b""
    while len(data) < length:
        buffer = bytearray(length - len(data))
        got = opened.read_into(memoryview(buffer), offset + len(data))
        if got == 0:
            break
        data += buffer[:got]
    return data


def _offsets(size_bytes: int) -> tuple[int, ...]:
    near = {0, 1, size_bytes // 2, size_bytes - 501, size_bytes - 1, size_bytes, size_bytes + 1}
    return (*sorted(offset for offset in near if offset >= 0), 1 << 40)


def _nodes(root: bytes) -> Iterator[bytes]:
    """Every path below a folder and the folder itself, links not followed."""
    pending = [root]
    while pending:
        path = pending.pop()
        yield path
        if stat.S_ISDIR(os.lstat(path).st_mode):
            descriptor = os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_NOATIME)
            try:
                names = [os.fsencode(name) for name in os.listdir(descriptor)]
            finally:
                os.close(descriptor)
            pending.extend(path + b"/" + name for name in names)


def _bytes_of(path: bytes) -> bytes:
    descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NOATIME)
    with os.fdopen(descriptor, "rb") as file:
        return file.read()


def _require(check: int, holds: bool, detail: str) -> None:
    if not holds:
        raise AssertionError(f"check {check}: {detail}")
