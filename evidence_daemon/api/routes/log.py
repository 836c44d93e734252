"""``/v1/log``: head, entries and proofs without the files, and what witnesses send back."""

from typing import Annotated, Any

from fastapi import APIRouter, Query
from fastapi.responses import StreamingResponse
from pydantic import Base64Bytes, BaseModel

from evidence_daemon.api.lines import stream_lines
from evidence_daemon.api.peer import CurrentPeer
from evidence_daemon.api.routes.door import CurrentArchive, Keeper

router = APIRouter(prefix="/log")


@router.get("/head")
def head(service: CurrentArchive, _peer: CurrentPeer) -> dict[str, Any]:
    """The newest checkpoint, as signed."""
    return service.reading.head()


class PageRequest(BaseModel):
    """A page that is about to be printed.

    Attributes:
        keeper: Who keeps it.
    """

    keeper: str


@router.post("/pages")
def print_page(service: CurrentArchive, peer: Keeper, wanted: PageRequest) -> dict[str, Any]:
    """The newest checkpoint for a page; its printing is logged."""
    return service.reading.print_page(wanted.keeper, peer.actor)


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


@router.get("/witness-request")
def witness_request(
    service: CurrentArchive,
    _peer: CurrentPeer,
    witness: str | None = None,
    old: Annotated[int | None, Query(ge=0)] = None,
) -> dict[str, Any]:
    """A request to carry to a witness that cannot be reached."""
    return service.witnesses.request(witness, old)


class CosignedNote(BaseModel):
    """A cosigned checkpoint that was carried back.

    Attributes:
        note: In base64.
    """

    note: Base64Bytes


@router.post("/cosignatures")
def add_cosignatures(
    service: CurrentArchive, peer: Keeper, wanted: CosignedNote
) -> StreamingResponse:
    """Keep and log cosignatures; a JSON line for each."""
    return stream_lines(iter(service.witnesses.add(wanted.note, peer.actor)))


class StampRequest(BaseModel):
    """By whom the newest checkpoint is to be stamped.

    Attributes:
        authority: Its name in the configuration; None for all of them.
    """

    authority: str | None = None


@router.post("/stamps")
def stamp(service: CurrentArchive, peer: Keeper, wanted: StampRequest) -> StreamingResponse:
    """Have the newest checkpoint stamped; a JSON line for each token."""
    records = service.stamping.stamp(wanted.authority, peer.actor)
    return stream_lines(records, at_once=True)
