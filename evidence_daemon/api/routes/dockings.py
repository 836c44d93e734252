"""``/v1/dockings``: what was docked when, and the receipt that each docking was given."""

from typing import Annotated, Any

from fastapi import APIRouter, Query
from fastapi.responses import StreamingResponse

from evidence_daemon.api.lines import stream_lines
from evidence_daemon.api.peer import CurrentPeer
from evidence_daemon.api.routes.door import CurrentArchive

router = APIRouter(prefix="/dockings")


@router.get("")
def dockings(
    service: CurrentArchive, _peer: CurrentPeer, limit: Annotated[int, Query(ge=1)] = 50
) -> StreamingResponse:
    """The latest dockings, newest first, a JSON line each."""
    return stream_lines(service.receipts.dockings(limit))


@router.get("/{docking}/receipt")
def receipt(service: CurrentArchive, _peer: CurrentPeer, docking: str) -> dict[str, Any]:
    """A docking's receipt, by its id or a unique prefix, with its proof."""
    return service.receipts.receipt(docking)
