"""Stations that witness each other: real processes on loopback, and files carried by hand."""

import hashlib
import os
import signal
import socket
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from http import HTTPStatus
from pathlib import Path

import httpx
import pytest

from evidence_daemon.api.listener import is_listening
from hashing.checkpoint import Checkpoint
from hashing.cosignature import CosignerKey, cosignatures
from hashing.note import SignedNote, SigningKey, VerifierKey, sign
from hashing.witness import AddCheckpoint
from tests.evd_process import EVD, environment
from tests.evd_station import EvdStation

WAIT_S = 60.0


def wait_for(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + WAIT_S
    while not condition():
        assert time.monotonic() < deadline, "it never came true"
        time.sleep(0.1)


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port: int = probe.getsockname()[1]
        return port


class WitnessingStation:
    """A station that is a witness too."""

    def __init__(self, station: EvdStation) -> None:
        self.station = station
        self.port = free_port()
        [told] = station.ask("log", "witness", "init")
        self.vkey: str = told["verifier_key"]

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def trust(self, *keys: str) -> None:
        """Witness logs, on loopback."""
        logs = ", ".join(f'"{key}"' for key in keys)
        self.station.set("witness", f'listen = "127.0.0.1:{self.port}"\nlogs = [{logs}]')

    def be_witnessed_by(self, other: "WitnessingStation", *, carried: bool = False) -> None:
        text = self.station.config.read_text("utf-8")
        table = f'\n[[witnesses]]\nname = "other"\nvkey = "{other.vkey}"\n'
        table += "" if carried else f'url = "{other.url}"\n'
        self.station.config.write_text(text + table, "utf-8")

    def cosigned(self) -> list[dict[str, object]]:
        entries = self.station.site.entries()
        return [entry for entry in entries if entry["act"] == "witness"]


@pytest.fixture
def pair(tmp_path: Path) -> tuple[WitnessingStation, WitnessingStation]:
    """Two stations with nothing in common but that they know each other's keys."""
    ours, theirs = (
        WitnessingStation(EvdStation.init(tmp_path / name)) for name in ("ours", "theirs")
    )
    ours.trust(theirs.station.key)
    theirs.trust(ours.station.key)
    return ours, theirs


def policy(ours: WitnessingStation, theirs: WitnessingStation, path: Path) -> Path:
    text = f"log {ours.station.key}\nwitness other {theirs.vkey}\nquorum other\n"
    path.write_text(text, "utf-8")
    return path


def test_two_stations_witness_each_other(
    pair: tuple[WitnessingStation, WitnessingStation], tmp_path: Path
) -> None:
    ours, theirs = pair
    ours.be_witnessed_by(theirs)
    theirs.be_witnessed_by(ours)
    with theirs.station.running(), ours.station.running():
        wait_for(lambda: bool(ours.cosigned()) and bool(theirs.cosigned()))
        assert ours.station.evd("station", "status").returncode == 0
    for one, other in ((ours, theirs), (theirs, ours)):
        entry = one.cosigned()[0]
        assert (entry["vkey"], entry["method"]) == (other.vkey, "http")
        note = SignedNote.parse(
            (one.station.archive / f"log/checkpoints/{entry['size']}").read_bytes()
        )
        note.verify(VerifierKey.parse(one.station.key))
        assert cosignatures(note, [CosignerKey.parse(other.vkey)])
        words = ("verify", "--policy", str(policy(one, other, tmp_path / "policy.txt")))
        *findings, summary = one.station.ask(*words)
        assert {finding["code"] for finding in findings} == {"WITNESSED"}
        assert summary["origin_proven"] is True
        assert {"check": 16, "status": "pass"} in summary["checks"]


@contextmanager
def served(witness: WitnessingStation) -> Iterator[subprocess.Popen[bytes]]:
    """A witnessing station's daemon, to be killed or left."""
    command = [str(EVD), "--config", str(witness.station.config), "station", "run"]
    with subprocess.Popen(command, stderr=subprocess.DEVNULL, env=environment()) as process:
        try:
            wait_for(lambda: is_listening(witness.station.folder / "api.sock"))
            wait_for(lambda: _answers(witness))
            yield process
        finally:
            process.kill()


def _answers(witness: WitnessingStation) -> bool:
    try:
        httpx.get(f"{witness.url}/x/checkpoint", timeout=5)
    except httpx.TransportError:
        return False
    return True


def test_the_door_of_a_witness_forgets_nothing_when_it_is_killed(
    pair: tuple[WitnessingStation, WitnessingStation],
) -> None:
    """The answers of C2SP tlog-witness over real HTTP, a fork, and a kill between them."""
    ours, theirs = pair
    key = SigningKey.parse((ours.station.folder / "keys/log.key").read_text("ascii"))
    note = SignedNote.parse((ours.station.archive / "log/checkpoint").read_bytes())
    size = Checkpoint.parse(note.text).size
    forked = Checkpoint(key.name, size, b"\x07" * 32).body()
    fork = SignedNote.parse(sign(forked, [key]))

    def ask(old: int, signed: SignedNote) -> httpx.Response:
        body = AddCheckpoint(old, (), signed).encode()
        return httpx.post(f"{theirs.url}/add-checkpoint", content=body, timeout=30)

    place = f"{theirs.url}/{hashlib.sha256(key.name.encode()).hexdigest()}/checkpoint"
    with served(theirs) as process:
        assert httpx.get(place).status_code == HTTPStatus.NOT_FOUND
        cosigned = ask(0, note)
        assert cosigned.status_code == HTTPStatus.OK
        whole = SignedNote.parse(note.encode() + cosigned.content)
        [made] = cosignatures(whole, [CosignerKey.parse(theirs.vkey)])
        assert abs(made.time_s - time.time()) < 3600
        assert httpx.get(place).content == whole.encode()
        os.kill(process.pid, signal.SIGKILL)
    with served(theirs):
        conflict = ask(0, fork)
        assert (conflict.status_code, conflict.content) == (409, f"{size}\n".encode())
        assert conflict.headers["Content-Type"] == "text/x.tlog.size"
        assert ask(size, fork).status_code == HTTPStatus.UNPROCESSABLE_ENTITY
        assert ask(size + 1, fork).status_code == HTTPStatus.BAD_REQUEST
        assert ask(size, note).status_code == HTTPStatus.OK
        stranger = SigningKey.generate(key.name)
        unsigned = SignedNote.parse(sign(note.text, [stranger]))
        assert ask(size, unsigned).status_code == HTTPStatus.FORBIDDEN
        elsewhere = Checkpoint("bureau/dock-9/00000000", 1, b"\x07" * 32).body()
        unknown = SignedNote.parse(sign(elsewhere, [stranger]))
        assert ask(0, unknown).status_code == HTTPStatus.NOT_FOUND
        long = httpx.post(f"{theirs.url}/add-checkpoint", content=b"x" * (2 << 20))
        assert long.status_code == HTTPStatus.REQUEST_ENTITY_TOO_LARGE
        for content in (b"", b"\xff", b"old 0\n\nx"):
            answer = httpx.post(f"{theirs.url}/add-checkpoint", content=content)
            assert answer.status_code == HTTPStatus.BAD_REQUEST
        assert httpx.get(f"{theirs.url}/v1/health").status_code == HTTPStatus.NOT_FOUND


def test_a_station_stops_where_a_witness_has_seen_more(
    pair: tuple[WitnessingStation, WitnessingStation], tmp_path: Path
) -> None:
    """The archive is put back to an earlier state; only the witness remembers."""
    ours, theirs = pair
    ours.be_witnessed_by(theirs)
    earlier = ours.station.copy_to(tmp_path / "earlier")
    with ExitStack() as stack:
        stack.enter_context(theirs.station.running())
        with ours.station.running():
            wait_for(lambda: bool(ours.cosigned()))
        with earlier.running(code=33) as process:
            assert process.wait(WAIT_S) == 33
    entries = earlier.site.entries()
    assert entries[-1]["act"] != "stop"
    assert not [entry for entry in entries if entry["act"] == "witness"]


def test_a_witness_that_is_away_holds_nothing_up_and_is_named(
    pair: tuple[WitnessingStation, WitnessingStation], tmp_path: Path
) -> None:
    ours, theirs = pair
    ours.be_witnessed_by(theirs)
    (tmp_path / "card").mkdir()
    (tmp_path / "card/a.mp4").write_bytes(b"footage")
    with ours.station.running():
        summary = ours.station.ask("ingest", str(tmp_path / "card"))[-1]
        assert summary["new"] == 1
        wait_for(lambda: "Witness other" in ours.station.evd("station", "status").stderr)
    assert ours.cosigned() == []


def test_a_door_that_cannot_be_opened_is_named_and_stops_nothing(
    pair: tuple[WitnessingStation, WitnessingStation],
) -> None:
    ours, _ = pair
    (ours.station.folder / "keys/witness.key").unlink()
    with ours.station.running():
        told = ours.station.evd("station", "status").stderr
    assert "other logs are not witnessed: cannot read key file" in told


def test_files_are_carried_where_no_network_reaches(
    pair: tuple[WitnessingStation, WitnessingStation], tmp_path: Path
) -> None:
    ours, theirs = pair
    ours.be_witnessed_by(theirs, carried=True)
    asked, cosigned = tmp_path / "request.txt", tmp_path / "cosigned.txt"

    def carry() -> int:
        [told] = ours.station.ask("log", "witness", "request", "-o", str(asked))
        theirs.station.ask("log", "witness", "sign", str(asked), "-o", str(cosigned))
        [added] = ours.station.ask("log", "witness", "add", str(cosigned))
        assert (added["witness"], added["size"]) == ("other", told["to"])
        return int(told["from"])

    assert carry() == 0
    first = ours.cosigned()[0]["size"]
    assert carry() == first
    assert [entry["method"] for entry in ours.cosigned()] == ["carried", "carried"]
    words = ("log", "witness", "request", "--from", "0", "-o", str(asked))
    ours.station.ask(*words)
    sign_it = ("log", "witness", "sign", str(asked), "-o", str(cosigned))
    [refused] = theirs.station.ask(*sign_it, code=66)
    assert refused["code"] == "WITNESS_REFUSES"
    assert f"--from {ours.cosigned()[1]['size']}" in refused["detail"]
    verified = ("verify", "--policy", str(policy(ours, theirs, tmp_path / "policy.txt")))
    assert {"check": 16, "status": "pass"} in ours.station.ask(*verified)[-1]["checks"]


def test_what_cannot_be_carried(
    pair: tuple[WitnessingStation, WitnessingStation], tmp_path: Path
) -> None:
    ours, theirs = pair
    asked = tmp_path / "request.txt"
    request = ("log", "witness", "request", "-o", str(asked))
    assert ours.station.ask(*request, code=80)[0]["code"] == "CONFIG"
    ours.be_witnessed_by(theirs, carried=True)
    beyond = (*request, "--from", "99999")
    assert ours.station.ask(*beyond, code=3)[0]["code"] == "NO_SUCH_PROOF"
    stranger = (*request, "--witness", "stranger")
    assert ours.station.ask(*stranger, code=2)[0]["code"] == "USAGE"
    ours.station.ask(*request)
    head = tmp_path / "head.txt"
    head.write_bytes((ours.station.archive / "log/checkpoint").read_bytes())
    assert ours.station.ask("log", "witness", "add", str(head), code=2)[0]["code"] == "USAGE"
    garbage = tmp_path / "garbage.txt"
    garbage.write_bytes(b"\xffnothing")
    assert ours.station.ask("log", "witness", "add", str(garbage), code=30)
    for station, file, code in ((theirs, garbage, 30), (ours, asked, 66)):
        words = ("log", "witness", "sign", str(file), "-o", str(tmp_path / "out.txt"))
        assert station.station.ask(*words, code=code)
    assert not (tmp_path / "out.txt").exists()
    assert ours.station.ask("log", "witness", "init", code=50)
