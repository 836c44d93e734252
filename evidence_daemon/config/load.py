"""Putting the sources in order: option over environment over file over default."""

import hashlib
import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import orjson
from pydantic import ValidationError

from evidence_daemon.config.problems import ConfigInvalid, problem_of
from evidence_daemon.config.schema import Config
from evidence_daemon.config.shape import Key, leaves
from evidence_daemon.config.sources import (
    Origin,
    Source,
    environment_source,
    file_source,
    option_source,
)

SYSTEM_FILE = Path("/etc/evidence-daemon/config.toml")


@dataclass(frozen=True, slots=True)
class LoadedConfig:
    """A valid configuration and where its values come from.

    Attributes:
        config: The settings.
        file: The file that was read, None when there is none.
        sources: What was merged, the strongest first.
    """

    config: Config
    file: Path | None
    sources: tuple[Source, ...]

    @property
    def sha256(self) -> str:
        """Digest of the settings in force; see :func:`settings_sha256`."""
        return settings_sha256(self.config)

    def origin(self, key: Key) -> Origin:
        """Where the value of a key comes from."""
        holders = (source for source in self.sources if source.has(key))
        holder = next(holders, None)
        return holder.origin(key) if holder else Origin("default")

    def values(self) -> Iterator[tuple[Key, object, Origin]]:
        """Every value in force, with its key and origin; paths as text."""
        for key, value in leaves(self.config.model_dump(mode="json")):
            yield key, value, self.origin(key)


def settings_sha256(config: Config) -> str:
    """Digest of the settings in force, wherever they come from.

    SHA-256 over their JSON with sorted keys and no white space, defaults included.
    """
    settings = config.model_dump(mode="json")
    return hashlib.sha256(orjson.dumps(settings, option=orjson.OPT_SORT_KEYS)).hexdigest()


def find_file(named: Path | None) -> Path | None:
    """The configuration file: ``--config``, ``EVD_CONFIG``, or the system's if it is there.

    The working folder is not searched: it may be a recorder's card.
    """
    if named is not None:
        return named
    if variable := os.environ.get("EVD_CONFIG"):
        return Path(variable)
    return SYSTEM_FILE if SYSTEM_FILE.exists() else None


def load(named: Path | None = None, options: Mapping[Key, object] | None = None) -> LoadedConfig:
    """Read the configuration.

    Args:
        named: The file given with ``--config``.
        options: Settings given as options of a command, by key.

    Raises:
        ConfigNotFound: A file was named that is not there.
        ConfigUnreadable: The file cannot be read, or is not TOML.
        ConfigInvalid: A setting is unknown, missing or wrong.
    """
    path = find_file(named)
    from_file = [file_source(path)] if path else []
    sources = (option_source(options or {}), environment_source(), *from_file)
    return LoadedConfig(_valid(sources), path.absolute() if path else None, sources)


def from_options(options: Mapping[Key, object]) -> Config:
    """The settings that options alone give: no file and no environment is read.

    Raises:
        ConfigInvalid: A setting is wrong.
    """
    return _valid((option_source(options),))


def _valid(sources: Sequence[Source]) -> Config:
    merged: dict[str, Any] = {}
    for source in reversed(sources):
        _merge(merged, source.data)
    try:
        return Config(**merged)
    except ValidationError as error:
        found = error.errors(include_url=False)
        raise ConfigInvalid(
            problem_of(one, lambda key: _place(sources, key)) for one in found
        ) from error


def _merge(into: dict[str, Any], data: Mapping[str, Any]) -> None:
    for name, value in data.items():
        if isinstance(value, dict):
            table = into.get(name)
            into[name] = dict(table) if isinstance(table, dict) else {}
            _merge(into[name], value)
        else:
            into[name] = value


def _place(sources: Sequence[Source], key: Key) -> str:
    """Where a person would look for a key: where it stands, or where its table does."""
    for length in range(len(key), 0, -1):
        for source in sources:
            if source.has(key[:length]):
                return str(source.origin(key))
    return ""
