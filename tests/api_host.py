"""The API over a service that has no archive, with a few routes to try it by.

``python -m tests.api_host SOCKET`` serves it as a process until its input ends.
"""

import sys
import threading
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Annotated, Any

from fastapi import Body, FastAPI
from fastapi.responses import StreamingResponse

from archive.errors import DiskFull
from evidence_daemon.api.app import create_app
from evidence_daemon.api.lines import stream_lines
from evidence_daemon.api.peer import CurrentPeer
from evidence_daemon.api.server import ApiServer

HOSTILE = "a\u2028b\x85c\nd\r\x1ee"


class BareService:
    """A service that has nothing.

    Attributes:
        go: Lets the stream that waits go on.
        ended: Set when a stream's generator has ended, however it did.
    """

    def __init__(self) -> None:
        self.go = threading.Event()
        self.ended = threading.Event()

    def health(self) -> Mapping[str, object]:
        return {"status": "ok"}


def make_app(service: BareService) -> FastAPI:
    """The API with routes to try it by, below ``/v1/try``."""
    app = create_app(service)

    @app.post("/v1/try/echo")
    def echo(peer: CurrentPeer, body: Annotated[dict[str, Any], Body()]) -> dict[str, Any]:
        return {"uid": peer.uid, "gid": peer.gid, "body": body}

    @app.get("/v1/try/rows")
    def rows(count: int) -> StreamingResponse:
        return stream_lines({"n": n, "name": HOSTILE} for n in range(count))

    @app.get("/v1/try/fails")
    def fails(how: str, after: int = 0) -> StreamingResponse:
        return stream_lines(_failing(how, after), at_once=True)

    @app.get("/v1/try/waits")
    def waits() -> StreamingResponse:
        return stream_lines(_waiting(service), at_once=True)

    @app.get("/v1/try/refuses")
    def refuses() -> None:
        raise DiskFull("no room for a.mp4")

    @app.get("/v1/try/defect")
    def defect() -> None:
        raise ZeroDivisionError("a defect")

    return app


def _failing(how: str, after: int) -> Iterator[dict[str, object]]:
    for n in range(after):
        yield {"n": n}
    raise DiskFull("no room") if how == "typed" else ZeroDivisionError("a defect")


def _waiting(service: BareService) -> Iterator[dict[str, object]]:
    try:
        yield {"n": 0}
        while not service.go.wait(0.01):
            yield {"n": None}
        yield {"n": 1}
    finally:
        service.ended.set()


def main() -> None:
    """Serve until standard input ends."""
    with ApiServer(make_app(BareService()), Path(sys.argv[1])):
        sys.stdout.write("ready\n")
        sys.stdout.flush()
        sys.stdin.read()


if __name__ == "__main__":
    main()
