"""Tokens through real processes: asked for by hand, after a shift, and after a time offline."""

import shutil
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from hashing.timestamp import read_roots
from tests.evd_process import records, run
from tests.evd_station import EvdStation
from tests.tsa import Authority, openssl_verifies
from tests.tsa_server import TsaServer, serving

_PATIENCE_S = 90.0


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return Authority(tmp_path_factory.mktemp("tsa"))


@pytest.fixture
def server(authority: Authority) -> Iterator[TsaServer]:
    with serving(authority) as running:
        yield running


def configure(station: EvdStation, server: TsaServer, name: str = "tsa-1") -> None:
    """Let the station know an authority."""
    with station.config.open("a") as file:
        roots = server.authority.roots_file
        file.write(f'\n[[timestamps]]\nname = "{name}"\nurl = "{server.url}"\nroots = "{roots}"\n')
        file.write("timeout_s = 20\n")


def body_of(station: EvdStation, size: int) -> bytes:
    note = (station.archive / f"log/checkpoints/{size}").read_bytes()
    return note.partition(b"\n\n")[0] + b"\n"


def test_stamped_by_hand(new_station: EvdStation, server: TsaServer, tmp_path: Path) -> None:
    configure(new_station, server)
    configure(new_station, server, "tsa-2")
    first, second = new_station.ask("log", "stamp")
    assert [one["authority"] for one in (first, second)] == ["tsa-1", "tsa-2"]
    assert first["signature"] == "verified"
    (third,) = new_station.ask("log", "stamp", "--authority", "tsa-2")
    stamps = new_station.site.acts("stamp")
    assert [one["seq"] for one in (first, second, third)] == [one["seq"] for one in stamps]
    for entry in stamps:
        answer = new_station.archive / f"log/timestamps/{entry['size']}/{entry['authority']}.tsr"
        body = body_of(new_station, entry["size"])
        roots = server.authority.roots_file
        assert openssl_verifies(answer.read_bytes(), body, roots, tmp_path)


def test_verified_with_roots_and_held_against_a_known_token(
    new_station: EvdStation, server: TsaServer, tmp_path: Path
) -> None:
    configure(new_station, server)
    (stamped,) = new_station.ask("log", "stamp")
    token = new_station.archive / f"log/timestamps/{stamped['size']}/tsa-1.tsr"
    kept = tmp_path / "kept.tsr"
    kept.write_bytes(token.read_bytes())
    folder, key = str(new_station.folder), ("--key", new_station.key)

    def verify(*words: str, code: int) -> tuple[list[str], dict[str, Any]]:
        """Without a configuration, as an auditor does."""
        done = run("verify", folder, *key, *words, "--json")
        assert done.returncode == code, (done.stdout, done.stderr)
        *findings, summary = records(done.stdout)
        statuses = {each["check"]: each["status"] for each in summary["checks"]}
        return [each["code"] for each in findings], {**summary, "statuses": statuses}

    roots = ("--tsa-root", str(server.authority.roots_file))
    codes, summary = verify(*roots, "--known", str(kept), code=0)
    assert codes == ["STAMPED", "STAMPED"]
    assert (summary["statuses"][9], summary["statuses"][15]) == ("pass", "pass")
    codes, summary = verify(code=0)
    assert (codes, summary["statuses"][15]) == ([], "not_checked")
    *_, summary = new_station.ask("verify", "--key", new_station.key)
    assert {"check": 15, "status": "pass"} in summary["checks"], "the configured roots"
    token.write_bytes(b"x" + token.read_bytes()[1:])
    codes, summary = verify(code=32)
    assert (codes, summary["statuses"][15]) == (["MALFORMED_TIMESTAMP"], "fail")
    shutil.rmtree(new_station.archive)
    other = EvdStation.init(tmp_path / "other")
    shutil.copytree(other.archive, new_station.archive)
    done = run("verify", folder, "--known", str(kept), "--json")
    assert done.returncode == 33


def test_a_package_takes_the_token_and_the_configured_roots_along(
    new_station: EvdStation, server: TsaServer, tmp_path: Path
) -> None:
    configure(new_station, server)
    card = tmp_path / "card"
    card.mkdir()
    (card / "V_0001.mp4").write_bytes(b"footage")
    new_station.ask("ingest", str(card))
    (stamped,) = new_station.ask("log", "stamp")
    (recording, *_) = new_station.ask("find")
    package = tmp_path / "package"
    words = ("--id", recording["id"], "-o", str(package), "--purpose", "court")
    new_station.ask("export", *words)
    roots = package / "proof/authorities/tsa-1.pem"
    assert read_roots(roots.read_bytes()) == read_roots(server.authority.roots_file.read_bytes())
    pinned = ("--key", new_station.key, "--tsa-root", str(server.authority.roots_file))
    done = run("verify", str(package), *pinned, "--json")
    assert done.returncode == 0, (done.stdout, done.stderr)
    (finding,) = (one for one in records(done.stdout) if one.get("code") == "STAMPED")
    assert f"entries 0 to {stamped['size'] - 1} existed by" in finding["detail"]


def test_doctor_tells_how_far_tokens_reach(new_station: EvdStation, server: TsaServer) -> None:
    def told() -> list[tuple[str, str]]:
        *observations, _ = records(new_station.evd("--json", "doctor").stdout)
        return [
            (each["level"], each["words"]["en"])
            for each in observations
            if each["name"] == "timestamps"
        ]

    new_station.ask("log", "head")  # which makes the catalog
    assert [level for level, _ in told()] == ["warn"]
    configure(new_station, server)
    ((level, words),) = told()
    assert (level, words.split(" of ")[0]) == ("warn", "There is no token")
    new_station.ask("log", "stamp")
    ((level, words),) = told()
    assert level == "ok"
    assert words.endswith("0 came after it.")


def test_nobody_to_ask(new_station: EvdStation, server: TsaServer) -> None:
    (error,) = new_station.ask("log", "stamp", code=80)
    assert error["code"] == "CONFIG"
    configure(new_station, server)
    (error,) = new_station.ask("log", "stamp", "--authority", "other", code=2)
    server.mode = "error"
    (error,) = new_station.ask("log", "stamp", code=98)
    assert error["code"] == "AUTHORITY_UNAVAILABLE"
    assert "secret" not in new_station.evd("log", "stamp").stderr


def test_stamped_after_a_shift_once_the_network_is_back(
    new_station: EvdStation, server: TsaServer, tmp_path: Path
) -> None:
    configure(new_station, server)
    new_station.set("anchoring", "quiet_min = 0")
    server.mode = "error"
    card = tmp_path / "card"
    card.mkdir()
    (card / "V_0001.mp4").write_bytes(b"footage")
    with new_station.running():
        new_station.ask("ingest", str(card))
        wait_for(lambda: server.asked > 0)
        assert not new_station.site.acts("stamp")
        server.mode = "good"
        (by_hand,) = new_station.ask("log", "stamp")
        assert new_station.ask("station", "status")
    (entry,) = new_station.site.acts("stamp")
    assert entry["seq"] == by_hand["seq"]


def test_stamped_by_the_station_itself(
    new_station: EvdStation, server: TsaServer, tmp_path: Path
) -> None:
    configure(new_station, server)
    new_station.set("anchoring", "quiet_min = 0")
    card = tmp_path / "card"
    card.mkdir()
    (card / "V_0001.mp4").write_bytes(b"footage")
    with new_station.running():
        new_station.ask("ingest", str(card))
        wait_for(lambda: bool(new_station.site.acts("stamp")))
    entries = new_station.site.entries()
    (stamp,) = [entry for entry in entries if entry["act"] == "stamp"]
    (ingest,) = [entry for entry in entries if entry["act"] == "ingest"]
    assert stamp["size"] > ingest["seq"]


def test_a_hanging_authority_holds_nothing_up(
    new_station: EvdStation, server: TsaServer, tmp_path: Path
) -> None:
    """Neither intake nor the stop of the station."""
    configure(new_station, server)
    new_station.set("anchoring", "every_h = 0.1\nquiet_min = 0")
    server.mode = "hang"
    card = tmp_path / "card"
    card.mkdir()
    (card / "V_0001.mp4").write_bytes(b"footage")
    (card / "V_0002.mp4").write_bytes(b"more")
    with new_station.running():
        new_station.ask("ingest", str(card))
        wait_for(lambda: server.asked > 0)
        (card / "V_0003.mp4").write_bytes(b"and more")
        *_, summary = new_station.ask("ingest", str(card))
        assert summary["new"] == 1
    assert new_station.site.acts("stop")


def wait_for(condition: Callable[[], bool]) -> None:
    """Wait until something has happened."""
    deadline = time.monotonic() + _PATIENCE_S
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.2)
