"""``/v1/log``: head, entries and consistency, for whoever wants to look without the files."""

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


@router.get("/consistency")
def consistency(
    service: CurrentArchive,
    _peer: CurrentPeer,
    old: Annotated[int, Query(ge=1)],
    size: Annotated[int | None, Query(ge=1)] = None,
) -> dict[str, Any]:
    """A proof that the log of ``old`` entries is the beginning of that of ``size``."""
    return service.reading.consistency(old, size)
