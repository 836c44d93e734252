"""Answers that are streams: one JSON object per line, an error as the last line.

Once a stream has begun its HTTP status is spent. A typed error met on the way therefore
leaves as a line ``{"type": "error", …}``, which the client raises again; a stream that
stops without its end is a broken connection, never a shorter answer.
"""

from collections.abc import Iterable, Iterator, Mapping

import orjson
from fastapi.responses import StreamingResponse

from evidence_daemon.error_report import report_of
from hashing.errors import EvidenceError

MEDIA_TYPE = "application/x-ndjson"
_CHUNK_BYTES = 1 << 16


def stream_lines(
    records: Iterable[Mapping[str, object]], *, at_once: bool = False
) -> StreamingResponse:
    """Answer with records as they come.

    Args:
        records: JSON objects; taken one by one in a worker thread.
        at_once: Whether every record is sent as soon as it is there, as progress must be;
            otherwise many are sent together.
    """
    lines = _lines(records)
    return StreamingResponse(lines if at_once else _gathered(lines), media_type=MEDIA_TYPE)


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
