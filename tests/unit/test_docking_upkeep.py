"""What the schedule does to the state database of a station with a further store."""

from pathlib import Path

from archive.clock import now_us
from archive.keys import load_log_key
from archive.state.database import StateDatabase
from archive.stores.share import register
from evidence_daemon.config.load import load
from evidence_daemon.config.schema import Config
from evidence_daemon.purpose import Purpose
from evidence_daemon.service.founding import found_station
from evidence_daemon.service.service import ArchiveService
from evidence_daemon.station.anchoring import AnchorWatch
from evidence_daemon.station.fixity import FixityWatch
from evidence_daemon.station.further_stores import DAY_US, FurtherStores
from evidence_daemon.station.upkeep import Upkeep

KIND = "test"


def station_with_a_store(folder: Path) -> Config:
    founded = found_station(folder / "station", "bureau", "dock-1")
    share = folder / "share"
    share.mkdir()
    register(share, "nas", load_log_key(founded.keys))
    text = founded.config_file.read_text("utf-8")
    founded.config_file.write_text(f'{text}\n[[stores]]\nname = "nas"\npath = "{share}"\n', "utf-8")
    return load(founded.config_file).config


def finish(state: StateDatabase, key: str, done_us: int) -> None:
    state.enqueue(KIND, [key], 1)
    job = state.claim(KIND, 1, 10)
    assert job is not None
    assert state.done(job, done_us)


def test_jobs_done_a_month_ago_are_forgotten(tmp_path: Path) -> None:
    config = station_with_a_store(tmp_path)
    service = ArchiveService(config, Purpose.COPY)
    try:
        with (
            FurtherStores(service, config, lambda _: None) as further,
            AnchorWatch(service, config) as anchors,
            Upkeep(service, further, FixityWatch(service, config.fixity), anchors) as upkeep,
            StateDatabase.open(config.archive.state_file) as state,
        ):
            finish(state, "old", now_us() - 31 * DAY_US)
            finish(state, "lately", now_us() - 29 * DAY_US)
            scheduled = {job.func: job for job in upkeep._scheduler.get_jobs()}
            scheduled[further.forget_done_jobs].func()
            assert state.enqueue(KIND, ["old", "lately"], 1) == 1
    finally:
        service.close()
