"""Packages for tests: made by the program from a real archive, and an account of them.

A site is taken in from a card of small files, some of them with names that no file system
likes; anchors are laid into its log as a station would leave them.
"""

import hashlib
import json
import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import bagit

from archive.archive import Archive
from archive.export.audit import Sampling
from archive.export.writing import write_package
from archive.ingest.policy import IntakePolicy
from archive.log.reader import LogFiles
from archive.read_only import ReadOnlyArchive
from drivers.folder import FolderRecorder
from evidence_daemon.service.exporting import Exporting, Rule
from hashing.checkpoint import Checkpoint
from hashing.cosignature import CosigningKey
from hashing.digest import Algorithm
from hashing.entry import Act, format_time
from hashing.note import SignedNote
from hashing.timestamp import Imprint, Request, Token
from tests.archives import MEBIBYTE, Site, dock, new_site
from tests.engine_sources import noise
from tests.tsa import Authority

POLICY = IntakePolicy(
    algorithms=(Algorithm.SHA256, Algorithm.SM3), reserve_bytes=0, buffer_bytes=16 * MEBIBYTE
)
FILES = {
    "DCIM/MOVI0001.avi": noise(70_001),
    "DCIM/MOVI0002.avi": noise(2 * MEBIBYTE + 5),
    "DCIM/empty.avi": b"",
    "DCIM/出警 现场.mp4": noise(3_000),
    "DCIM/100%\u202egpj.exe": noise(41),
    "con.avi": noise(42),
}
"""What lies on the card."""


def lay_files(folder: Path, files: dict[str, bytes] = FILES) -> Path:
    """A folder with these files."""
    for name, data in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
    return folder


def card_site(folder: Path) -> Site:
    """An archive that has taken the card in twice, so that every recording was seen again."""
    card = lay_files(folder / "card")
    site = new_site(folder / "site")
    with site.open(POLICY) as archive:
        for _ in range(2):
            assert dock(archive, FolderRecorder(str(card))).error is None
    return site


def keep_checkpoint(
    site: Site, *, witness: CosigningKey | None = None, tokens: dict[str, bytes] | None = None
) -> int:
    """Keep the newest checkpoint as one that was stamped or witnessed; its size."""
    log = site.root / "log"
    note = SignedNote.parse((log / "checkpoint").read_bytes())
    size = Checkpoint.parse(note.text).size
    if witness is not None:
        note = SignedNote(note.text, (*note.signatures, witness.cosign(note.text, 1_800_000_000)))
    (log / "checkpoints").mkdir(exist_ok=True)
    (log / "checkpoints" / str(size)).write_bytes(note.encode())
    for authority, token in (tokens or {}).items():
        folder = log / "timestamps" / str(size)
        folder.mkdir(parents=True, exist_ok=True)
        (folder / f"{authority}.tsr").write_bytes(token)
    return size


def export(
    archive: Archive,
    recordings: Sequence[str],
    target: Path,
    authorities: dict[str, bytes] | None = None,
) -> dict[str, Any]:
    """Export an evidence package; its index."""
    exporting = Exporting(archive, (), authorities)
    write_package(
        lambda: exporting.evidence(recordings, "case 7, for the prosecutor", "2024-117", "tester"),
        target,
    )
    return index(target)


def export_audit(
    archive: Archive | ReadOnlyArchive, target: Path, *, seed: str = "", count: int = 0
) -> dict[str, Any]:
    """Make an audit pack; its index."""
    rules = {"file_names": Rule(b"rules", hashlib.sha256(b"rules").hexdigest())}
    exporting = Exporting(archive, (), None, rules)
    write_package(lambda: exporting.audit(Sampling(seed, count), "tester"), target)
    return index(target)


def index(package: Path) -> dict[str, Any]:
    """What ``proof/package.json`` says."""
    data: dict[str, Any] = json.loads((package / "proof/package.json").read_bytes())
    return data


def recordings(site: Site) -> list[str]:
    """The ids of all recordings, the largest first."""
    seen = {e["recording"]: e["object"]["size_bytes"] for e in site.acts("ingest", "sighting")}
    return sorted(seen, key=lambda each: (-seen[each], each))


def assert_valid_bag(package: Path) -> None:
    """The ``bagit`` library finds every file in place, and nothing else."""
    bagit.Bag(str(package)).validate()


@dataclass(frozen=True, slots=True)
class MadePackage:
    """An evidence package and the archive it comes from.

    Attributes:
        folder: The package.
        site: The archive.
    """

    folder: Path
    site: Site

    def copy_to(self, folder: Path) -> Path:
        """A copy of the package, to do with as one likes."""
        return Path(shutil.copytree(self.folder, folder))


def made_package(folder: Path) -> MadePackage:
    """A package of two recordings with everything that a package may hold."""
    site = anchored_site(folder)
    with site.open(POLICY) as archive:
        export(archive, recordings(site)[:2], folder / "package", authorities_of(folder))
    return MadePackage(folder / "package", site)


def made_audit_pack(folder: Path) -> MadePackage:
    """An audit pack with a sample of three objects, of an archive with anchors and rules."""
    site = anchored_site(folder)
    with site.open(POLICY) as archive:
        export_audit(archive, folder / "package", seed="four dice", count=3)
    return MadePackage(folder / "package", site)


def authorities_of(folder: Path) -> dict[str, bytes]:
    """The roots of the authority that stamped the site in a folder."""
    return {"tsa.example": (folder / "tsa/root.pem").read_bytes()}


def anchored_site(folder: Path) -> Site:
    """A site whose log was witnessed, stamped, and has gone on since."""
    site = card_site(folder)
    witness = CosigningKey.generate("witness.example/one")
    seen = keep_checkpoint(site, witness=witness)
    with site.open(POLICY) as archive:
        said = {
            "size": seen,
            "root": LogFiles(site.root / "log").root_at(seen).hex(),
            "witness": witness.name,
            "vkey": str(witness.verifier),
            "method": "http",
            "cosigned_time": "2027-01-15T08:00:00.000000Z",
        }
        archive.log.append(Act.WITNESS, said, "station")
        rules = {"file_names": hashlib.sha256(b"rules").hexdigest()}
        archive.log.append(Act.CONFIG, {"sha256": "0" * 64, "rules": rules}, "station")
    body = SignedNote.parse((site.root / "log/checkpoint").read_bytes()).text.encode()
    authority = Authority(folder / "tsa")
    token = authority.answer(Request(Imprint.SHA256, body, 7).encode())
    size = keep_checkpoint(site, tokens={"tsa.example": token})
    with site.open(POLICY) as archive:
        stamp = {
            "size": size,
            "root": Checkpoint.parse(body.decode()).root.hex(),
            "authority": "tsa.example",
            "token_sha256": hashlib.sha256(token).hexdigest(),
            "gen_time": format_time(Token.read(token).info.gen_time_us),
        }
        archive.log.append(Act.STAMP, stamp, "station")
    return site
