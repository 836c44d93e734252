"""A store that turns out to know another history while the station runs."""

import shutil
from pathlib import Path

from tests.e2e.conftest import Card
from tests.evd_station import EvdStation

END_S = 60.0


def test_a_running_station_signs_nothing_once_a_store_knows_better(
    new_station: EvdStation, cards: list[Card], tmp_path: Path
) -> None:
    station, share = new_station, tmp_path / "share"
    share.mkdir()
    other = station.copy_to(tmp_path / "other")
    other.ask("ingest", str(cards[0].path))
    text = station.config.read_text("utf-8")
    station.config.write_text(f'{text}\n[[stores]]\nname = "nas"\npath = "{share}"\n', "utf-8")
    station.ask("store", "register", "nas")
    with station.running(code=33) as process:
        for part in ("log", "notes", "seals"):
            shutil.copytree(other.archive / part, share / part, dirs_exist_ok=True)
        station.evd("ingest", str(cards[1].path))
        assert process.wait(END_S) == 33
    entries = station.site.entries()
    assert entries[-1]["act"] != "stop"
    [error] = station.ask("ingest", str(cards[1].path), code=33)
    assert error["code"] == "ROLLED_BACK"
    assert station.site.entries() == entries
