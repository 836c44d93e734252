"""Further stores for tests: a folder that is one, and what is done to it."""

from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Self

from archive.stores.directory import DirectoryStore
from archive.stores.guarded import GuardedStore
from archive.stores.opening import directory_spec
from archive.stores.share import register
from drivers.folder import FolderRecorder
from hashing.note import SigningKey
from tests.archives import CARD, Site, assert_holds, dock, lay_card, new_site


@dataclass
class Clock:
    """Seconds that go on when the test says so."""

    now_s: float = 0.0

    def __call__(self) -> float:
        return self.now_s


class ShareSite:
    """A share that is a further store of an archive. A context that closes what it opened.

    Attributes:
        folder: The share.
        key: The archive's key.
        clock: What guarded stores take the time from.
    """

    def __init__(self, folder: Path, key: SigningKey, name: str = "nas") -> None:
        self.folder = folder
        self.key = key
        self.name = name
        self.clock = Clock()
        self._opened = ExitStack()
        folder.mkdir(parents=True, exist_ok=True)
        self.card = register(folder, name, key)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        exc_type: type[BaseException] | None,
        exc: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._opened.close()

    def direct(self) -> DirectoryStore:
        """The store in this process."""
        return DirectoryStore(self.folder, self.name, [self.key.verifier])

    def guarded(self, deadline_s: float = 30.0) -> GuardedStore:
        """The store behind processes."""
        spec = directory_spec(self.name, self.folder, [self.key.verifier])
        store = GuardedStore(spec, deadline_s, self.clock)
        self._opened.callback(store.close)
        return store

    def objects(self) -> dict[str, bytes]:
        """What lies among the objects, by file name."""
        return {p.name: p.read_bytes() for p in (self.folder / "objects").rglob("*") if p.is_file()}

    def staged(self) -> list[str]:
        """What lies in staging."""
        return sorted(path.name for path in (self.folder / "staging").iterdir())


def ingested_site(folder: Path) -> Site:
    """An archive that a small card was taken into."""
    site = new_site(folder / "site")
    manifest = lay_card(folder / "cards")
    with site.open() as archive:
        dock(archive, FolderRecorder(str(folder / "cards" / CARD.name)))
    assert_holds(site, manifest)
    return site
