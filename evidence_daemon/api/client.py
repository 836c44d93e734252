"""The door from outside: the same calls whether a daemon answers or this process does.

A daemon that listens is always preferred, since it holds the archive. Where none does, the
user who owns the archive serves themself within the process; anyone else is told that the
service is not running.
"""

import os
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, ExitStack, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import httpx
import orjson

from evidence_daemon.api.listener import is_listening
from evidence_daemon.error_report import RelayedError, parse_report
from evidence_daemon.errors import ServiceBroken, ServiceNotRunning, SocketForbidden

if TYPE_CHECKING:
    from starlette.types import ASGIApp

_CONNECT_TIMEOUT_S = 5.0
_ANSWER_TIMEOUT_S = 120.0
_FIRST_ERROR_STATUS = 400


class ApiClient:
    """Calls of the API, each path starting below ``/v1``. Used by one thread.

    Args:
        transport: How requests travel; closed with the client.
    """

    def __init__(self, transport: httpx.BaseTransport) -> None:
        self._http = httpx.Client(
            transport=transport,
            base_url="http://evd/v1",
            timeout=httpx.Timeout(_ANSWER_TIMEOUT_S, connect=_CONNECT_TIMEOUT_S),
            trust_env=False,
        )

    def get(self, path: str, params: Mapping[str, Any] | None = None) -> dict[str, Any]:
        """Ask for one object.

        Raises:
            EvidenceError: Whatever the service met, with its code and words.
        """
        with _understood():
            return _object(_checked(self._http.get(path, params=params)).content)

    def post(self, path: str, body: Mapping[str, Any]) -> dict[str, Any]:
        """Ask for something to be done.

        Raises:
            EvidenceError: Whatever the service met, with its code and words.
        """
        with _understood():
            return _object(_checked(self._http.post(path, **_body(body))).content)

    def lines(
        self,
        method: str,
        path: str,
        *,
        params: Mapping[str, Any] | None = None,
        body: Mapping[str, Any] | None = None,
    ) -> Iterator[dict[str, Any]]:
        """The records of a streamed answer, as they come; waits for each without limit.

        Raises:
            EvidenceError: Whatever the service met, before or in the midst of the stream.
        """
        for line in _split(self.chunks(method, path, params=params, body=body)):
            record = _object(line)
            if record.get("type") == "error":
                raise RelayedError(parse_report(record))
            yield record

    def chunks(
        self,
        method: str,
        path: str,
        *,
        params: Mapping[str, Any] | None = None,
        body: Mapping[str, Any] | None = None,
    ) -> Iterator[bytes]:
        """The bytes of a streamed answer, as they come; waits for them without limit.

        Raises:
            EvidenceError: Whatever the service met; a stream that breaks off is an error too.
        """
        patience = httpx.Timeout(None, connect=_CONNECT_TIMEOUT_S)
        with (
            _understood(),
            self._http.stream(
                method, path, params=params, timeout=patience, **_body(body)
            ) as response,
        ):
            yield from _checked(response).iter_raw()

    def close(self) -> None:
        """Let go of the connection."""
        self._http.close()


@contextmanager
def connect(
    socket_path: Path,
    *,
    owner_uid: int,
    in_process: Callable[[], AbstractContextManager["ASGIApp"]],
) -> Iterator[ApiClient]:
    """Reach the API: the daemon's if one listens, else this process's own.

    Args:
        socket_path: Where a daemon would listen.
        owner_uid: The user who owns the archive.
        in_process: Opens the archive and makes the application over it.

    Raises:
        SocketForbidden: A daemon listens, but this user may not connect.
        ServiceNotRunning: None listens, and this user does not own the archive.
    """
    with ExitStack() as stack:
        if _daemon_listens(socket_path):
            transport = _socket_transport(socket_path)
        elif os.geteuid() != owner_uid:
            raise ServiceNotRunning(f"nobody listens on {socket_path}")
        else:
            from evidence_daemon.api.in_process import InProcessTransport

            transport = InProcessTransport(stack.enter_context(in_process()))
        client = ApiClient(transport)
        stack.callback(client.close)
        yield client


@contextmanager
def connect_to_daemon(socket_path: Path) -> Iterator[ApiClient]:
    """Reach the running daemon's API, and nothing else.

    Raises:
        SocketForbidden: A daemon listens, but this user may not connect.
        ServiceNotRunning: None listens.
    """
    if not _daemon_listens(socket_path):
        raise ServiceNotRunning(f"nobody listens on {socket_path}")
    client = ApiClient(_socket_transport(socket_path))
    try:
        yield client
    finally:
        client.close()


def _socket_transport(socket_path: Path) -> httpx.BaseTransport:
    """One connection for each request: cheap here, and never one that the server has closed."""
    limits = httpx.Limits(max_keepalive_connections=0)
    return httpx.HTTPTransport(uds=os.fspath(socket_path), limits=limits)


def _daemon_listens(socket_path: Path) -> bool:
    try:
        return is_listening(socket_path)
    except PermissionError as error:
        raise SocketForbidden(f"this user may not connect to {socket_path}") from error
    except OSError as error:
        raise ServiceBroken(f"cannot connect to {socket_path}: {error.strerror}") from error


@contextmanager
def _understood() -> Iterator[None]:
    try:
        yield
    except httpx.HTTPError as error:
        raise ServiceBroken(f"the service broke off: {error}") from error


def _body(body: Mapping[str, Any] | None) -> dict[str, Any]:
    """The arguments that make httpx send a JSON body."""
    if body is None:
        return {}
    return {"content": orjson.dumps(body), "headers": {"content-type": "application/json"}}


def _checked(response: httpx.Response) -> httpx.Response:
    if response.status_code >= _FIRST_ERROR_STATUS:
        raise RelayedError(parse_report(_object(response.read())))
    return response


def _object(data: bytes) -> dict[str, Any]:
    try:
        value = orjson.loads(data)
    except orjson.JSONDecodeError as error:
        raise ServiceBroken("the service answered something that is not JSON") from error
    if not isinstance(value, dict):
        raise ServiceBroken("the service answered something that is not an object")
    return value


def _split(chunks: Iterator[bytes]) -> Iterator[bytes]:
    """Lines ending in a line feed and nothing else: names may hold other line separators."""
    rest = b""
    for chunk in chunks:
        *lines, rest = (rest + chunk).split(b"\n")
        yield from lines
    if rest:
        raise ServiceBroken("the service broke off in the midst of a line")
