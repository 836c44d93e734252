"""``/v1/log``: the head and the entries, for whoever wants to look without the files."""

from typing import Annotated, Any

from fastapi import APIRouter, Query
from fastapi.responses import StreamingResponse

from evidence_daemon.api.lines import stream_lines
from evidence_daemon.api.peer import CurrentPeer
from evidence_daemon.api.routes.door import CurrentArchive

router = APIRouter(prefix="/log")


@router.get("/head")
def head(service: CurrentArchive, _peer: CurrentPeer) -> dict[str, Any]:
    """The newest checkpoint, as signed."""
    return service.reading.head()


@router.get("/entries")
def entries(
    service: CurrentArchive,
    _peer: CurrentPeer,
    start: Annotated[int, Query(ge=0)] = 0,
    stop: Annotated[int | None, Query(ge=0)] = None,
) -> StreamingResponse:
    """Entries as they stand in the log, a JSON line each."""
    return stream_lines(service.reading.entries(start, stop))
