"""Where everything lies inside an archive directory (the on-disk contract)."""

from dataclasses import dataclass
from pathlib import Path

from hashing.digest import Digest


@dataclass(frozen=True, slots=True)
class Layout:
    """The paths of one archive.

    Attributes:
        root: The archive directory.
    """

    root: Path

    @property
    def lock(self) -> Path:
        """The file whose ``flock`` holder is the one writer."""
        return self.root / ".lock"

    @property
    def log(self) -> Path:
        """The log: checkpoint, tiles, entry bundles, timestamps."""
        return self.root / "log"

    @property
    def objects(self) -> Path:
        """The landing store's objects."""
        return self.root / "objects"

    @property
    def seals(self) -> Path:
        """Headers of sealed objects."""
        return self.root / "seals"

    @property
    def notes(self) -> Path:
        """Erasable free text."""
        return self.root / "notes"

    @property
    def staging(self) -> Path:
        """Copies under way and intents; never evidence."""
        return self.root / "staging"

    @property
    def quarantine(self) -> Path:
        """Bytes kept for inspection; never evidence."""
        return self.root / "quarantine"

    @property
    def catalog(self) -> Path:
        """The projection."""
        return self.root / "catalog.sqlite"

    def object(self, digest: Digest) -> Path:
        """The path of an object, ``objects/<aa>/<sha256>``."""
        return self.objects / digest.hex[:2] / digest.hex

    def directories(self) -> tuple[Path, ...]:
        """The folders a new archive starts with."""
        return (self.log, self.objects, self.seals, self.notes, self.staging, self.quarantine)

    def object_folders(self) -> tuple[Path, ...]:
        """The folders that objects are spread over, one for each first byte of a digest."""
        return tuple(self.objects / f"{first:02x}" for first in range(256))
