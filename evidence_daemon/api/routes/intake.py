"""``/v1/ingest`` and ``/v1/slots``: taking recorders in, and what every slot shows."""

from fastapi import APIRouter
from fastapi.responses import StreamingResponse
from pydantic import Base64Bytes, BaseModel, Field

from evidence_daemon.api.lines import stream_lines
from evidence_daemon.api.peer import CurrentPeer
from evidence_daemon.api.routes.door import CurrentArchive, Keeper
from evidence_daemon.service.intake import IntakeRequest

router = APIRouter()


class Provenance(BaseModel):
    """Where legacy footage comes from; see the ``import`` entry.

    Attributes:
        source: In words.
        custodian: Who vouches for it.
    """

    source: str = Field(min_length=1)
    custodian: str = Field(min_length=1)


class IngestRequest(BaseModel):
    """What is to be taken in.

    Attributes:
        paths: Absolute paths of folders or mounted cards.
        recorder: The recorder's identity if a person names it.
        officer: The officer if a person names one.
        provenance: For legacy footage.
        manifest: For legacy footage, the earlier digests that came with it; in base64.
    """

    paths: list[str] = Field(min_length=1)
    recorder: str | None = None
    officer: str | None = None
    provenance: Provenance | None = None
    manifest: Base64Bytes | None = None


@router.post("/ingest")
def ingest(service: CurrentArchive, peer: Keeper, wanted: IngestRequest) -> StreamingResponse:
    """Take folders in; progress and results as JSON lines, a summary last."""
    provenance = wanted.provenance
    request = IntakeRequest(
        paths=wanted.paths,
        recorder=wanted.recorder,
        officer=wanted.officer,
        provenance=None if provenance is None else provenance.model_dump(),
        manifest=wanted.manifest,
    )
    return stream_lines(service.intake.run(request, peer.actor), at_once=True)


@router.get("/slots")
def slots(service: CurrentArchive, _peer: CurrentPeer) -> StreamingResponse:
    """Every slot as it is now, a JSON line each."""
    return stream_lines(service.slots())
