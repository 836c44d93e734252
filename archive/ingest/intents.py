"""Intents: what is about to enter the log, durable before anything is moved.

An intent is one file in ``staging/`` with the whole bodies of the entries to come and the
staged files they speak of. While it exists, a restart can finish what was begun; when it is
gone, either the log has the entries or nothing happened.
"""

import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from archive.durable import create_exclusive, remove, storage_errors
from hashing.canonical import decode, encode
from hashing.entry import Act
from hashing.errors import IntegrityError

SUFFIX = ".json"


@dataclass(frozen=True, slots=True)
class Intended:
    """One entry to come.

    Attributes:
        act: ``ingest`` or ``sighting``.
        body: Its body, whole.
        staged: Name of the staged file, which goes when the entry stands.
    """

    act: Act
    body: dict[str, Any]
    staged: str


@dataclass(frozen=True, slots=True)
class Intent:
    """A group of entries that become durable together.

    Attributes:
        path: The intent's file.
        actor: Who causes the entries.
        items: The entries, in order.
    """

    path: Path
    actor: str
    items: tuple[Intended, ...]


def declare(staging: Path, actor: str, items: Sequence[Intended]) -> Intent:
    """Make an intent durable.

    Raises:
        StorageError: It could not be written; nothing has happened yet.
    """
    body = {
        "actor": actor,
        "items": [{"act": i.act.value, "body": i.body, "staged": i.staged} for i in items],
    }
    path = staging / (os.urandom(16).hex() + SUFFIX)
    create_exclusive(path, encode(body))
    return Intent(path, actor, tuple(items))


def fulfil(intent: Intent) -> None:
    """Remove an intent whose entries are in the log, and before it the staged files."""
    for item in intent.items:
        remove(intent.path.with_name(item.staged))
    remove(intent.path)


def pending(staging: Path) -> Iterator[Intent]:
    """The intents that a crash left behind, oldest first.

    One that is cut short was never durable, so nothing it speaks of has begun; it is removed.
    """
    with storage_errors(f"cannot list {staging}"):
        found = sorted(_found(staging), key=lambda path: path.stat().st_mtime_ns)
    for path in found:
        intent = _read(path)
        if intent is None:
            remove(path)
        else:
            yield intent


def intended_objects(staging: Path) -> Iterator[str]:
    """SHA-256 of the objects that intents speak of; intents may come and go meanwhile."""
    with storage_errors(f"cannot list {staging}"):
        found = _found(staging) if staging.exists() else []
    for intent in filter(None, map(_read, found)):
        yield from (item.body["object"]["sha256"] for item in intent.items)


def _found(staging: Path) -> list[Path]:
    return [path for path in staging.iterdir() if path.suffix == SUFFIX]


def _read(path: Path) -> Intent | None:
    """An intent, or None where it is cut short or gone."""
    with storage_errors(f"cannot read {path.name}"):
        try:
            body = decode(path.read_bytes())
        except (IntegrityError, FileNotFoundError):
            return None
    try:
        items = tuple(Intended(Act(i["act"]), i["body"], i["staged"]) for i in body["items"])
        return Intent(path, str(body["actor"]), items)
    except (KeyError, TypeError, ValueError) as error:
        raise IntegrityError(f"{path.name} in staging is no intent: {error!r}") from error
