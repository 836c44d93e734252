"""Lays a planned card out in a folder, and says exactly what it laid out.

The manifest is the tests' ground truth: what lies under which name, with which bytes, and
which defects were planted. It is made from what was written, never read back from the card.
"""

import hashlib
import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from drivers.recorder import MtimeZone, SkippedNode, SkipReason
from drivers.simulator import hostile
from drivers.simulator.clips import content
from drivers.simulator.device_log import device_logs
from drivers.simulator.layout import PlannedRecording, Role, planned_recordings
from drivers.simulator.plan import CardPlan, LastSegment

_FAT_STEP_S = 2
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class LaidFile:
    """A regular file as it was laid out.

    Attributes:
        path: Relative to the card's root.
        role: What it is.
        sha256: Of its bytes, in hexadecimal.
        size_bytes: Its size.
        mtime_us: Its modification time, as the card keeps times.
        counter: Its running number, where it has one.
        ending: How its content ends.
    """

    path: bytes
    role: Role
    sha256: str
    size_bytes: int
    mtime_us: int
    counter: int | None = None
    ending: LastSegment = LastSegment.WHOLE


@dataclass(frozen=True, slots=True)
class CardManifest:
    """What a card holds.

    Attributes:
        plan: What was planned.
        files: Every regular file, sorted by path.
        skipped: Everything else, sorted by path.
        mtime_zone: What the modification times mean.
    """

    plan: CardPlan
    files: tuple[LaidFile, ...]
    skipped: tuple[SkippedNode, ...]
    mtime_zone: MtimeZone

    @property
    def found(self) -> int:
        """How many names a listing must find."""
        return len(self.files) + len(self.skipped)

    @property
    def by_path(self) -> Mapping[bytes, LaidFile]:
        """The files by their paths."""
        return {file.path: file for file in self.files}

    @property
    def objects(self) -> frozenset[str]:
        """The distinct contents on the card: what an archive stores of it, once each."""
        return frozenset(file.sha256 for file in self.files)


def write_card(plan: CardPlan, target_dir: str, clips: Sequence[str]) -> CardManifest:
    """Lay a card out.

    The folder may hold an earlier plan of the same recorder: a recorder that was used again.

    Args:
        plan: What to lay out.
        target_dir: The card's root; made where absent.
        clips: Paths of real media files. They are used in turn and lend their extensions.

    Raises:
        FileExistsError: A file of this name lies on the card already.
    """
    root = os.fsencode(target_dir)
    os.makedirs(root, exist_ok=True)
    writer = _Writer(root, plan)
    files = [*_recordings(writer, clips), *_logs(writer), *_hostile(writer)]
    skipped = [*_special(root, plan)]
    return CardManifest(
        plan,
        tuple(sorted(files, key=lambda file: file.path)),
        tuple(sorted(skipped, key=lambda node: node.path)),
        MtimeZone.LOCAL_DIGITS if plan.fat_times else MtimeZone.UTC,
    )


class _Writer:
    """Writes the files of one card and keeps their digests."""

    def __init__(self, root: bytes, plan: CardPlan) -> None:
        self._root = root
        self.plan = plan

    def write(
        self, path: bytes, role: Role, pieces: Iterable[bytes], written: datetime
    ) -> LaidFile:
        """Write a file as a recorder does that closes it at a wall-clock time."""
        full = os.path.join(self._root, path)
        os.makedirs(os.path.dirname(full), exist_ok=True)
        digest, size = hashlib.sha256(), 0
        with open(full, "xb") as file:
            for piece in pieces:
                file.write(piece)
                digest.update(piece)
                size += len(piece)
        mtime_us = _mtime_us(self.plan, written)
        os.utime(full, ns=(mtime_us * 1000, mtime_us * 1000))
        return LaidFile(path, role, digest.hexdigest(), size, mtime_us)


def _mtime_us(plan: CardPlan, written: datetime) -> int:
    """A wall-clock time as the card's file system keeps it."""
    if plan.fat_times:
        digits_s = int((written.replace(tzinfo=UTC) - _EPOCH).total_seconds())
        return digits_s // _FAT_STEP_S * _FAT_STEP_S * 1_000_000
    instant = written.replace(tzinfo=ZoneInfo(plan.zone))
    return (instant - _EPOCH) // timedelta(microseconds=1)


def _recordings(writer: _Writer, clips: Sequence[str]) -> Iterator[LaidFile]:
    for planned in planned_recordings(writer.plan):
        clip = clips[planned.counter % len(clips)]
        extension = os.path.splitext(clip)[1]
        path = os.fsencode(planned.path + extension)
        laid = writer.write(path, planned.role, _bytes_of(planned, clip), planned.ends)
        yield replace(laid, counter=planned.counter, ending=planned.ending)


def _bytes_of(planned: PlannedRecording, clip: str) -> Iterable[bytes]:
    if planned.role is Role.ZERO_BYTE:
        return ()
    return content(clip, planned.serial, planned.ending)


def _logs(writer: _Writer) -> Iterator[LaidFile]:
    for day, text in device_logs(writer.plan):
        written = day.replace(hour=20, minute=0, second=0)
        yield writer.write(f"LOG/{day:%Y%m%d}.txt".encode(), Role.LOG, [text], written)


def _hostile(writer: _Writer) -> Iterator[LaidFile]:
    if not writer.plan.hostile_names:
        return
    for label, name in hostile.HOSTILE_NAMES.items():
        pieces = [f"{label} on {writer.plan.device}".encode()]
        path = hostile.FOLDER + b"/" + name
        yield writer.write(path, Role.HOSTILE, pieces, writer.plan.start)


def _special(root: bytes, plan: CardPlan) -> Iterator[SkippedNode]:
    """What is no regular file, and why a listing skips it."""
    if plan.symlink:
        os.symlink(b"/etc/passwd", os.path.join(root, b"passwd.mp4"))
        yield SkippedNode(b"passwd.mp4", SkipReason.SYMLINK)
    if plan.fifo:
        os.mkfifo(os.path.join(root, b"pipe.mp4"))
        yield SkippedNode(b"pipe.mp4", SkipReason.FIFO)
