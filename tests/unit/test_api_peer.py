import asyncio
import os
import socket
import threading

import httpx
import pytest
from uvicorn import Config, Server

from evidence_daemon.api.peer import Peer, PeerProtocol, read_peer
from tests.api_host import BareService, make_app


def test_the_kernel_tells_who_connected() -> None:
    left, right = socket.socketpair(socket.AF_UNIX)
    with left, right:
        assert read_peer(left) == Peer(os.getpid(), os.geteuid(), os.getegid())


def test_other_sockets_have_no_peer() -> None:
    with socket.socket(socket.AF_INET) as network:
        assert read_peer(network) is None


def test_an_actor_is_a_number_with_a_name_where_there_is_one() -> None:
    assert Peer(1, 0, 0).actor == "uid:0/root"
    assert Peer(1, 3_999_999_999, 0).actor == "uid:3999999999"


def _refused(response: httpx.Response) -> None:
    assert response.status_code == 403
    assert (response.json()["code"], response.json()["exit_code"]) == ("PEER_UNKNOWN", 71)


@pytest.mark.parametrize("path", ["/v1/health", "/openapi.json", "/nowhere"])
def test_without_credentials_nothing_is_answered(path: str) -> None:
    async def ask() -> httpx.Response:
        transport = httpx.ASGITransport(make_app(BareService()))
        async with httpx.AsyncClient(transport=transport, base_url="http://evd") as client:
            return await client.get(path, headers={"peer": "0", "x-peer": "0"})

    _refused(asyncio.run(ask()))


def test_a_network_socket_carries_no_credentials() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        config = Config(make_app(BareService()), http=PeerProtocol, lifespan="off", log_config=None)
        server = Server(config)
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]})
        thread.start()
        port = listener.getsockname()[1]
        _refused(httpx.get(f"http://127.0.0.1:{port}/v1/health", trust_env=False))
        server.should_exit = True
        thread.join()
