"""What the annotations of the schema say, taken apart once for everyone who asks.

``tuple[AbsolutePath, ...]`` is a repeated path, ``AbsolutePath | None`` an optional one; the
sentence a type carries about its values survives the taking apart.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from types import NoneType
from typing import Annotated, Any, TypeAlias, get_args, get_origin

from pydantic import BaseModel
from pydantic.fields import FieldInfo

Key: TypeAlias = tuple[str | int, ...]


@dataclass(frozen=True, slots=True)
class Shape:
    """The innermost type of a setting, and how it is wrapped.

    Attributes:
        kind: The type itself, or a ``Literal``.
        repeated: Whether the setting is a list of it.
        metadata: What stands beside the type in ``Annotated``.
    """

    kind: Any
    repeated: bool = False
    metadata: tuple[object, ...] = field(default=())

    @property
    def model(self) -> type[BaseModel] | None:
        """The section, when the setting is one (or a list of them)."""
        is_section = isinstance(self.kind, type) and issubclass(self.kind, BaseModel)
        return self.kind if is_section else None


def shape_of(setting: FieldInfo) -> Shape:
    """The shape of a field of the schema."""
    return _unwrap(setting.annotation, Shape(None, metadata=tuple(setting.metadata)))


def _unwrap(annotation: Any, shape: Shape) -> Shape:
    origin, arguments = get_origin(annotation), get_args(annotation)
    if origin is Annotated:
        return _unwrap(arguments[0], replace(shape, metadata=shape.metadata + arguments[1:]))
    if origin is tuple:
        return _unwrap(arguments[0], replace(shape, repeated=True))
    if NoneType in arguments:
        present = next(argument for argument in arguments if argument is not NoneType)
        return _unwrap(present, shape)
    return replace(shape, kind=annotation)


def spell(key: Key) -> str:
    """A key as people write it: ``stores[0].path``."""
    parts = (f"[{part}]" if isinstance(part, int) else f".{part}" for part in key)
    return "".join(parts).removeprefix(".")


def leaves(data: object, key: Key = ()) -> Iterator[tuple[Key, object]]:
    """Every single value of nested data with its key; an empty table or list is a value."""
    inner: list[tuple[str | int, object]] = []
    if isinstance(data, dict):
        inner = list(data.items())
    elif isinstance(data, list | tuple) and any(isinstance(item, dict) for item in data):
        inner = list(enumerate(data))
    if not inner:
        yield key, data
    for part, value in inner:
        yield from leaves(value, (*key, part))
