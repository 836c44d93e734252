"""Where a package is written: streamed from the service, by the user who asked for it."""

import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from archive.export.bag import PackageNotWritten
from archive.export.parts import Package
from archive.export.writing import write_package
from evidence_daemon.api.packages import PackageReader
from evidence_daemon.cli.language import say
from evidence_daemon.cli.output import Output
from evidence_daemon.cli.progress import Unit
from evidence_daemon.config.sections_archive import ArchiveSection


@dataclass(frozen=True, slots=True)
class Written:
    """A package that stands.

    Attributes:
        target: Its folder.
        plan: What the service said of it.
        tag_manifest_sha256: Names every byte of it.
    """

    target: Path
    plan: Mapping[str, Any]
    tag_manifest_sha256: str

    def as_json(self) -> dict[str, Any]:
        """The record of ``--json``."""
        return {
            **self.plan,
            "type": "summary",
            "directory": str(self.target),
            "tag_manifest_sha256": self.tag_manifest_sha256,
        }


def outside_the_archive(target: Path, archive: ArchiveSection) -> None:
    """Refuse a place where a package would lie among evidence or keys.

    Raises:
        PackageNotWritten: It would.
    """
    real = Path(os.path.realpath(target))
    for folder in (archive.directory, archive.keys_directory):
        if real.is_relative_to(os.path.realpath(folder)):
            raise PackageNotWritten(f"{target} lies inside {folder}")


def save_package(output: Output, chunks: Iterator[bytes], target: Path) -> Written:
    """Write a package as it comes; errors as :func:`archive.export.writing.write_package`.

    Args:
        output: Where progress is shown.
        chunks: The stream; it begins when its first piece is taken.
        target: The folder to make.

    Raises:
        EvidenceError: Whatever the service met; nothing is left behind.
    """
    job = say(zh="数据包", en="package")
    with output.progress(Unit.BYTES) as progress:

        def told(package: Package, done: int) -> None:
            progress.update(job, done, max(done, int(package.plan.get("bytes", 0))))

        package, tag_manifest_sha256 = write_package(PackageReader(chunks).package, target, told)
    return Written(target, package.plan, tag_manifest_sha256)
