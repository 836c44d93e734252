"""Applications served by threads of the station's process, the API on its Unix socket first.

Signals stay with the main thread: the station decides when to stop, and stops the server
among the rest.
"""

import asyncio
import socket
import threading
import time
from pathlib import Path
from types import TracebackType
from typing import Literal, Self

from fastapi import FastAPI
from starlette.types import ASGIApp
from uvicorn import Config, Server

from evidence_daemon.api.listener import Listener
from evidence_daemon.api.peer import PeerProtocol
from evidence_daemon.errors import ServiceError

_GRACE_S = 3
_START_TIMEOUT_S = 30.0
_SILENCE_S = 10.0  # uvicorn moves ten times a second


class _WatchedServer(Server):
    """uvicorn's server, telling when it has begun or failed to, and when it last moved."""

    def __init__(self, config: Config) -> None:
        super().__init__(config)
        self.settled = threading.Event()
        self.moved_s = time.monotonic()

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        self.settled.set()

    async def on_tick(self, counter: int) -> bool:
        self.moved_s = time.monotonic()
        return await super().on_tick(counter)


class AppServer:
    """An application served by a thread. Started by its constructor, stopped by :meth:`stop`.

    Args:
        app: The application.
        listening: A socket that listens; the caller closes it after :meth:`stop`.
        name: What to call the thread, and the server in errors.
        protocol: How requests are read.
        limit: How many requests are under way at once; more are turned away. None: any number.

    Raises:
        ServiceError: The server did not start.
    """

    def __init__(
        self,
        app: ASGIApp,
        listening: socket.socket,
        name: str,
        *,
        protocol: type[asyncio.Protocol] | Literal["h11"] = "h11",
        limit: int | None = None,
    ) -> None:
        self._listening = listening
        config = Config(
            app,
            http=protocol,
            ws="none",
            lifespan="off",
            loop="asyncio",
            log_config=None,
            access_log=False,
            server_header=False,
            proxy_headers=False,
            limit_concurrency=limit,
            timeout_graceful_shutdown=_GRACE_S,
        )
        self._server = _WatchedServer(config)
        self._thread = threading.Thread(target=self._run, name=name, daemon=True)
        self._thread.start()
        self._server.settled.wait(_START_TIMEOUT_S)
        if not self._server.started:
            self.stop()
            raise ServiceError(f"the server of {name} did not start")

    def _run(self) -> None:
        try:
            self._server.run(sockets=[self._listening])
        finally:
            self._server.settled.set()

    @property
    def is_alive(self) -> bool:
        """Whether the server still answers; the watchdog's question."""
        silence_s = time.monotonic() - self._server.moved_s
        return self._thread.is_alive() and silence_s < _SILENCE_S

    def stop(self) -> None:
        """Take no more requests, let the running ones end for a few seconds, then leave."""
        self._server.should_exit = True
        self._thread.join(2 * _GRACE_S)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        exc_type: type[BaseException] | None,
        exc: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.stop()


class ApiServer(AppServer):
    """The API on its Unix socket.

    Args:
        app: The application.
        socket_path: Where to listen.

    Raises:
        ServiceAlreadyRunning: Another process listens there.
        ServiceError: The server did not start.
    """

    def __init__(self, app: FastAPI, socket_path: Path) -> None:
        self._listener = Listener(socket_path)
        super().__init__(app, self._listener.socket, "api", protocol=PeerProtocol)

    def stop(self) -> None:
        """Stop serving, and remove the socket."""
        super().stop()
        self._listener.close()
