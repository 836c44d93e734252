"""Answers that are streams: one JSON object per line, an error as the last line.

Once a stream has begun its HTTP status is spent. A typed error met on the way therefore
leaves as a line ``{"type": "error", …}``, which the client raises again; a stream that
stops without its end is a broken connection, never a shorter answer.
"""

from collections.abc import Generator, Iterable, Iterator, Mapping

import anyio
import orjson
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import StreamingResponse
from starlette.types import Receive, Scope, Send

from evidence_daemon.error_report import report_of
from hashing.errors import EvidenceError

_CHUNK_BYTES = 1 << 16


class LinesResponse(StreamingResponse):
    """A stream whose source is closed as soon as it ends or its reader leaves.

    Args:
        records: JSON objects; taken one by one in a worker thread.
        at_once: Whether every record is sent as soon as it is there.
    """

    media_type = "application/x-ndjson"

    def __init__(self, records: Iterable[Mapping[str, object]], *, at_once: bool) -> None:
        lines = _lines(records)
        self._sources = (lines, records)
        super().__init__(lines if at_once else _gathered(lines))

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


def stream_lines(
    records: Iterable[Mapping[str, object]], *, at_once: bool = False
) -> LinesResponse:
    """Answer with records as they come.

    Args:
        records: JSON objects. A generator is closed when the reader leaves.
        at_once: Whether every record is sent as soon as it is there, as progress must be;
            otherwise many are sent together.
    """
    return LinesResponse(records, at_once=at_once)


def _lines(records: Iterable[Mapping[str, object]]) -> Iterator[bytes]:
    try:
        for record in records:
            yield orjson.dumps(record, option=orjson.OPT_APPEND_NEWLINE)
    except EvidenceError as error:
        report = {"type": "error", **report_of(error).as_json()}
        yield orjson.dumps(report, option=orjson.OPT_APPEND_NEWLINE)


def _gathered(lines: Iterator[bytes]) -> Iterator[bytes]:
    gathered = bytearray()
    for line in lines:
        gathered += line
        if len(gathered) >= _CHUNK_BYTES:
            yield bytes(gathered)
            gathered.clear()
    yield bytes(gathered)
