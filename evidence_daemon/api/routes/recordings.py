"""``/v1/recordings``: finding recordings, their history, and copies of them."""

from typing import Annotated, Any

from fastapi import APIRouter, Query
from fastapi.responses import StreamingResponse
from pydantic import BaseModel

from archive.catalog.rows import FindQuery
from evidence_daemon.api.lines import stream_lines
from evidence_daemon.api.peer import CurrentPeer
from evidence_daemon.api.routes.door import CurrentArchive, Keeper

router = APIRouter(prefix="/recordings")


@router.get("")
def find(
    service: CurrentArchive,
    _peer: CurrentPeer,
    officer: str | None = None,
    recorder: str | None = None,
    from_us: int | None = None,
    to_us: int | None = None,
    text: str | None = None,
    unlinked: bool = False,
    limit: Annotated[int | None, Query(ge=1)] = None,
) -> StreamingResponse:
    """Every matching recording, a JSON line each; times are microseconds since 1970, UTC."""
    query = FindQuery(
        officer=officer,
        recorder=recorder,
        from_us=from_us,
        to_us=to_us,
        text=text,
        unlinked=unlinked,
        limit=limit,
    )
    return stream_lines(service.reading.find(query))


@router.get("/{recording}")
def show(service: CurrentArchive, _peer: CurrentPeer, recording: str) -> dict[str, Any]:
    """One recording, by its id or a unique prefix."""
    return service.reading.show(recording)


@router.get("/{recording}/custody")
def custody(service: CurrentArchive, _peer: CurrentPeer, recording: str) -> StreamingResponse:
    """Everything the log says of a recording, oldest first."""
    return stream_lines(service.reading.custody(recording))


@router.get("/{recording}/statement")
def statement(service: CurrentArchive, _peer: CurrentPeer, recording: str) -> dict[str, Any]:
    """The three times of a recording, on what evidence, and what is not proven."""
    return service.reading.statement(recording)


@router.get("/{recording}/why")
def why(service: CurrentArchive, _peer: CurrentPeer, recording: str) -> dict[str, Any]:
    """What keeps a recording."""
    return service.reading.why(recording)


@router.get("/{recording}/proof")
def prove(service: CurrentArchive, _peer: CurrentPeer, recording: str) -> dict[str, Any]:
    """The inclusion proof of the entry that made a recording."""
    return service.reading.prove(recording)


class CopyRequest(BaseModel):
    """What a copy is for.

    Attributes:
        purpose: In words; never empty.
        approval: Number of the approval, where there is one.
    """

    purpose: str
    approval: str | None = None


@router.post("/{recording}/copies")
def copy_out(
    service: CurrentArchive, peer: Keeper, recording: str, wanted: CopyRequest
) -> StreamingResponse:
    """A recording's bytes, the copy logged before the first of them."""
    copy = service.reading.copy_out(recording, wanted.purpose, wanted.approval, peer.actor)
    headers = {
        "X-Recording": copy.recording.id,
        "X-Sha256": copy.recording.sha256,
        "Content-Length": str(copy.recording.size_bytes),
    }
    return StreamingResponse(copy.chunks, media_type="application/octet-stream", headers=headers)
