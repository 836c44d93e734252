"""``/v1/packages``: recordings together with the proof of where they come from."""

from typing import Annotated, Any

from fastapi import APIRouter
from fastapi.responses import StreamingResponse
from pydantic import BaseModel, Field

from archive.export.audit import MAX_SAMPLE, Sampling
from evidence_daemon.api.frames import FramesResponse
from evidence_daemon.api.peer import CurrentPeer
from evidence_daemon.api.routes.door import CurrentArchive, Keeper

router = APIRouter(prefix="/packages")


class PlanRequest(BaseModel):
    """Which recordings.

    Attributes:
        recordings: Their ids, or unique beginnings of them.
    """

    recordings: list[str] = Field(min_length=1)


class PackageRequest(PlanRequest):
    """A package that is to leave.

    Attributes:
        purpose: What for, in words; never empty.
        approval: Number of the approval, where there is one.
    """

    purpose: str
    approval: str | None = None


class AuditRequest(BaseModel):
    """What an auditor chose.

    Attributes:
        seed: Any text.
        count: How many objects to draw.
    """

    seed: str = ""
    count: Annotated[int, Field(ge=0, le=MAX_SAMPLE)] = 0


@router.post("/plan")
def plan(service: CurrentArchive, _peer: CurrentPeer, wanted: PlanRequest) -> dict[str, Any]:
    """What an evidence package would hold; nothing is logged and nothing leaves."""
    return service.exporting.plan(wanted.recordings)


@router.post("/evidence")
def evidence(service: CurrentArchive, peer: Keeper, wanted: PackageRequest) -> StreamingResponse:
    """An evidence package as a stream of its files, logged before the first of them."""
    package = service.exporting.evidence(
        wanted.recordings, wanted.purpose, wanted.approval, peer.actor
    )
    return FramesResponse(package)


@router.post("/audit")
def audit(service: CurrentArchive, peer: Keeper, wanted: AuditRequest) -> StreamingResponse:
    """An audit pack as a stream of its files, logged before the first where that can be."""
    return FramesResponse(service.exporting.audit(Sampling(wanted.seed, wanted.count), peer.actor))
