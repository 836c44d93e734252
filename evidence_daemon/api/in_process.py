"""The same application without a socket: for the archive's owner when no daemon runs.

httpx's own ASGI transport hands over an answer only when it is whole, which would hide all
progress and gather a million rows in memory. This one runs the application on an event loop
in a thread of its own and passes each piece of the answer on as it comes, at most a few
ahead of the reader. The asker is this process itself, and so a defect of the application is
raised here as it is.
"""

from collections.abc import Iterator
from concurrent.futures import Future
from contextlib import ExitStack

import anyio
import httpx
from anyio.from_thread import BlockingPortal, start_blocking_portal
from starlette.types import ASGIApp, Message, Scope

from evidence_daemon.api.peer import own_peer, with_peer

_AHEAD = 16


class InProcessTransport(httpx.BaseTransport):
    """Carries requests to an application in this process.

    Args:
        app: The application.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = with_peer(app, own_peer())
        self._stack = ExitStack()
        self._portal = self._stack.enter_context(start_blocking_portal("asyncio"))

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """Run one request; the body of the answer is read piece by piece."""
        exchange = _Exchange(self._portal, self._app, _scope(request), request.read())
        try:
            start = exchange.next_message()
        except BaseException:
            exchange.close()
            raise
        return httpx.Response(start["status"], headers=start["headers"], stream=exchange)

    def close(self) -> None:
        """End the event loop."""
        self._stack.close()


class _Exchange(httpx.SyncByteStream):
    """One request and its answer, the body of which is this stream."""

    def __init__(self, portal: BlockingPortal, app: ASGIApp, scope: Scope, body: bytes) -> None:
        self._portal = portal
        self._body: bytes | None = body
        self._sender, self._receiver = anyio.create_memory_object_stream[Message](_AHEAD)
        self._task: Future[None] = portal.start_task_soon(self._run, app, scope)

    async def _run(self, app: ASGIApp, scope: Scope) -> None:
        async with self._sender:
            await app(scope, self._receive, self._sender.send)

    async def _receive(self) -> Message:
        if self._body is None:  # a reader that goes away cancels the task instead
            await anyio.sleep_forever()
        body, self._body = self._body, None
        return {"type": "http.request", "body": body, "more_body": False}

    def next_message(self) -> Message:
        """Wait for the next piece; the application's own exception when there is none."""
        try:
            return self._portal.call(self._receiver.receive)
        except anyio.EndOfStream:
            self._task.result()
            raise httpx.RemoteProtocolError("the application ended its answer early") from None

    def __iter__(self) -> Iterator[bytes]:
        more = True
        while more:
            message = self.next_message()
            more = message.get("more_body", False)
            yield message.get("body", b"")
        self._task.result()

    def close(self) -> None:
        self._task.cancel()
        self._portal.call(self._receiver.aclose)


def _scope(request: httpx.Request) -> Scope:
    path, _, query = request.url.raw_path.partition(b"?")
    return {
        "type": "http",
        "asgi": {"version": "3.0"},
        "http_version": "1.1",
        "method": request.method,
        "headers": [(name.lower(), value) for name, value in request.headers.raw],
        "scheme": request.url.scheme,
        "path": request.url.path,
        "raw_path": path,
        "query_string": query,
        "root_path": "",
        "server": None,
        "client": None,
    }
