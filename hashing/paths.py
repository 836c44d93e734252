"""File names in entries: readable text always, the raw bytes where the text is not exact.

A recorder's file system may hold names that are not UTF-8. An entry carries ``path``, the
name as UTF-8 with U+FFFD for bad bytes, and ``path_b64``, its raw bytes in base64, only when
the text does not say them exactly.
"""

import base64
import binascii
from collections.abc import Mapping

from hashing.errors import IntegrityError


class MalformedPath(IntegrityError):  # noqa: N818 - named for the defect
    """The path fields of an entry do not name one sequence of bytes."""

    code = "MALFORMED_PATH"


def path_fields(path: bytes) -> dict[str, str]:
    """The fields that say a path in an entry: ``path``, and ``path_b64`` where needed."""
    try:
        return {"path": path.decode("utf-8")}
    except UnicodeDecodeError:
        return {
            "path": path.decode("utf-8", "replace"),
            "path_b64": base64.b64encode(path).decode("ascii"),
        }


def path_bytes(fields: Mapping[str, object]) -> bytes:
    """The raw bytes of the path that an entry's fields say.

    Raises:
        MalformedPath: A field is missing, or the two do not agree.
    """
    text, raw = fields.get("path"), fields.get("path_b64")
    if not isinstance(text, str):
        raise MalformedPath("path is missing")
    path = _decoded(raw) if raw is not None else _encoded(text)
    if raw is not None and path_fields(path) != {"path": text, "path_b64": raw}:
        raise MalformedPath(f"path_b64 does not belong to path {text[:80]!r}")
    return path


def _encoded(text: str) -> bytes:
    try:
        return text.encode("utf-8")
    except UnicodeEncodeError as error:
        raise MalformedPath("path is not valid Unicode") from error


def _decoded(raw: object) -> bytes:
    if not isinstance(raw, str):
        raise MalformedPath("path_b64 is not text")
    try:
        return base64.b64decode(raw, validate=True)
    except (binascii.Error, ValueError) as error:
        raise MalformedPath("path_b64 is not base64") from error
