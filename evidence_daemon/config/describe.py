"""The schema told to people: every setting with its variable, default and what is allowed."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, get_args, get_origin

from annotated_types import Ge, Le
from pydantic import BaseModel
from pydantic.fields import FieldInfo

from evidence_daemon.config.schema import ENV_DELIMITER, ENV_PREFIX, Config
from evidence_daemon.config.section import Section
from evidence_daemon.config.shape import Shape, shape_of
from evidence_daemon.config.types import Allowed
from hashing.errors import Bilingual

_PLAIN = {
    bool: Bilingual(zh="true 或 false", en="true or false"),
    int: Bilingual(zh="整数", en="an integer"),
    float: Bilingual(zh="数", en="a number"),
    str: Bilingual(zh="文本", en="text"),
}


@dataclass(frozen=True, slots=True)
class Setting:
    """One setting of one section.

    Attributes:
        name: Its name within the section.
        variable: The environment variable that sets it; for a list of tables, the whole list.
        allowed: What may stand in it.
        default: Its default, in TOML; empty when it has none and may be left out.
        required: Whether it must be given.
        words: What it means.
    """

    name: str
    variable: str
    allowed: Bilingual
    default: str
    required: bool
    words: Bilingual


@dataclass(frozen=True, slots=True)
class SectionInfo:
    """One section with its settings.

    Attributes:
        name: The table's name.
        repeated: Whether it is a list of tables.
        words: What the section is about.
    """

    name: str
    repeated: bool
    words: Bilingual
    settings: tuple[Setting, ...]


def sections() -> Iterator[SectionInfo]:
    """Every section of the schema, in its order."""
    for name, field in Config.model_fields.items():
        shape = shape_of(field)
        model = shape.model
        assert model is not None
        assert issubclass(model, Section)
        settings = tuple(_settings(model, name, whole=shape.repeated))
        yield SectionInfo(name, shape.repeated, model.words, settings)


def _settings(model: type[BaseModel], section: str, *, whole: bool) -> Iterator[Setting]:
    for name, field in model.model_fields.items():
        variable = ENV_PREFIX + section.upper()
        yield Setting(
            name=name,
            variable=variable if whole else variable + ENV_DELIMITER + name.upper(),
            allowed=allowed(field),
            default="" if field.is_required() else toml_value(field.default),
            required=field.is_required(),
            words=next(item for item in field.metadata if isinstance(item, Bilingual)),
        )


def allowed(field: FieldInfo) -> Bilingual:
    """What may stand in a setting."""
    shape = shape_of(field)
    words = _allowed(shape)
    if shape.repeated:
        return Bilingual(zh=f"列表，每项为：{words.zh}", en=f"a list, each item {words.en}")
    return words


def _allowed(shape: Shape) -> Bilingual:
    for item in shape.metadata:
        if isinstance(item, Allowed):
            return item.words
    if get_origin(shape.kind) is Literal:
        choices = [toml_value(choice) for choice in get_args(shape.kind)]
        return Bilingual(zh="、".join(choices), en=", ".join(choices))
    words = _PLAIN.get(shape.kind, Bilingual(zh="表", en="a table"))
    low = next((item.ge for item in shape.metadata if isinstance(item, Ge)), None)
    high = next((item.le for item in shape.metadata if isinstance(item, Le)), None)
    if low is None or high is None:
        return words
    return Bilingual(zh=f"{words.zh}，{low} 至 {high}", en=f"{words.en} from {low} to {high}")


def toml_value(value: Any) -> str:
    """A value of the schema as TOML spells it; empty for an absent one."""
    match value:
        case None:
            return ""
        case bool():
            return str(value).lower()
        case int() | float():
            return str(value)
        case str() | Path():
            return json.dumps(str(value), ensure_ascii=False).replace("\x7f", "\\u007f")
        case tuple() | list():
            return f"[{', '.join(map(toml_value, value))}]"
        case _:
            raise AssertionError(f"the schema has no {type(value).__name__}")
