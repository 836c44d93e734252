"""A further store that never answers costs a question nothing."""

from pathlib import Path

from tests.evd_station import EvdStation
from tests.faults.broken_share import broken, needs_mounts

LONGER_THAN_ANY_TEST_S = 3600


@needs_mounts
def test_a_question_waits_for_no_store(tmp_path: Path) -> None:
    card, share = tmp_path / "4560001", tmp_path / "share"
    for folder in (card, share):
        folder.mkdir()
    (card / "1.mp4").write_bytes(b"footage")
    station = EvdStation.init(tmp_path / "station")
    station.ask("ingest", str(card))
    text = station.config.read_text("utf-8")
    store = f'[[stores]]\nname = "nas"\npath = "{share}"\n'
    station.config.write_text(f"{text}\n{store}", "utf-8")
    station.ask("store", "register", "nas")
    patient = f"{text}\n{store}deadline_s = {LONGER_THAN_ANY_TEST_S}\n"
    station.config.write_text(patient, "utf-8")
    entries = station.site.entries()
    with broken(share, None):
        [row] = station.ask("find")
        for command in ("show", "custody", "why"):
            assert station.ask(command, row["id"])
        station.ask("log", "head")
        assert station.site.entries() == entries
        impatient = patient.replace(str(LONGER_THAN_ANY_TEST_S), "1")
        station.config.write_text(impatient, "utf-8")
        copy = tmp_path / "copy"
        station.ask("get", row["id"], "-o", str(copy), "--purpose", "a look")
    assert copy.read_bytes() == b"footage"
    assert len(station.site.entries()) == len(entries) + 1
