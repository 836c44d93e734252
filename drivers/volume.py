"""What the kernel says of the file system a folder lies on.

Two sources, both only read: ``/proc/self/mountinfo`` (proc(5)) for the kind of file system
and how it keeps time, and the links udev makes under ``/dev/disk`` for its serial and label.

A FAT directory holds wall-clock digits without a zone. The kernel turns them into an instant
by an offset that it names among the mount options, so the digits can be had back exactly
unless the mount follows the kernel's own time zone, which is UTC on a station.
"""

import os
import re
import stat
from collections.abc import Iterator
from dataclasses import dataclass

from drivers.recorder import MtimeZone

FAT_KINDS = frozenset({"vfat", "msdos", "exfat"})
_MOUNTINFO = "/proc/self/mountinfo"
_DEVICE_FIELD = 2
_FIRST_OPTIONAL_FIELD = 6


@dataclass(frozen=True, slots=True)
class Mount:
    """A mounted file system.

    Attributes:
        kind: The kernel's name of the file system, such as ``vfat``.
        options: Its options, such as ``tz=UTC``.
        source: What is mounted, such as ``/dev/sdb1``.
    """

    kind: str
    options: tuple[str, ...]
    source: str = ""

    @property
    def mtime_zone(self) -> MtimeZone:
        """What modification times on it mean."""
        return MtimeZone.LOCAL_DIGITS if self.kind in FAT_KINDS else MtimeZone.UTC

    @property
    def digits_offset_us(self) -> int:
        """What must be added to a modification time to have the raw digits of a FAT back."""
        for option in self.options:
            name, _, value = option.partition("=")
            if self.kind in FAT_KINDS and name == "time_offset" and value.lstrip("-").isdigit():
                return int(value) * 60_000_000
        return 0


def mount_of(device: int, mountinfo: str | None = None) -> Mount | None:
    """The mounted file system with this device number, or None where the kernel names none.

    Args:
        device: ``st_dev`` of anything on the file system.
        mountinfo: Text in the form of ``/proc/self/mountinfo``; read from there by default.
    """
    text = _read_mountinfo() if mountinfo is None else mountinfo
    wanted = f"{os.major(device)}:{os.minor(device)}"
    for line in text.splitlines():
        fields = line.split(" ")
        if fields[_DEVICE_FIELD : _DEVICE_FIELD + 1] == [wanted]:
            return _mount_from(fields)
    return None


def _mount_from(fields: list[str]) -> Mount | None:
    """The mount of one mountinfo line, which ends in ``- kind source super-options``."""
    _, separator, after = " ".join(fields[_FIRST_OPTIONAL_FIELD:]).partition("- ")
    kind, *rest = after.split(" ")
    source = _unescaped(rest[0]) if rest else ""
    return Mount(kind, tuple(",".join(rest[1:]).split(",")), source) if separator else None


def _unescaped(text: str) -> str:
    r"""A field in which the kernel wrote spaces and the like as ``\NNN``, in octal digits."""
    return re.sub(r"\\([0-7]{3})", lambda match: chr(int(match[1], 8)), text)


def _read_mountinfo() -> str:
    try:
        with open(_MOUNTINFO, encoding="utf-8", errors="surrogateescape") as file:
            return file.read()
    except OSError:
        return ""


def serial_of(device: int, disk_dir: str = "/dev/disk") -> str | None:
    """The volume serial (UUID) of a block device, as udev read it from the file system."""
    return next(_links_to(device, os.path.join(disk_dir, "by-uuid")), None)


def label_of(device: int, disk_dir: str = "/dev/disk") -> str | None:
    """The volume label of a block device, as udev read it from the file system."""
    return next(_links_to(device, os.path.join(disk_dir, "by-label")), None)


def _links_to(device: int, folder: str) -> Iterator[str]:
    """The decoded names of the links in a folder that lead to a block device."""
    try:
        names = sorted(os.listdir(folder))
    except OSError:
        return
    for name in names:
        try:
            target = os.stat(os.path.join(folder, name))
        except OSError:
            continue
        if target.st_rdev == device:
            yield decode_udev(name)


def decode_udev(name: str) -> str:
    r"""The text of a link name in which udev wrote unsafe bytes as ``\xNN``."""
    escaped = re.sub(
        rb"\\x([0-9a-fA-F]{2})",
        lambda match: bytes.fromhex(match.group(1).decode()),
        os.fsencode(name),
    )
    return escaped.decode("utf-8", "replace")


def block_device_of(device: int, mount: Mount | None) -> int:
    """The number of the block device under a file system, as far as it can be told.

    A file system in user space (``fuseblk``) and some others bear a number of their own; the
    device they were mounted from is named beside them.

    Args:
        device: ``st_dev`` of anything on the file system.
        mount: What is mounted there.
    """
    if os.major(device) or mount is None:
        return device
    try:
        node = os.stat(mount.source)
    except (OSError, ValueError):
        return device
    return node.st_rdev if stat.S_ISBLK(node.st_mode) else device


def block_device_link(device: int) -> str | None:
    """The sysfs link that exists as long as a block device is plugged in, None if it is none.

    A mount outlives the device under it and goes on answering from the cache; this link goes
    at the moment of the unplugging.
    """
    link = f"/sys/dev/block/{os.major(device)}:{os.minor(device)}"
    return link if os.path.lexists(link) else None
