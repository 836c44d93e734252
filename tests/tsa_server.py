"""Time-stamping authorities over HTTP on loopback: a real one, and ones that misbehave."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import ClassVar

from tests.tsa import Authority

ANSWER_TYPE = "application/timestamp-reply"


class TsaServer(ThreadingHTTPServer):
    """A server whose behaviour may be changed while it runs.

    Attributes:
        mode: ``good``, or what is wrong with it.
        asked: How many requests have come.
    """

    daemon_threads = True
    block_on_close = False

    def __init__(self, authority: Authority) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.authority = authority
        self.mode = "good"
        self.asked = 0
        self.gone = threading.Event()
        self.one_at_a_time = threading.Lock()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}/tsa?contract=secret"


class _Handler(BaseHTTPRequestHandler):
    server: TsaServer

    def do_POST(self) -> None:
        self.server.asked += 1
        request = self.rfile.read(int(self.headers["Content-Length"]))
        behave = self.MODES[self.server.mode]
        behave(self, request)

    def _good(self, request: bytes) -> None:
        assert self.headers["Content-Type"] == "application/timestamp-query"
        with self.server.one_at_a_time:
            self._answer(self.server.authority.answer(request))

    def _answer(self, body: bytes, status: int = 200, **headers: str) -> None:
        self.send_response(status)
        told = {"Content_Type": ANSWER_TYPE, "Content_Length": str(len(body))} | headers
        for name, value in told.items():
            self.send_header(name.replace("_", "-"), value)
        self.end_headers()
        self.wfile.write(body)

    def _hang(self, _: bytes) -> None:
        self.server.gone.wait(30)

    def _drip(self, _: bytes) -> None:
        """A byte now and then, for ever."""
        self.send_response(200)
        self.send_header("Content-Type", ANSWER_TYPE)
        self.end_headers()
        while not self.server.gone.wait(0.05):
            try:
                self.wfile.write(b"\x30")
                self.wfile.flush()
            except OSError:
                return

    def _huge(self, _: bytes) -> None:
        self.send_response(200)
        self.send_header("Content-Type", ANSWER_TYPE)
        self.end_headers()
        try:
            while not self.server.gone.is_set():
                self.wfile.write(bytes(1 << 16))
        except OSError:
            return

    MODES: ClassVar[dict[str, Callable[["_Handler", bytes], None]]] = {
        "good": _good,
        "hang": _hang,
        "drip": _drip,
        "huge": _huge,
        "garbage": lambda self, _: self._answer(b"not a token at all"),
        "page": lambda self, _: self._answer(b"<html>", Content_Type="text/html"),
        "error": lambda self, _: self._answer(b"", 503),
        "redirect": lambda self, _: self._answer(b"", 302, Location=self.server.url),
        "compressed": lambda self, _: self._answer(b"", Content_Encoding="gzip"),
        "cut": lambda self, _: self._answer(b"0", Content_Length="1000"),
    }

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@contextmanager
def serving(authority: Authority) -> Iterator[TsaServer]:
    """A running server."""
    server = TsaServer(authority)
    thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
    thread.start()
    try:
        yield server
    finally:
        server.gone.set()
        server.shutdown()
        thread.join()
        server.server_close()
