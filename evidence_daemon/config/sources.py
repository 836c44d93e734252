"""Where settings come from: the file, the environment and options, each with its places.

A source is nested data plus, for each value in it, the place that a person would have to
edit. Relative paths are made absolute here, because only here is it known what they are
relative to.
"""

import os
import re
import tomllib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel
from pydantic.fields import FieldInfo
from pydantic_settings import EnvSettingsSource

from evidence_daemon.config.problems import ConfigInvalid, Problem
from evidence_daemon.config.schema import ENV_DELIMITER, ENV_PREFIX, Config
from evidence_daemon.config.shape import Key, shape_of
from evidence_daemon.errors import ConfigNotFound, ConfigUnreadable

RESERVED_VARIABLES = frozenset({"EVD_CONFIG", "EVD_LANG", "EVD_DEBUG"})
"""Variables of the command line that are not settings."""

_HEADER = re.compile(r"\s*(\[\[?)\s*([A-Za-z0-9_.\- \t]+?)\s*\]")
_ASSIGNMENT = re.compile(r"\s*([A-Za-z0-9_.\- \t]+?)\s*=")


@dataclass(frozen=True, slots=True)
class Origin:
    """Where a value comes from.

    Attributes:
        source: Which kind of source.
        where: File and line, variable or option; empty for a default.
    """

    source: Literal["option", "environment", "file", "default"]
    where: str = ""

    def __str__(self) -> str:
        return self.where or self.source


@dataclass(frozen=True, slots=True)
class Source:
    """Settings from one place.

    Attributes:
        data: Nested tables, paths made absolute.
        origin: Tells the place of a key of ``data``, or of the table it would stand in.
    """

    data: dict[str, Any]
    origin: Callable[[Key], Origin]

    def has(self, key: Key) -> bool:
        """Whether the source says anything at this key."""
        value: Any = self.data
        for part in key:
            try:
                value = value[part]
            except (KeyError, IndexError, TypeError):
                return False
        return True


def file_source(path: Path) -> Source:
    """Read a TOML file; relative paths in it start at its folder.

    Raises:
        ConfigNotFound: There is no such file.
        ConfigUnreadable: It cannot be read, or is not TOML.
    """
    path = path.absolute()
    try:
        text = path.read_bytes().decode("utf-8")
        data = tomllib.loads(text)
    except FileNotFoundError as error:
        raise ConfigNotFound(f"there is no configuration file {path}") from error
    except OSError as error:
        raise ConfigUnreadable(f"{path} cannot be read: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise ConfigUnreadable(f"{path} is not UTF-8 text") from error
    except (tomllib.TOMLDecodeError, RecursionError) as error:
        raise ConfigUnreadable(f"{path} is not valid TOML: {error}") from error
    lines = key_lines(text)

    def origin(key: Key) -> Origin:
        line = next((lines[part] for part in _prefixes(key) if part in lines), None)
        return Origin("file", f"{path}:{line}" if line else str(path))

    return Source(_anchored(data, Config, path.parent), origin)


def key_lines(text: str) -> dict[Key, int]:
    """Line numbers of the tables and bare keys of a TOML text, as far as lines tell.

    Does not see keys inside inline tables, and may take a line inside a multi-line string
    for a key; it only helps people to find a place, nothing is decided by it.
    """
    found: dict[Key, int] = {}
    counts: dict[Key, int] = {}
    table: Key = ()
    for number, line in enumerate(text.split("\n"), start=1):
        if header := _HEADER.match(line):
            table = _parts(header[2])
            if header[1] == "[[":
                counts[table] = counts.get(table, -1) + 1
                table = (*table, counts[table])
            found.setdefault(table, number)
        elif assignment := _ASSIGNMENT.match(line):
            found.setdefault(table + _parts(assignment[1]), number)
    return found


def _parts(dotted: str) -> Key:
    return tuple(part.strip() for part in dotted.split("."))


def _prefixes(key: Key) -> list[Key]:
    return [key[:length] for length in range(len(key), 0, -1)]


class _EnvironmentReader(EnvSettingsSource):
    """pydantic's reader of variables, with errors that name the variable."""

    def decode_complex_value(self, field_name: str, field: FieldInfo, value: Any) -> Any:
        try:
            return super().decode_complex_value(field_name, field, value)
        except ValueError as error:
            names = (n for n, v in os.environ.items() if v == value and n.startswith(ENV_PREFIX))
            problem = Problem("", next(names, field_name), "is not JSON", '["/srv/a", "/srv/b"]')
            raise ConfigInvalid([problem]) from error


def environment_source() -> Source:
    """Read the ``EVD_…`` variables: ``__`` between section and setting, lists as JSON.

    Relative paths start at the working folder.

    Raises:
        ConfigInvalid: A variable names no section, or its JSON cannot be read.
    """
    unknown = [name for name in sorted(os.environ) if _is_unknown(name)]
    if unknown:
        sections = ", ".join(
            variable((name,)) + ENV_DELIMITER + "…" for name in Config.model_fields
        )
        raise ConfigInvalid(Problem("", name, "names no setting", sections) for name in unknown)
    data = _EnvironmentReader(Config)()
    return Source(_anchored(data, Config, Path.cwd()), _variable_origin)


def _is_unknown(name: str) -> bool:
    section = name.removeprefix(ENV_PREFIX).split(ENV_DELIMITER)[0].lower()
    is_ours = name.startswith(ENV_PREFIX) and name not in RESERVED_VARIABLES
    return is_ours and section not in Config.model_fields


def _variable_origin(key: Key) -> Origin:
    names = [variable(part) for part in _prefixes(key)]
    return Origin("environment", next((name for name in names if name in os.environ), names[0]))


def variable(key: Key) -> str:
    """The environment variable of a setting."""
    return ENV_PREFIX + ENV_DELIMITER.join(str(part).upper() for part in key)


def option_source(options: Mapping[Key, object]) -> Source:
    """Settings given as options of a command; relative paths start at the working folder."""
    data: dict[str, Any] = {}
    for key, value in options.items():
        table = data
        for part in key[:-1]:
            table = table.setdefault(str(part), {})
        table[str(key[-1])] = value
    return Source(_anchored(data, Config, Path.cwd()), _option_origin)


def _option_origin(key: Key) -> Origin:
    return Origin("option", "--" + str(key[-1]).replace("_", "-"))


def _anchored(data: dict[str, Any], model: type[BaseModel], base: Path) -> dict[str, Any]:
    """The data with every relative path of the schema made absolute, starting at ``base``."""
    fields = model.model_fields
    return {
        name: _anchor(value, fields[name], base) if name in fields else value
        for name, value in data.items()
    }


def _anchor(value: Any, setting: FieldInfo, base: Path) -> Any:
    shape = shape_of(setting)
    if isinstance(value, list) and shape.repeated:
        return [_anchor_one(item, shape.kind, shape.model, base) for item in value]
    return _anchor_one(value, shape.kind, shape.model, base)


def _anchor_one(value: Any, kind: object, model: type[BaseModel] | None, base: Path) -> Any:
    if isinstance(value, dict) and model is not None:
        return _anchored(value, model, base)
    if isinstance(value, str) and value and kind is Path:
        return str(base / value)
    return value
