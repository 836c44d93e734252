"""The tables of ``docs/formats.md`` that say what each act's body holds, made from its schema."""

from collections.abc import Iterator

from hashing.act_schema import Act, ActSchema
from hashing.acts import SCHEMAS
from hashing.schema import Field


def render() -> str:
    """The section in Markdown: a table per act in alphabetical order, then the reserved acts."""
    parts = [_act(act, SCHEMAS[act]) for act in sorted(SCHEMAS)]
    reserved = ", ".join(f"`{act}`" for act in sorted(set(Act) - SCHEMAS.keys()))
    parts.append(
        "### Reserved acts\n\n"
        f"These names are taken and have no body in this version: {reserved}.\n"
    )
    return "\n".join(parts)


def _act(act: Act, schema: ActSchema) -> str:
    lines = [
        f"### `{act}`",
        "",
        schema.doc,
        "",
        "| Field | Type | Meaning |",
        "| --- | --- | --- |",
    ]
    for field in schema.fields:
        lines += _rows(field, "")
    if schema.rule_doc:
        lines += ["", f"Rule: {schema.rule_doc}."]
    return "\n".join(lines) + "\n"


def _rows(field: Field, prefix: str) -> Iterator[str]:
    """A field's row, and under it the rows of the fields inside it."""
    name = f"{prefix}{field.name}"
    presence = "" if field.required else ", optional"
    yield f"| `{name}` | {field.kind.name}{presence} | {field.doc} |"
    inner = f"{name}[]." if field.kind.name.startswith("list of ") else f"{name}."
    for part in field.kind.fields:
        yield from _rows(part, inner)
