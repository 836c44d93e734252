"""Makes this release's piece of the museum: ``python -m tests.museum.make``.

A piece is an archive as this release writes it, small enough to be kept for ever, with the key
that pins it and the answers it must go on giving. It is made once per release and never again.
"""

import json
import sys
import tarfile
import tempfile
from pathlib import Path

from archive.archive import create_archive
from evidence_daemon import __version__
from evidence_daemon.config.schema import Config
from evidence_daemon.purpose import Purpose
from evidence_daemon.service.intake import IntakeRequest
from evidence_daemon.service.service import ArchiveService
from tests.museum.answers import answers

MUSEUM = Path(__file__).parent
FILES = {
    "DCIM/100ANDRO/100001_4560001_20240301093552_0003.mp4": b"an ordinary recording\n" * 40,
    "DCIM/100ANDRO/100001_4560001_20240301094107_0005.mp4": b"a hole in the counters\n" * 40,
    "DCIM/101ANDRO/100001_4560001_20240301094107_0005IMP.mp4": b"a hole in the counters\n" * 40,
    "DCIM/100ANDRO/100001_4560001_20240301101500_0006.mp4": b"",
    "LOG/20240301.txt": b"2024-03-01 09:35:52 -> on\r\n",
    "notes \xff.bin": b"a name that is no text",
}


def _card(folder: Path) -> Path:
    card = folder / "card"
    for name, data in FILES.items():
        path = card / name.encode("latin-1").decode("utf-8", "surrogateescape")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
    return card


def main() -> None:
    """Make the piece of the current version."""
    piece = MUSEUM / __version__
    piece.mkdir()
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        key = create_archive(folder / "archive", folder / "keys", "museum", "dock-1")
        places = {"directory": folder / "archive", "keys_directory": folder / "keys"}
        places["state_file"] = folder / "state.sqlite"
        config = Config.model_validate(
            {"archive": places, "intake": {"minimum_free_bytes": 64 << 20}}
        )
        service = ArchiveService(config, Purpose.INTAKE)
        try:
            request = IntakeRequest([str(_card(folder))])
            for _ in range(2):
                list(service.intake.run(request, "museum"))
            said = answers(service.archive.catalog)
        finally:
            service.close()
        with tarfile.open(piece / "archive.tar.xz", "w:xz") as bundle:
            bundle.add(folder / "archive", "archive")
    (piece / "vkey").write_text(f"{key}\n")
    (piece / "answers.json").write_text(json.dumps(said, indent=1, sort_keys=True) + "\n")
    sys.stdout.write(f"{piece}\n")


if __name__ == "__main__":
    main()
