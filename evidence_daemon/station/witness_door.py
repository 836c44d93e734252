"""The door for other logs: this station as a witness over HTTP (C2SP tlog-witness).

It is another listener than the API's, off unless configured, and knows two requests:
``POST /add-checkpoint`` and ``GET /<SHA-256 of the origin, hex>/checkpoint``. Nobody is asked who
they are: the signature on the checkpoint is what counts. It reads nothing of this archive; its
memory is the table ``witnessed`` of the state database. A door that cannot be opened is told in the
status; taking footage in does not depend on it.
"""

import hashlib
import socket
import time
from collections.abc import Callable
from contextlib import ExitStack
from http import HTTPStatus
from types import TracebackType
from typing import Final, Self

import structlog
from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from archive.keys import load_witness_key
from archive.state.database import StateDatabase
from evidence_daemon.api.server import AppServer
from evidence_daemon.config.schema import Config
from evidence_daemon.errors import ServiceError
from evidence_daemon.service.witnesses import trusted_logs
from hashing.cosignature import CosigningKey
from hashing.errors import EvidenceError
from hashing.witness import (
    MAX_REQUEST_BYTES,
    TEXT_TYPE,
    AddCheckpoint,
    MalformedRequest,
    TrustedLogs,
)

AT_ONCE: Final = 64
"""More requests than this at the same time are turned away."""
_BACKLOG: Final = 128

_log = structlog.get_logger(__name__)


def create_witness(state: StateDatabase, key: CosigningKey, trusted: TrustedLogs) -> Starlette:
    """The application of a witness.

    Args:
        state: Remembers what was cosigned; the caller opens and closes it.
        key: The witness's key.
        trusted: Which logs are witnessed.
    """
    origins = {hashlib.sha256(origin.encode()).hexdigest(): origin for origin in trusted}

    def decide(body: bytes) -> Response:
        try:
            request = AddCheckpoint.parse(body)
        except MalformedRequest as error:
            return _told(HTTPStatus.BAD_REQUEST, error.detail)
        try:
            done = state.witness(request, trusted, key, int(time.time()))
        except EvidenceError as error:
            _log.error("witness_failed", error=error.detail)
            return _told(HTTPStatus.SERVICE_UNAVAILABLE, "nothing can be cosigned now")
        size, origin = request.checkpoint.size, request.checkpoint.origin
        _log.info("asked_to_cosign", origin=origin, size=size, status=done.decision.status.value)
        if done.line is None:
            status, type_ = done.decision.status, done.decision.content_type
            return Response(done.decision.body, status, headers={"Content-Type": type_})
        return Response(str(done.line).encode(), headers={"Content-Type": TEXT_TYPE})

    async def add_checkpoint(request: Request) -> Response:
        body = bytearray()
        async for chunk in request.stream():
            body += chunk
            if len(body) > MAX_REQUEST_BYTES:
                return _told(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, "the request is too long")
        return await run_in_threadpool(decide, bytes(body))

    async def checkpoint(request: Request) -> Response:
        origin = origins.get(request.path_params["origin"])
        note = None if origin is None else await run_in_threadpool(state.cosigned_note, origin)
        if note is None:
            return _told(HTTPStatus.NOT_FOUND, "nothing was cosigned")
        return Response(note, headers={"Content-Type": TEXT_TYPE})

    return Starlette(
        routes=[
            Route("/add-checkpoint", add_checkpoint, methods=["POST"]),
            Route("/{origin}/checkpoint", checkpoint, methods=["GET"]),
        ]
    )


def _told(status: HTTPStatus, reason: str) -> Response:
    return Response(f"{reason}\n".encode(), status, headers={"Content-Type": TEXT_TYPE})


class WitnessDoor:
    """The witness while the station runs, from entering to leaving the context.

    Without a configured address it does nothing.

    Args:
        config: The settings.
        tell: Told, in one sentence, why the door could not be opened.
    """

    def __init__(self, config: Config, tell: Callable[[str], None]) -> None:
        self._config = config
        self._tell = tell
        self._stack = ExitStack()

    def __enter__(self) -> Self:
        address = self._config.witness.listen
        try:
            if address is not None:
                with ExitStack() as stack:
                    self._open(address, stack)
                    self._stack = stack.pop_all()
        except EvidenceError as error:
            self._tell(f"other logs are not witnessed: {error.detail}")
            _log.error("not_witnessing", error=error.detail)
        return self

    def _open(self, address: str, stack: ExitStack) -> None:
        key = load_witness_key(self._config.archive.keys_directory)
        trusted = trusted_logs(self._config.witness.logs)
        state = stack.enter_context(StateDatabase.open(self._config.archive.state_file))
        listening = stack.enter_context(listen_on(address))
        app = create_witness(state, key, trusted)
        stack.enter_context(AppServer(app, listening, "witness", limit=AT_ONCE))
        _log.info("witnessing", address=address, witness=key.name, logs=len(trusted))

    def __exit__(
        self,
        exc_type: type[BaseException] | None,
        exc: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._stack.close()


def listen_on(address: str) -> socket.socket:
    """A socket that listens on ``address:port``.

    Raises:
        ServiceError: It cannot.
    """
    host, _, port = address.rpartition(":")
    try:
        where = socket.getaddrinfo(host.strip("[]"), int(port), type=socket.SOCK_STREAM)[0]
        return socket.create_server(where[4][:2], family=where[0], backlog=_BACKLOG)
    except OSError as error:
        raise ServiceError(f"cannot listen on {address}: {error.strerror}") from error
