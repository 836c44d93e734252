"""The same commands while a daemon serves the archive, and by other users."""

import os
import tempfile
from pathlib import Path

import pytest

from tests.e2e.conftest import Card
from tests.evd_station import EvdStation
from tests.packages import assert_valid_bag

_NOBODY = 65534

needs_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root can become another user")


def test_a_daemon_answers_the_same(station: EvdStation, cards: list[Card], tmp_path: Path) -> None:
    rows = station.ask("find")
    alone = station.ask("show", rows[0]["id"])
    with station.running():
        assert station.ask("find") == rows
        assert station.ask("show", rows[0]["id"]) == alone
        summary = station.ask("ingest", str(cards[0].path), "--recorder", "R-9")[-1]
        assert (summary["new"], summary["failed"]) == (len(cards[0].manifest.objects), 0)
        target = tmp_path / "copy"
        station.ask("get", rows[0]["id"], "-o", str(target), "--purpose", "a look")
        assert target.stat().st_size == rows[0]["size_bytes"]
        assert station.evd("get", rows[0]["id"], "-o", "x").returncode == 63
        words = ("export", "--id", rows[0]["id"], "--purpose", "a look", "-o")
        station.ask(*words, str(tmp_path / "package"))
        assert_valid_bag(tmp_path / "package")
        assert station.ask("show", "0" * 32, code=60)
        services = [e for e in station.ask("doctor")[:-1] if e["name"] == "service"]
        assert services[0]["level"] == "ok"
        assert station.ask("verify", "--deep", "--key", station.key)[-1]["ok"]
        station.ask("backup", str(tmp_path / "backup"))
    assert station.ask("verify", "--deep", "--key", station.key)[-1]["ok"]


@needs_root
def test_another_user_needs_the_service(full_station: EvdStation, cards: list[Card]) -> None:
    with tempfile.TemporaryDirectory(prefix="evd-test-") as name:
        os.chmod(name, 0o755)
        theirs = full_station.copy_to(Path(name) / "station")
        for path in (theirs.folder, *theirs.folder.rglob("*")):
            os.chown(path, _NOBODY, _NOBODY)
        for words in (["find"], ["ingest", str(cards[0].path)], ["log", "head"]):
            [error] = theirs.ask(*words, code=91)
            assert error["code"] == "SERVICE_NOT_RUNNING"
        for written in (["catalog", "rebuild"], ["log", "succeed", "--reason", "x"]):
            assert theirs.ask(*written, code=70)[0]["code"] == "ACCESS_DENIED"
        assert theirs.ask("doctor", code=0)[1]["level"] == "warn"
        owners = {path.stat().st_uid for path in theirs.folder.rglob("*")}
        assert owners == {_NOBODY}
