"""Which file system a path lies on, and the refusal of those that are reached over a network.

The log, the catalog, the state and the landing store need what only a local file system
promises: locks that hold, an ``fsync`` that means the disk, shared memory between processes.

Rules:

- The kernel's own table decides (``/proc/self/mountinfo``, proc(5)), looked up by the mount id
  of the opened path, so that overlaid mounts, bind mounts and links cannot mislead.
- ``fuseblk`` is a block device behind a FUSE driver and therefore local; every other FUSE file
  system is taken for remote, because most are and none can be asked.
- Where the kernel cannot be asked the type is unknown, and unknown is not refused.

Not checked: what lies beneath an overlay, a loop device or a network block device.
"""

import os
import re
from pathlib import Path
from typing import Final

from archive.errors import NetworkFileSystem

MOUNT_TABLE: Final = Path("/proc/self/mountinfo")
UNKNOWN: Final = "unknown"

NETWORK_TYPES: Final = frozenset(
    {
        "9p", "afs", "beegfs", "ceph", "cifs", "coda", "fuse", "gfs", "gfs2", "glusterfs", "gpfs",
        "lustre", "ncpfs", "nfs", "nfs4", "ocfs2", "orangefs", "pvfs2", "smb3", "smbfs",
    }
)  # fmt: skip
"""File system types that are refused beside every ``fuse.…``."""

_OCTAL_ESCAPE = re.compile(r"\\([0-7]{3})")


def file_system_type(path: str | os.PathLike[str]) -> str:
    """The type of the file system that holds ``path``, as mount(8) prints it.

    A path that does not exist yet is judged by the nearest folder above it that does.

    Returns:
        For example ``ext4`` or ``nfs4``; ``unknown`` where the kernel cannot be asked.
    """
    try:
        return _types_by_mount_id(MOUNT_TABLE.read_text("utf-8", "surrogateescape"))[
            _mount_id(_nearest_existing(Path(path)))
        ]
    except (OSError, LookupError, ValueError):
        return UNKNOWN


def is_network(file_system: str) -> bool:
    """Whether a file system type is one that is reached over a network."""
    return file_system in NETWORK_TYPES or file_system.startswith("fuse.")


def refuse_network(path: str | os.PathLike[str]) -> None:
    """Refuse a path on a network file system.

    Raises:
        NetworkFileSystem: ``path`` lies, or would be made, on one.
    """
    found = file_system_type(path)
    if is_network(found):
        raise NetworkFileSystem(f"{os.fspath(path)} lies on a network file system ({found})")


def _nearest_existing(path: Path) -> Path:
    path = Path(os.path.realpath(path))
    return next((part for part in (path, *path.parents) if part.exists()), path)


def _mount_id(path: Path) -> int:
    """The id of the mount that holds an existing path."""
    descriptor = os.open(path, os.O_PATH | os.O_CLOEXEC)
    try:
        info = Path(f"/proc/self/fdinfo/{descriptor}").read_text("ascii")
    finally:
        os.close(descriptor)
    lines = (line for line in info.splitlines() if line.startswith("mnt_id:"))
    return int(next(lines, "mnt_id: -1").split()[1])


def _types_by_mount_id(table: str) -> dict[int, str]:
    """Mount id → type; proc(5): the type is the first field after the lone hyphen."""
    types = {}
    for line in table.splitlines():
        fields, _, rest = line.partition(" - ")
        types[int(fields.split()[0])] = _unescape(rest.split()[0])
    return types


def _unescape(text: str) -> str:
    return _OCTAL_ESCAPE.sub(lambda match: chr(int(match[1], 8)), text)
