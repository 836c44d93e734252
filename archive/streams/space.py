"""Room on the archive's disk."""

import os
from pathlib import Path

from archive.durable import storage_errors


def free_bytes(inside: Path) -> int:
    """Bytes that this process may still write to the file system of ``inside``."""
    with storage_errors(f"cannot ask for free space of {inside}"):
        state = os.statvfs(inside)
    return state.f_bavail * state.f_frsize
