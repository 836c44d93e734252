"""Founding a station: archive, key, state and configuration in one new folder."""

import os
from dataclasses import dataclass
from pathlib import Path

from archive.archive import create_archive
from archive.durable import create_exclusive, make_directory
from archive.errors import StorageError
from archive.keys import LOG_KEY
from archive.state.database import StateDatabase
from evidence_daemon.config.example import render
from evidence_daemon.config.load import from_options
from evidence_daemon.config.shape import Key
from hashing.errors import Bilingual
from hashing.note import VerifierKey

CONFIG_FILE = "config.toml"


class StationExists(StorageError):  # noqa: N818 - named for the state
    """A station is to be founded where there is one."""

    code = "STATION_EXISTS"
    meaning = Bilingual(
        zh="没有任何改变；已有的档案库、密钥和配置保持原样。",
        en="Nothing was changed; the archive, key and settings there stay as they are.",
    )
    action = Bilingual(
        zh="使用已有的采集站，或指定另一个文件夹。",
        en="Use the station that is there, or name another folder.",
    )


@dataclass(frozen=True, slots=True)
class Founded:
    """A new station.

    Attributes:
        config_file: Its configuration; every path below stands in it.
        archive: Its archive.
        keys: The folder of its signing key.
        state_file: Its state database.
        key: The verifier key, to be kept elsewhere.
    """

    config_file: Path
    archive: Path
    keys: Path
    state_file: Path
    key: VerifierKey


def found_station(folder: Path, organisation: str, station: str) -> Founded:
    """Make a station.

    Args:
        folder: Where; absolute. Made where absent.
        organisation: First part of the log's origin.
        station: Second part of the log's origin.

    Raises:
        StationExists: There is a part of a station already; nothing was changed.
        ConfigInvalid: A name or a path cannot be part of a configuration.
        StorageError: The disk refused.
    """
    values: dict[Key, object] = {
        ("archive", "directory"): str(folder / "archive"),
        ("archive", "keys_directory"): str(folder / "keys"),
        ("archive", "state_file"): str(folder / "state.sqlite"),
        ("archive", "organisation"): organisation,
        ("archive", "station"): station,
        ("station", "socket"): str(folder / "api.sock"),
    }
    settings = from_options(values).archive
    config_file = folder / CONFIG_FILE
    for part in (settings.directory, settings.keys_directory / LOG_KEY, config_file):
        if os.path.lexists(part):
            raise StationExists(f"{part} is there already")
    make_directory(folder)
    key = create_archive(settings.directory, settings.keys_directory, organisation, station)
    StateDatabase.open(settings.state_file).close()
    create_exclusive(config_file, render(values).encode())
    return Founded(
        config_file, settings.directory, settings.keys_directory, settings.state_file, key
    )
