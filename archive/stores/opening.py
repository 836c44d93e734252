"""From what configuration says of a store to the store itself."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

from archive.errors import StorageError
from archive.stores.directory import DirectoryStore
from archive.stores.interface import FurtherStore
from archive.stores.reading import Progress, unwatched
from hashing.note import VerifierKey

DIRECTORY = "directory"


@dataclass(frozen=True, slots=True)
class StoreSpec:
    """What is needed to open a further store, in this process or in another.

    Attributes:
        name: Its name in configuration.
        kind: Which kind of store; ``directory`` is a folder such as a mounted share.
        place: Where it is; for a directory its path.
        keys: The keys of the archive's log.
        store: The store's id where it was seen before; another one is not it.
    """

    name: str
    kind: str
    place: str
    keys: tuple[VerifierKey, ...]
    store: str | None = None

    def as_fields(self) -> dict[str, Any]:
        """The spec as a message to another process."""
        return {
            "name": self.name,
            "kind": self.kind,
            "place": self.place,
            "keys": [str(key) for key in self.keys],
            "store": self.store,
        }

    @classmethod
    def from_fields(cls, fields: dict[str, Any]) -> Self:
        """Read :meth:`as_fields` again."""
        keys = tuple(VerifierKey.parse(text) for text in fields["keys"])
        return cls(fields["name"], fields["kind"], fields["place"], keys, fields["store"])


def directory_spec(name: str, path: Path, keys: Sequence[VerifierKey]) -> StoreSpec:
    """The spec of a folder."""
    return StoreSpec(name, DIRECTORY, str(path), tuple(keys))


def open_store(spec: StoreSpec, progress: Progress = unwatched) -> FurtherStore:
    """Open a store in this process. Nothing is read yet.

    Args:
        spec: Which store.
        progress: Told of every piece of longer work.

    Raises:
        StorageError: There is no such kind of store.
    """
    if spec.kind != DIRECTORY:
        raise StorageError(f"store {spec.name}: there is no kind of store {spec.kind!r}")
    return DirectoryStore(
        Path(spec.place), spec.name, spec.keys, store=spec.store, progress=progress
    )
