"""The file of file-name grammars: rules that are data, and that a bureau replaces.

``drivers/data/file_names.toml`` is the default and explains the form. Reading it is strict: an
unknown key, a pattern beyond the subset of :mod:`drivers.pattern` or an example that its
grammar does not match is an error that names the grammar. What the grammars then make of a
card's names is the matter of :mod:`drivers.grammar`.

Example::

    grammars = load()
    grammars.parse(b"DCIM/MOVI0001.avi")  # ParsedName(grammar="counter", counter=1, ...)
"""

import hashlib
import os
import re
import tomllib
from collections.abc import Mapping
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from drivers.errors import GrammarError
from drivers.grammar import FIELDS, MOST_PART_BYTES, Grammar, NameGrammars
from drivers.pattern import compile_pattern

DEFAULT_PATH = os.path.join(os.path.dirname(__file__), "data", "file_names.toml")

Media = Literal["video", "audio", "image", "log", "other"]


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)


class _MediaTable(_Strict):
    video: list[str] = []
    audio: list[str] = []
    image: list[str] = []
    log: list[str] = []


class _FolderTable(_Strict):
    name: str = Field(min_length=1, max_length=MOST_PART_BYTES)
    prerecord: bool = False
    important: bool = False


class _GrammarTable(_Strict):
    name: str = Field(pattern=r"^[a-z][a-z0-9_]{0,31}$")
    stem: str
    folders: list[str] = Field(default=[], max_length=8)
    media: list[Media] | None = None
    examples: list[str] = Field(min_length=1)


class _File(_Strict):
    version: Literal[1]
    media: _MediaTable
    folder: list[_FolderTable] = []
    grammar: list[_GrammarTable] = Field(min_length=1, max_length=64)


def load(path: str | None = None) -> NameGrammars:
    """Read and check a file of grammars.

    Args:
        path: The file; None reads the default.

    Raises:
        GrammarError: It cannot be read, or does not say what it must; the detail names the
            grammar or the key.
    """
    shown = path or DEFAULT_PATH
    try:
        with open(shown, "rb") as file:
            return read(file.read())
    except OSError as error:
        raise GrammarError(f"{shown}: {error.strerror}") from error
    except GrammarError as error:
        raise GrammarError(f"{shown}: {error.detail}") from error


def read(data: bytes) -> NameGrammars:
    """Grammars from the bytes of their file.

    Raises:
        GrammarError: They do not say what they must.
    """
    file = _shape(data)
    names = [table.name for table in file.grammar]
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise GrammarError(f"grammar {twice[0]!r} stands there twice")
    grammars = NameGrammars(
        tuple(_grammar(table) for table in file.grammar),
        _media(file.media),
        frozenset(table.name.encode().lower() for table in file.folder if table.prerecord),
        frozenset(table.name.encode().lower() for table in file.folder if table.important),
        hashlib.sha256(data).hexdigest(),
    )
    for table in file.grammar:
        _try_examples(grammars, table)
    return grammars


def _shape(data: bytes) -> _File:
    """The file's tables, with every key known and every value of its type."""
    try:
        raw = tomllib.loads(data.decode())
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise GrammarError(f"not TOML: {error}") from error
    try:
        return _File.model_validate(raw)
    except ValidationError as error:
        first = error.errors()[0]
        raise GrammarError(f"{_where(raw, first['loc'])}: {first['msg']}") from error


def _where(raw: Mapping[str, object], location: tuple[int | str, ...]) -> str:
    """A place in the file, with a grammar's name in the place of its number."""
    dotted = ".".join(map(str, location))
    match location:
        case ("grammar", int(number), *rest):
            tables = raw["grammar"]
            table = tables[number] if isinstance(tables, list) else None
            if isinstance(table, dict) and "name" in table:
                return " ".join([f"grammar {table['name']!r}", ".".join(map(str, rest))])
    return dotted


def _grammar(table: _GrammarTable) -> Grammar:
    folders = [
        _pattern(table, text, f"folders.{number}") for number, text in enumerate(table.folders)
    ]
    media = None if table.media is None else frozenset(map(str, table.media))
    return Grammar(table.name, _pattern(table, table.stem, "stem"), tuple(folders), media)


def _pattern(table: _GrammarTable, text: str, key: str) -> re.Pattern[bytes]:
    try:
        pattern = compile_pattern(text)
    except GrammarError as error:
        raise GrammarError(f"grammar {table.name!r} {key}: {error.detail}") from error
    unknown = sorted(set(pattern.groupindex) - FIELDS)
    if unknown:
        raise GrammarError(f"grammar {table.name!r} {key}: there is no field {unknown[0]!r}")
    return pattern


def _media(table: _MediaTable) -> dict[bytes, str]:
    """Kind of media by extension, lower case."""
    kinds: dict[bytes, str] = {}
    for kind, extensions in table.model_dump().items():
        for extension in extensions:
            key = extension.encode().lower()
            if kinds.setdefault(key, kind) != kind:
                raise GrammarError(f"media: {extension!r} is both {kinds[key]} and {kind}")
    return kinds


def _try_examples(grammars: NameGrammars, table: _GrammarTable) -> None:
    for example in table.examples:
        parsed = grammars.parse(example.encode())
        if parsed is None or parsed.grammar != table.name:
            by = f"grammar {parsed.grammar!r}" if parsed else "none"
            raise GrammarError(f"grammar {table.name!r}: {example!r} is matched by {by}, not by it")
