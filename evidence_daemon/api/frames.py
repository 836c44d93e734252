"""Packages as streams: files one after another, each in pieces, an error wherever it is met.

A line of JSON says what follows: ``plan`` comes first, ``part`` begins a file, ``data`` announces
so many raw bytes of it, ``end`` closes the stream. ``error`` may stand at any of these places and
ends everything; a stream that stops without ``end`` is a broken connection.
"""

from collections.abc import Generator, Iterator, Mapping
from typing import Any

import anyio
import orjson
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import StreamingResponse
from starlette.types import Receive, Scope, Send

from archive.export.parts import Package, Part
from evidence_daemon.error_report import report_of
from hashing.errors import EvidenceError

_GATHERED_BYTES = 1 << 16


class FramesResponse(StreamingResponse):
    """A package on its way; its sources are closed when it ends or its reader leaves.

    Args:
        package: What is sent; taken piece by piece in a worker thread.
    """

    media_type = "application/vnd.evidence-daemon.package"

    def __init__(self, package: Package) -> None:
        frames = package_frames(package)
        self._sources = (frames, package.parts)
        super().__init__(_gathered(frames))

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send the stream."""
        try:
            await super().__call__(scope, receive, send)
        finally:
            with anyio.CancelScope(shield=True):
                await run_in_threadpool(self._close)

    def _close(self) -> None:
        for source in self._sources:
            if isinstance(source, Generator):
                source.close()


def package_frames(package: Package) -> Iterator[bytes]:
    """The stream of a package, piece by piece."""
    try:
        yield _line({"type": "plan", **package.plan, "info": dict(package.info)})
        for part in package.parts:
            yield _line(_head(part))
            for chunk in part.chunks:
                yield _line({"type": "data", "bytes": len(chunk)})
                yield chunk
        yield _line({"type": "end"})
    except EvidenceError as error:
        yield _line({"type": "error", **report_of(error).as_json()})


def _head(part: Part) -> dict[str, Any]:
    digests = {} if part.digests is None else {"object": part.digests.as_body()}
    return {"type": "part", "path": part.path, **digests}


def _line(record: Mapping[str, object]) -> bytes:
    return orjson.dumps(record, option=orjson.OPT_APPEND_NEWLINE)


def _gathered(frames: Iterator[bytes]) -> Iterator[bytes]:
    """Small pieces sent together."""
    gathered = bytearray()
    for frame in frames:
        gathered += frame
        if len(gathered) >= _GATHERED_BYTES:
            yield bytes(gathered)
            gathered.clear()
    if gathered:
        yield bytes(gathered)
