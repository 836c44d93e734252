"""``/v1/health``: whether the service answers, and what it says of itself."""

from fastapi import APIRouter

from evidence_daemon import __version__
from evidence_daemon.api.peer import CurrentPeer
from evidence_daemon.api.service import CurrentService

router = APIRouter()


@router.get("/health")
def health(service: CurrentService, peer: CurrentPeer) -> dict[str, object]:
    """Answer at once, and tell the asker who it is taken for."""
    return {
        "version": __version__,
        "peer": {"uid": peer.uid, "gid": peer.gid, "actor": peer.actor},
        **service.health(),
    }
