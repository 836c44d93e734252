"""The service behind the API where the archive cannot be written: it answers, no more."""

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Self

from archive.log.reader import LogFiles
from archive.read_only import ArchiveReadOnly, ReadOnlyArchive
from evidence_daemon.config.schema import Config
from evidence_daemon.service.exporting import Exporting
from evidence_daemon.service.intake import Intake
from evidence_daemon.service.opening import grammars, rule_files
from evidence_daemon.service.reading import Reading
from evidence_daemon.service.receipts import Receipts
from evidence_daemon.service.stamping import Stamping
from evidence_daemon.service.witnesses import Witnesses


class ReadOnlyService:
    """What can be asked of an archive on a read-only medium.

    Attributes:
        reading: Answers questions.
        exporting: Makes packages, as far as that needs no entry.
        receipts: Makes receipts of dockings again.

    Args:
        archive: Opened by the caller; closed by :meth:`close`.
        config: The settings.
    """

    def __init__(self, archive: ReadOnlyArchive, config: Config) -> None:
        self._archive = archive
        self.reading = Reading(archive)
        rules = rule_files(config, grammars(config).sha256)
        self.exporting = Exporting(archive, rules=rules)
        self.receipts = Receipts(archive)

    @classmethod
    def open(cls, config: Config) -> Self:
        """Open the configured archive for questions; errors as :meth:`ReadOnlyArchive.open`."""
        return cls(ReadOnlyArchive.open(config.archive.directory), config)

    @property
    def intake(self) -> Intake:
        """Nothing can be taken in.

        Raises:
            ArchiveReadOnly: Always.
        """
        raise ArchiveReadOnly(f"{self._archive.layout.root} cannot be written")

    @property
    def witnesses(self) -> Witnesses:
        """Nothing can be cosigned.

        Raises:
            ArchiveReadOnly: Always.
        """
        raise ArchiveReadOnly(f"{self._archive.layout.root} cannot be written")

    @property
    def stamping(self) -> Stamping:
        """Nothing can be stamped.

        Raises:
            ArchiveReadOnly: Always.
        """
        raise ArchiveReadOnly(f"{self._archive.layout.root} cannot be written")

    def close(self) -> None:
        """Let go of the archive."""
        self._archive.close()

    def health(self) -> Mapping[str, object]:
        """What can be said of it."""
        head = LogFiles(self._archive.layout.log).head()
        return {"origin": head.origin, "entries": head.size, "read_only": True}


def is_read_only(directory: Path) -> bool:
    """Whether an archive is there that this process cannot write to."""
    return directory.is_dir() and not os.access(directory, os.W_OK)
