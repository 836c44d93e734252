"""Who asks: the user at the other end of a Unix socket, as the kernel tells.

The kernel notes a process's ids when it connects (``SO_PEERCRED``, unix(7)); they cannot be
forged and do not change for the life of the connection. They are read once per connection
and stand in the ASGI scope of each of its requests. A request without them is refused
before any route sees it.
"""

import asyncio
import os
import pwd
import socket
import struct
from dataclasses import dataclass
from typing import Annotated, Any, cast

from fastapi import Depends, Request
from starlette.types import ASGIApp, Receive, Scope, Send
from uvicorn.protocols.http.h11_impl import H11Protocol

from evidence_daemon.api.errors import error_response
from evidence_daemon.errors import PeerUnknown

_CREDENTIALS = struct.Struct("iII")  # struct ucred: pid, uid, gid
_NO_UID = 0xFFFFFFFF


@dataclass(frozen=True, slots=True)
class Peer:
    """The process at the other end, at the moment it connected.

    Attributes:
        pid: Its process id; 0 when it lies outside our process namespace.
        uid: Its effective user.
        gid: Its effective group.
    """

    pid: int
    uid: int
    gid: int

    @property
    def actor(self) -> str:
        """The user as entries of the log name one: ``uid:1000/alice``."""
        try:
            return f"uid:{self.uid}/{pwd.getpwuid(self.uid).pw_name}"
        except KeyError:
            return f"uid:{self.uid}"


def own_peer() -> Peer:
    """This process, as it would be seen at the other end of a socket."""
    return Peer(os.getpid(), os.geteuid(), os.getegid())


def read_peer(connection: socket.socket) -> Peer | None:
    """The peer of a connected Unix socket, None when the kernel does not know it."""
    if connection.family != socket.AF_UNIX:
        return None
    data = connection.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, _CREDENTIALS.size)
    peer = Peer(*_CREDENTIALS.unpack(data))
    return None if peer.uid == _NO_UID else peer


class PeerProtocol(H11Protocol):
    """uvicorn's HTTP protocol, with the peer in the scope of every request."""

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Read who connected, once for the connection."""
        super().connection_made(transport)
        connection = cast("socket.socket", transport.get_extra_info("socket"))
        peer = read_peer(connection)
        if peer is not None:
            self.app = with_peer(self.app, peer)


def with_peer(app: ASGIApp, peer: Peer) -> ASGIApp:
    """The application as this peer reaches it."""

    async def reached(scope: Scope, receive: Receive, send: Send) -> None:
        await app({**scope, "peer": peer}, receive, send)

    return reached


class PeerGate:
    """Refuses every request that does not say who asks.

    Args:
        app: What stands behind the gate.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Let a request through, or answer it."""
        if scope["type"] == "lifespan" or isinstance(scope.get("peer"), Peer):
            await self._app(scope, receive, send)
            return
        refusal = error_response(PeerUnknown("the connection does not say which user it is from"))
        await refusal(scope, receive, send)


def require_peer(request: Request) -> Peer:
    """Who asks; a dependency of every route that reads or writes the archive."""
    peer: Any = request.scope.get("peer")
    if not isinstance(peer, Peer):
        raise PeerUnknown("the connection does not say which user it is from")
    return peer


CurrentPeer = Annotated[Peer, Depends(require_peer)]
