"""A station with a recorder that stays docked: what metadata vouched for is read whole."""

import os
import random
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from tests.archives import assert_sound
from tests.evd_station import EvdStation

WAIT_S = 60.0
SIZE = 300_000
BETWEEN_SAMPLES = 5000
RECORDED_NS = 1_700_000_000_000_000_000


def _lay(card: Path, name: str, data: bytes) -> None:
    card.mkdir(parents=True, exist_ok=True)
    path = card / name
    path.write_bytes(data)
    os.utime(path, ns=(RECORDED_NS, RECORDED_NS))


def _until(true: Callable[[], Any]) -> None:
    deadline = time.monotonic() + WAIT_S
    while not true():
        assert time.monotonic() < deadline
        time.sleep(0.1)


def test_a_recorder_that_stays_docked_is_read_whole(
    new_station: EvdStation, tmp_path: Path
) -> None:
    station, drop = new_station, tmp_path / "drop"
    drop.mkdir()
    genuine = {f"{n}.mp4": random.Random(n).randbytes(SIZE) for n in range(3)}
    for name, data in genuine.items():
        _lay(tmp_path / "4560001", name, data)
    assert station.ask("ingest", str(tmp_path / "4560001"))[-1]["new"] == 3
    forged = bytearray(genuine["1.mp4"])
    forged[BETWEEN_SAMPLES] ^= 1
    _lay(tmp_path / "4560001", "1.mp4", bytes(forged))
    for line in (
        f'drop_folders = ["{drop}"]',
        "stable_s = 0",
        "rescan_s = 1",
        "reread_days = 1e-9",
    ):
        station.set("station", line)
    with station.running():
        (tmp_path / "4560001").rename(drop / "4560001")
        _until(lambda: len(station.site.acts("ingest")) == 4)
        _until(lambda: [e["proof"] for e in station.site.acts("sighting")].count("content") == 2)
        [slot] = station.ask("station", "status")
        assert (slot["status"], slot["known"], slot["failed"]) == ("safe_to_remove", 3, 0)
    site = station.site
    [alarm] = site.acts("alarm")
    [first, second] = [entry for entry in site.acts("ingest") if entry["path"] == "1.mp4"]
    assert (alarm["alarm"], alarm["subject"]) == ("metadata_deceived", first["recording"])
    assert first["recording"] != second["recording"]
    assert site.objects()[second["object"]["sha256"]].read_bytes() == forged
    proofs = [(e["path"], e["proof"]) for e in site.acts("sighting")]
    metadata = [("0.mp4", "metadata"), ("1.mp4", "metadata"), ("2.mp4", "metadata")]
    assert proofs == [*metadata, ("0.mp4", "content"), ("2.mp4", "content")]
    assert_sound(site)
    assert station.ask("verify", "--deep", "--key", station.key)[-1]["ok"]
