"""Archives and cards for tests, and an account of what is really in an archive.

The account is made without the code under test: bundles are cut, entries are read with
``json``, objects are hashed with ``hashlib``.
"""

import hashlib
import json
import random
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from archive.archive import Archive, create_archive
from archive.ingest.policy import IntakePolicy
from archive.verify.archive import ArchiveVerdict, Progress, Question, verify_archive
from drivers import names
from drivers.recorder import Recorder
from drivers.simulator.card import CardManifest, write_card
from drivers.simulator.plan import CardPlan, Firmware
from evidence_daemon.station.board import SlotView
from evidence_daemon.station.docking import DockingOrder, Ended
from evidence_daemon.station.station import Station
from hashing.digest import Algorithm
from hashing.note import VerifierKey

MEBIBYTE = 1 << 20
POLICY = IntakePolicy(algorithms=(Algorithm.SHA256,), reserve_bytes=0, buffer_bytes=16 * MEBIBYTE)
ORDER = DockingOrder(slot=None, actor="tester", timezone="Asia/Shanghai")
CLIP_BYTES = (5 * MEBIBYTE + 4711, MEBIBYTE + 815, 70_000, 2_000)
"""A file of several buffers, one that is written alone, two that share their syncs."""


@dataclass(frozen=True, slots=True)
class Site:
    """An archive and its keys.

    Attributes:
        folder: Holds both.
        key: The log's first key.
    """

    folder: Path
    key: VerifierKey

    @property
    def root(self) -> Path:
        return self.folder / "archive"

    @property
    def keys(self) -> Path:
        return self.folder / "keys"

    @contextmanager
    def open(self, policy: IntakePolicy = POLICY, **options: Any) -> Iterator[Archive]:
        """The archive, opened for writing."""
        with Archive.open(self.root, self.keys, policy, **{"wait_s": 0.0, **options}) as archive:
            yield archive

    def verify(self) -> ArchiveVerdict:
        """What the program's own deep verification says, with the key pinned."""
        return verify_archive(self.root, Question(key=self.key, deep=True), Progress())

    def entries(self) -> list[dict[str, Any]]:
        """Every entry under the checkpoint."""
        log = self.root / "log"
        size = int((log / "checkpoint").read_text("utf-8").splitlines()[1])
        entries: list[dict[str, Any]] = []
        for index in range(-(-size // 256)):
            width = min(256, size - index * 256)
            assert index < 1000, "names of bundles beyond have another form"
            name = f"{index:03d}" if width == 256 else f"{index:03d}.p/{width}"
            entries += _cut((log / "tile" / "entries" / name).read_bytes())
        assert [entry["seq"] for entry in entries] == list(range(size))
        return entries

    def acts(self, *acts: str) -> list[dict[str, Any]]:
        """The entries of these acts."""
        return [entry for entry in self.entries() if entry["act"] in acts]

    def objects(self) -> dict[str, Path]:
        """The files among the objects, by name."""
        return {path.name: path for path in (self.root / "objects").rglob("*") if path.is_file()}

    def staging(self) -> list[str]:
        """What lies in staging."""
        return sorted(path.name for path in (self.root / "staging").iterdir())


def _cut(bundle: bytes) -> Iterator[dict[str, Any]]:
    while bundle:
        length = int.from_bytes(bundle[:2], "big")
        yield json.loads(bundle[2 : 2 + length])
        bundle = bundle[2 + length :]


def new_site(folder: Path) -> Site:
    """A new archive in ``folder``."""
    folder.mkdir(parents=True, exist_ok=True)
    key = create_archive(folder / "archive", folder / "keys", "bureau", "dock-1")
    return Site(folder, key)


def dock(
    archive: Archive,
    recorder: Recorder,
    order: DockingOrder = ORDER,
    watcher: Callable[[SlotView], None] | None = None,
) -> Ended:
    """Dock a recorder and wait for its release."""
    station = Station(archive, names.load(None), 1, 1)
    try:
        return station.dock(recorder, order, watcher).result()
    finally:
        station.stop()


def write_clips(folder: Path, sizes: Sequence[int] = CLIP_BYTES) -> list[str]:
    """Files that are not media but have bytes like none other; the engine does not mind."""
    folder.mkdir(parents=True, exist_ok=True)
    clips = []
    for size in sizes:
        path = folder / f"{size}.mp4"
        path.write_bytes(random.Random(size).randbytes(size))
        clips.append(str(path))
    return clips


CARD = CardPlan(
    Firmware.ZFY,
    recordings=4,
    first_counter=0,
    important=frozenset({0, 3}),
    zero_byte=True,
    symlink=True,
)
"""One file of each size, two of them twice, an empty one, and something that is no file."""


def lay_card(
    folder: Path, plan: CardPlan = CARD, clips: Sequence[str] | None = None
) -> CardManifest:
    """Lay a small card out below ``folder``; the card is ``folder / plan.name``."""
    made = write_clips(folder / "clips") if clips is None else clips
    return write_card(plan, str(folder / plan.name), made)


def assert_sound(site: Site) -> None:
    """Nothing in the archive contradicts anything else in it; whatever happened before."""
    verdict = site.verify()
    assert verdict.ok, verdict.findings
    assert verdict.findings == ()
    objects = site.objects()
    for name, path in objects.items():
        assert hashlib.sha256(path.read_bytes()).hexdigest() == name
    ingests = Counter(entry["object"]["sha256"] for entry in site.acts("ingest"))
    assert set(ingests.values()) <= {1}, "an object was logged twice"
    assert set(ingests) == set(objects), "objects and entries are not the same"
    _assert_nothing_silent(site)


def _assert_nothing_silent(site: Site) -> None:
    kept = {entry.get("kept_as") for entry in site.acts("quarantine")}
    quarantine = {path.name for path in (site.root / "quarantine").iterdir()}
    assert quarantine <= kept, "a file in quarantine that no entry speaks of"
    accounts = {entry["docking"]: entry["seq"] for entry in site.acts("undock")}
    seen = Counter(
        (entry["docking"], entry["path"], entry.get("path_b64"))
        for entry in site.acts("ingest", "sighting")
        if entry["seq"] < accounts.get(entry["docking"], entry["seq"] + 1)
    )
    assert set(seen.values()) <= {1}, "one file counted twice in one docking"
    docked = {entry["docking"] for entry in site.acts("dock")}
    ended = [entry["docking"] for entry in site.acts("undock")]
    cut = [each for entry in site.acts("recover") for each in entry["truncated_dockings"]]
    assert sorted(docked) == sorted({*ended, *cut}), "a docking without an end"


def assert_holds(site: Site, manifest: CardManifest) -> None:
    """Everything of a card is in the archive, under its digest, and staging is empty."""
    objects = site.objects()
    for file in manifest.files:
        assert objects[file.sha256].stat().st_size == file.size_bytes, file.path
    assert site.staging() == []


def assert_balanced(ended: Ended, manifest: CardManifest) -> None:
    """Every file of the card was taken or recognised in this docking."""
    balance = ended.balance.summary()
    assert ended.error is None
    assert balance["found"] == manifest.found
    assert balance["new"] + balance["known"] == len(manifest.files)
    assert (balance["failed"], balance["skipped"]) == (0, len(manifest.skipped))
