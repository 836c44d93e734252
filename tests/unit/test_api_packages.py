"""A package's stream, from the service's end to the client's and in pieces of any size."""

from collections.abc import Iterator

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from archive.errors import StorageError
from archive.export.parts import Package, Part
from evidence_daemon.api.frames import package_frames
from evidence_daemon.api.packages import PackageReader
from evidence_daemon.error_report import RelayedError
from evidence_daemon.errors import ServiceBroken
from hashing.digest import MultiDigest
from hashing.errors import EvidenceError

FILES = {"data/x": [b"abc", b"\n{}\n", b""], "empty": [], "proof/package.json": [b"{}"]}


def _package() -> Package:
    digest = MultiDigest()
    digest.update(b"abc\n{}\n")
    digests = {"data/x": digest.finish()}
    parts = (Part(path, chunks, digests.get(path)) for path, chunks in FILES.items())
    return Package({"bytes": 7}, iter(list(parts)), {"Source-Organization": "bureau"})


def _stream() -> bytes:
    return b"".join(package_frames(_package()))


def _read(stream: bytes, pieces: int) -> dict[str, bytes]:
    chunks = (stream[at : at + pieces] for at in range(0, len(stream), pieces))
    package = PackageReader(chunks).package()
    return {part.path: b"".join(part.chunks) for part in package.parts}


@given(st.integers(1, 400))
def test_it_arrives_as_it_was_sent(pieces: int) -> None:
    assert _read(_stream(), pieces) == {path: b"".join(data) for path, data in FILES.items()}


def test_expected_digests_travel_with_a_part() -> None:
    package = PackageReader(iter([_stream()])).package()
    assert package.plan["bytes"] == 7
    assert package.info == {"Source-Organization": "bureau"}
    expected = {part.path: part.digests for part in package.parts for _ in [*part.chunks, b""]}
    assert expected["proof/package.json"] is None
    assert expected["data/x"] is not None
    assert expected["data/x"].size_bytes == 7


@given(st.integers(0, len(_stream()) - 1))
def test_a_stream_that_breaks_off_is_never_a_shorter_package(length: int) -> None:
    with pytest.raises(ServiceBroken):
        _read(_stream()[:length], 50)


@given(st.integers(0, len(_stream()) - 1), st.integers(1, 255))
def test_a_damaged_stream_is_refused_in_our_words_or_read(at: int, change: int) -> None:
    stream = bytearray(_stream())
    stream[at] ^= change
    try:
        package = PackageReader(iter([bytes(stream)])).package()
        for part in package.parts:
            b"".join(part.chunks)
    except EvidenceError:
        pass


def test_an_error_on_the_way_is_raised_where_it_is_met() -> None:
    def failing() -> Iterator[bytes]:
        yield b"begun"
        raise StorageError("the disk broke")

    parts = iter([Part("data/x", failing()), Part("y", [b"never"])])
    stream = b"".join(package_frames(Package({}, parts)))
    package = PackageReader(iter([stream])).package()
    taken = []
    with pytest.raises(RelayedError, match="the disk broke"):
        taken = [b"".join(part.chunks) for part in package.parts]
    assert taken == []


def test_a_part_must_be_read_before_the_next() -> None:
    package = PackageReader(iter([_stream()])).package()
    next(package.parts)
    with pytest.raises(ServiceBroken):
        next(package.parts)


@pytest.mark.parametrize(
    "records",
    [
        [{"type": "part", "path": "x"}],
        [{"type": "plan"}],
        [{"type": "plan", "info": {}}, {"type": "data", "bytes": 1}],
        [{"type": "plan", "info": {}}, {"type": "part"}, {"type": "data", "bytes": -1}],
        [{"type": "plan", "info": {}}, {"type": "part"}, {"type": "data", "bytes": "9"}],
        [{"type": "plan", "info": {}}, {"type": "part", "object": 7}, {"type": "end"}],
        [{"type": "plan", "info": {}}, {"type": "part", "object": {}}, {"type": "end"}],
        [{"type": "plan", "info": {}}, {"type": "error"}],
    ],
)
def test_garbage_is_a_broken_service(records: list[dict[str, object]]) -> None:
    stream = b"".join(orjson.dumps(each) + b"\n" for each in records)
    with pytest.raises(ServiceBroken):
        _read(stream, 1000)


def test_an_endless_line_is_refused() -> None:
    with pytest.raises(ServiceBroken, match="endless"):
        PackageReader(iter([b"x" * 70_000] * 100)).package()
