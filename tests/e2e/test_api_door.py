"""The one door by both ways: through a real socket and within the process."""

import os
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from pathlib import Path
from typing import Any

import pytest
from fastapi import FastAPI

from evidence_daemon import __version__
from evidence_daemon.api.client import ApiClient, connect, connect_to_daemon
from evidence_daemon.api.server import ApiServer
from evidence_daemon.error_report import RelayedError
from evidence_daemon.errors import ServiceBroken
from tests.api_host import HOSTILE, BareService, make_app


@pytest.fixture
def service() -> BareService:
    return BareService()


@contextmanager
def _reached(app: FastAPI, socket_path: Path, way: str) -> Iterator[ApiClient]:
    uid = os.geteuid()
    with (
        ApiServer(app, socket_path) if way == "socket" else nullcontext(),
        connect(socket_path, owner_uid=uid, in_process=lambda: nullcontext(app)) as client,
    ):
        yield client


@pytest.fixture(params=["socket", "in_process"])
def way(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def client(service: BareService, tmp_path: Path, way: str) -> Iterator[ApiClient]:
    with _reached(make_app(service), tmp_path / "api.sock", way) as client:
        yield client


def test_health_says_who_asks(client: ApiClient) -> None:
    health = client.get("/health")
    assert health["version"] == __version__
    assert health["status"] == "ok"
    assert (health["peer"]["uid"], health["peer"]["gid"]) == (os.geteuid(), os.getegid())
    assert health["peer"]["actor"].startswith(f"uid:{os.geteuid()}")


def test_a_body_arrives_as_it_was_sent(client: ApiClient) -> None:
    body = {"path": "证据/" + HOSTILE, "n": [1, None, True]}
    assert client.post("/try/echo", body)["body"] == body


def test_a_long_stream_arrives_whole(client: ApiClient) -> None:
    rows = list(client.lines("GET", "/try/rows", params={"count": 20_000}))
    assert [row["n"] for row in rows] == list(range(20_000))
    assert {row["name"] for row in rows} == {HOSTILE}


def test_an_empty_stream_is_empty(client: ApiClient) -> None:
    assert list(client.lines("GET", "/try/rows", params={"count": 0})) == []


def test_records_come_while_the_work_still_runs(client: ApiClient, service: BareService) -> None:
    records = client.lines("GET", "/try/waits")
    assert next(records) == {"n": 0}
    service.go.set()  # had the stream been held back until its end, this would never be reached
    assert list(records)[-1] == {"n": 1}
    assert service.ended.wait(10)


def test_a_reader_that_leaves_ends_the_stream(client: ApiClient, service: BareService) -> None:
    records = client.lines("GET", "/try/waits")
    assert next(records) == {"n": 0}
    del records
    assert service.ended.wait(10)


def test_a_typed_error_keeps_its_code_and_words(client: ApiClient) -> None:
    with pytest.raises(RelayedError) as caught:
        client.get("/try/refuses")
    report = caught.value.report
    assert (report.code, report.exit_code, report.detail) == ("DISK_FULL", 52, "no room for a.mp4")
    assert report.meaning.zh.startswith("已停止采集")


def test_a_typed_error_ends_a_stream_after_its_records(client: ApiClient) -> None:
    records = client.lines("GET", "/try/fails", params={"how": "typed", "after": 3})
    assert [next(records)["n"] for _ in range(3)] == [0, 1, 2]
    with pytest.raises(RelayedError, match="no room"):
        next(records)


@pytest.mark.parametrize("path", ["/nowhere", "/try/rows", "/try/rows?count=many"])
def test_a_wrong_question_is_wrong_usage(client: ApiClient, path: str) -> None:
    with pytest.raises(RelayedError) as caught:
        client.get(path)
    assert (caught.value.report.code, caught.value.report.exit_code) == ("USAGE", 2)


@pytest.mark.parametrize("way", ["in_process"])
def test_within_the_process_a_defect_is_raised_as_it_is(client: ApiClient) -> None:
    with pytest.raises(ZeroDivisionError, match="a defect"):
        client.get("/try/defect")
    with pytest.raises(ZeroDivisionError, match="a defect"):
        list(client.lines("GET", "/try/fails", params={"how": "defect", "after": 2}))
    assert client.get("/health")["status"] == "ok"


@pytest.mark.parametrize("way", ["socket"])
def test_through_the_socket_a_defect_is_told_and_the_server_lives(client: ApiClient) -> None:
    with pytest.raises(RelayedError) as caught:
        client.get("/try/defect")
    assert (caught.value.report.code, caught.value.report.exit_code) == ("INTERNAL", 3)
    with pytest.raises(ServiceBroken):
        list(client.lines("GET", "/try/fails", params={"how": "defect", "after": 2}))
    assert client.get("/health")["status"] == "ok"


def test_a_server_whose_loop_hangs_is_not_alive(service: BareService, tmp_path: Path) -> None:
    app = make_app(service)

    @app.get("/v1/try/hangs")
    async def hangs() -> dict[str, Any]:
        service.ended.set()
        service.go.wait()  # blocks the loop itself, as no route may
        return {}

    path = tmp_path / "api.sock"
    with ApiServer(app, path) as server, connect_to_daemon(path) as client:
        before = server.is_alive
        asking = threading.Thread(target=client.get, args=("/try/hangs",))
        asking.start()
        assert service.ended.wait(10)
        later_s = time.monotonic() + 3600
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(time, "monotonic", lambda: later_s)
            during = server.is_alive
        service.go.set()
        asking.join()
    assert (before, during) == (True, False)


def test_a_server_that_stops_breaks_off_what_does_not_end(
    service: BareService, tmp_path: Path
) -> None:
    path = tmp_path / "api.sock"
    server = ApiServer(make_app(service), path)
    with connect_to_daemon(path) as client:
        records = client.lines("GET", "/try/waits")
        next(records)
        stopping = threading.Thread(target=server.stop)
        stopping.start()
        with pytest.raises(ServiceBroken):
            list(records)
        stopping.join()
    assert not server.is_alive
    assert not path.exists()
