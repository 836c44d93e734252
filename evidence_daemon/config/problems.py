"""Mistakes in the configuration, told so that they can be corrected at once."""

import difflib
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from pydantic import BaseModel
from pydantic.fields import FieldInfo
from pydantic_core import ErrorDetails

from evidence_daemon.config.describe import allowed
from evidence_daemon.config.schema import Config
from evidence_daemon.config.shape import Key, shape_of, spell
from evidence_daemon.errors import ConfigError


@dataclass(frozen=True, slots=True)
class Problem:
    """One mistake.

    Attributes:
        key: The setting, spelled ``station.workers``; empty when it is not about one.
        where: File and line, environment variable or option that holds it.
        message: What is wrong.
        allowed: What may stand there, where that helps.
    """

    key: str
    where: str
    message: str
    allowed: str = ""

    def __str__(self) -> str:
        subject = (
            f"{self.key} ({self.where})" if self.key and self.where else self.key or self.where
        )
        return f"{subject} {self.message}" + (f"; allowed: {self.allowed}" if self.allowed else "")


class ConfigInvalid(ConfigError):  # noqa: N818 - named for the defect
    """A setting is unknown, missing, or holds a value that is not allowed."""

    code = "CONFIG_INVALID"
    exit_code = 83

    def __init__(self, problems: Iterable[Problem]) -> None:
        self.problems = tuple(problems)
        others = len(self.problems) - 1
        more = f" (and {others} more, listed by evd config check)" if others else ""
        super().__init__(f"{self.problems[0]}{more}")


def problem_of(details: ErrorDetails, place_of: Callable[[Key], str]) -> Problem:
    """Tell one finding of pydantic.

    Args:
        details: The finding.
        place_of: Says where a person would look for a key.
    """
    key: Key = details.get("ctx", {}).get("key", details["loc"])
    where = place_of(key)
    match details["type"]:
        case "extra_forbidden":
            return Problem(spell(key), where, "is not a setting", _siblings(key))
        case "missing":
            return Problem(spell(key), where, "is missing", _allowed_at(key))
        case "conflict":
            return Problem(spell(key), where, details["msg"])
        case "value_error":
            message = details["msg"].removeprefix("Value error, ")
            return Problem(spell(key), where, f"is wrong: {message}", _allowed_at(key))
        case _:
            value = repr(details["input"])
            return Problem(spell(key), where, f"cannot be {value}", _allowed_at(key))


def _siblings(key: Key) -> str:
    """The names that may stand where an unknown one does, the most similar first."""
    model = _model_at(key[:-1])
    names = list(model.model_fields) if model else []
    similar = difflib.get_close_matches(str(key[-1]), names)
    return ", ".join(similar + [name for name in names if name not in similar])


def _allowed_at(key: Key) -> str:
    names = [part for part in key if isinstance(part, str)]
    model = _model_at(names[:-1])
    field = model.model_fields.get(names[-1]) if model else None
    return allowed(field).en if field else ""


def _model_at(key: Iterable[str | int]) -> type[BaseModel] | None:
    model: type[BaseModel] | None = Config
    for part in key:
        field: FieldInfo | None = model.model_fields.get(str(part)) if model else None
        if not isinstance(part, int):
            model = shape_of(field).model if field else None
    return model
