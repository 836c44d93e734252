"""The station does not run on beside a log that takes nothing more."""

from types import SimpleNamespace
from typing import Any, cast

from archive.log.writer import LogClosed
from evidence_daemon.config.load import LoadedConfig
from evidence_daemon.config.schema import Config
from evidence_daemon.station.daemon import StationProcess


def test_a_station_whose_log_was_stopped_ends_with_its_error() -> None:
    process = StationProcess(cast("LoadedConfig", SimpleNamespace(config=Config())))
    fault = LogClosed("the log was stopped")
    service = SimpleNamespace(
        archive=SimpleNamespace(log=SimpleNamespace(fault=fault)),
        status_line=lambda: "idle",
        witnesses=SimpleNamespace(troubles=list),
    )
    server = SimpleNamespace(is_alive=True)
    folders = SimpleNamespace(rescan_age_s=lambda: 0.0)
    further = SimpleNamespace(troubles=list)
    anchors = SimpleNamespace(status=list)
    parts: tuple[Any, ...] = (service, server, folders, further, anchors)
    process._pulse(*parts)
    assert process._fatal is fault
