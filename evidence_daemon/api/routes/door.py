"""What routes ask of the application: the archive's service, and who may do what.

Two rights exist so far: whoever may connect to the socket may read; only the archive's owner
and root may bring footage in, take copies out, or change the catalog.
"""

import os
from typing import Annotated, cast

from fastapi import Depends

from evidence_daemon.api.peer import CurrentPeer, Peer
from evidence_daemon.api.service import CurrentService
from evidence_daemon.errors import AccessError
from evidence_daemon.service.service import ArchiveService


def _archive_service(service: CurrentService) -> ArchiveService:
    return cast("ArchiveService", service)


def _require_keeper(peer: CurrentPeer) -> Peer:
    if peer.uid not in {0, os.geteuid()}:
        raise AccessError(f"{peer.actor} is neither the archive's owner nor root")
    return peer


CurrentArchive = Annotated[ArchiveService, Depends(_archive_service)]
Keeper = Annotated[Peer, Depends(_require_keeper)]
