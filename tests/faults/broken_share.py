"""Shares that misbehave, for real: mounted by the kernel, refused or never answered.

A FUSE mount whose server is this module stands for a NAS. ``silent`` never answers, so that
every access hangs in the kernel until the process that makes it is killed; an error number is
given as the answer to everything; a server that has gone leaves ENOTCONN behind.
"""

import ctypes
import os
import struct
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

_LIBC = ctypes.CDLL(None, use_errno=True)
_MNT_DETACH = 2
_INIT = 26
_NO_ANSWER = {2, 36, 42}  # forget, interrupt, forget many
_IN = struct.Struct("<IIQQIIIHH")
_OUT = struct.Struct("<IiQ")
_INIT_OUT = struct.Struct("<IIIIHHIIHHI28x")

needs_mounts = pytest.mark.skipif(
    os.geteuid() != 0 or not Path("/dev/fuse").exists(), reason="makes mounts"
)


@contextmanager
def mounted(kind: str, path: Path, options: str) -> Iterator[None]:
    """Something mounted over a folder."""
    names = (kind.encode(), os.fsencode(path), kind.encode())
    if _LIBC.mount(*names, 0, options.encode()) != 0:
        pytest.skip(f"cannot mount {kind} here: {os.strerror(ctypes.get_errno())}")
    try:
        yield
    finally:
        assert _LIBC.umount2(os.fsencode(path), _MNT_DETACH) == 0


@contextmanager
def tmpfs(path: Path, size_bytes: int) -> Iterator[None]:
    """A small disk over a folder."""
    with mounted("tmpfs", path, f"size={size_bytes},mode=755"):
        yield


@contextmanager
def broken(path: Path, answer: int | None) -> Iterator[None]:
    """A share over a folder that answers everything with an error, or nothing for ever.

    Args:
        path: The folder.
        answer: The error number; None never answers.
    """
    server = os.open("/dev/fuse", os.O_RDWR | os.O_CLOEXEC)
    options = f"fd={server},rootmode=40000,user_id=0,group_id=0"
    try:
        with mounted("fuse", path, options):
            if answer is not None:
                thread = threading.Thread(target=_serve, args=(server, answer), daemon=True)
                thread.start()
            yield
        if answer is not None:
            thread.join()
    finally:
        os.close(server)


@contextmanager
def gone(path: Path) -> Iterator[None]:
    """A share over a folder whose server has gone (ENOTCONN)."""
    server = os.open("/dev/fuse", os.O_RDWR | os.O_CLOEXEC)
    with mounted("fuse", path, f"fd={server},rootmode=40000,user_id=0,group_id=0"):
        os.close(server)
        yield


def _serve(server: int, answer: int) -> None:
    while True:
        try:
            request = os.read(server, 1 << 17)
        except OSError:  # unmounted
            return
        _, opcode, unique, *_ = _IN.unpack_from(request)
        if opcode == _INIT:
            body = _INIT_OUT.pack(7, 31, 0, 0, 1, 1, 4096, 1, 0, 0, 0)
            os.write(server, _OUT.pack(_OUT.size + len(body), 0, unique) + body)
        elif opcode not in _NO_ANSWER:
            os.write(server, _OUT.pack(_OUT.size, -answer, unique))
