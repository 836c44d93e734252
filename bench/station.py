"""A station on a fresh archive, as benches use it."""

import shutil
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from archive.archive import create_archive
from evidence_daemon.config.schema import Config
from evidence_daemon.purpose import Purpose
from evidence_daemon.service.intake import IntakeRequest
from evidence_daemon.service.service import ArchiveService


@contextmanager
def station(folder: Path, *, sm3: bool, read_back: bool) -> Iterator[ArchiveService]:
    """An opened service over a new archive in ``folder``, removed afterwards."""
    shutil.rmtree(folder, ignore_errors=True)
    create_archive(folder / "archive", folder / "keys", "bench", "dock")
    config = Config.model_validate(
        {
            "archive": {
                "directory": folder / "archive",
                "keys_directory": folder / "keys",
                "state_file": folder / "state.sqlite",
                "sm3": sm3,
                "read_back": read_back,
            },
            "intake": {"minimum_free_bytes": 64 << 20},
        }
    )
    service = ArchiveService(config, Purpose.COPY)
    try:
        yield service
    finally:
        service.close()
        shutil.rmtree(folder)


def ingest_s(service: ArchiveService, cards: Sequence[Path]) -> float:
    """Wall time in seconds from docking to the last durable entry."""
    begun = time.perf_counter()
    records = list(service.intake.run(IntakeRequest([str(card) for card in cards]), "bench"))
    took = time.perf_counter() - begun
    assert records[-1]["failed"] == 0, records[-1]
    return took
