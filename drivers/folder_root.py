"""The root of a folder recorder: opening below it, and telling why something failed.

Every component of a path is opened relative to its parent and without following links, so
that nothing on a card can lead the reader off the card.

A failed read is a bad sector while the recorder is still there, and a vanished recorder when
it is not. "There" means: the path still leads to the folder opened at first, that folder
still has a name, and the block device under it, if any, is still plugged in.
"""

import errno
import os

from drivers import volume
from drivers.errors import NotARecorder, RecorderError, RecorderVanished, UnreadableExtent
from drivers.recorder import MtimeZone
from drivers.usb_port import UsbPort, port_of

FILE_FLAGS = os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC | os.O_NONBLOCK | os.O_NOCTTY
"""O_NONBLOCK: opening a FIFO that took a file's name must not wait for its writer."""

_FOLDER_FLAGS = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC

_GONE = frozenset({errno.ESTALE, errno.ENOTCONN, errno.ENOMEDIUM})
_GONE_IN_READING = frozenset({errno.ENODEV, errno.ENXIO})
"""From an open file the device is gone; from ``open`` they also mean a socket or a device node."""

_STATION_EXHAUSTED = frozenset({errno.EMFILE, errno.ENFILE, errno.ENOMEM})


class FolderRoot:
    """The folder opened at docking. Threads may share it until it is closed.

    Args:
        path: The folder. A symbolic link is refused.
        mtime_zone: What modification times mean; None asks the file system.

    Raises:
        NotARecorder: The path is not a folder that can be opened.
    """

    def __init__(self, path: bytes, mtime_zone: MtimeZone | None) -> None:
        self.path = os.path.abspath(path)
        self._descriptor = _open_root(self.path)
        node = os.fstat(self._descriptor)
        self.device = node.st_dev
        self._counts_links = node.st_nlink > 0
        self._device_link = volume.block_device_link(self.device)
        mount = volume.mount_of(self.device)
        self._block_device = volume.block_device_of(self.device, mount)
        self.mtime_zone = mtime_zone or (mount.mtime_zone if mount else MtimeZone.UTC)
        self._digits_offset_us = mount.digits_offset_us if mount else 0

    @property
    def shown(self) -> str:
        """The path, for people."""
        return self.path.decode("utf-8", "replace")

    def usb_port(self) -> UsbPort | None:
        """The USB port of the device under the file system, None where there is none."""
        return port_of(self._block_device)

    def is_mount_point(self) -> bool:
        """Whether a file system of its own begins here."""
        try:
            return os.stat(b"..", dir_fd=self._descriptor).st_dev != self.device
        except OSError:
            return False

    def is_present(self) -> bool:
        """Whether the folder opened at first is still there, on a device still plugged in."""
        try:
            now = os.stat(self.path, follow_symlinks=False)
            opened = os.fstat(self._descriptor)
        except OSError:
            return False
        same = (now.st_dev, now.st_ino) == (opened.st_dev, opened.st_ino)
        plugged = self._device_link is None or os.path.lexists(self._device_link)
        named = opened.st_nlink > 0 or not self._counts_links
        return same and named and plugged

    def close(self) -> None:
        """Let go of the folder. Closing twice does no harm."""
        if self._descriptor >= 0:
            os.close(self._descriptor)
            self._descriptor = -1

    def open_folder(self, path: bytes) -> int:
        """A descriptor of a folder below the root, every component opened without links.

        Args:
            path: Relative to the root; empty for the root itself.

        Raises:
            OSError: It cannot be opened; :meth:`fault` says what that means.
        """
        descriptor = open_quietly(b".", _FOLDER_FLAGS, self._descriptor)
        for part in path.split(b"/") if path else ():
            parent = descriptor
            try:
                descriptor = open_quietly(part, _FOLDER_FLAGS, parent)
            finally:
                os.close(parent)
        if os.fstat(descriptor).st_dev != self.device:
            os.close(descriptor)
            raise OSError(errno.EXDEV, os.strerror(errno.EXDEV))
        return descriptor

    def fault(self, error: OSError, path: bytes, *, reading: bool = False) -> RecorderError:
        """What a system error at a path means: a vanished recorder, or unreadable bytes.

        Args:
            error: The error.
            path: Where it happened, for the detail.
            reading: Whether it came from an open file.
        """
        detail = f"{os.fsdecode(path)!r} on {self.shown}: {os.strerror(error.errno or 0)}"
        if error.errno in _STATION_EXHAUSTED:
            return RecorderError(f"the station is out of descriptors or memory at {detail}")
        gone = error.errno in _GONE or (reading and error.errno in _GONE_IN_READING)
        if gone or not self.is_present():
            return RecorderVanished(detail)
        return UnreadableExtent(detail)

    def mtime_us(self, node: os.stat_result) -> int:
        """A node's modification time in microseconds, raw digits where the card keeps those."""
        return node.st_mtime_ns // 1000 + self._digits_offset_us


def _open_root(path: bytes) -> int:
    """A descriptor of the recorder's root.

    Raises:
        NotARecorder: It is not a folder, is a link, or may not be read.
    """
    try:
        return open_quietly(path, _FOLDER_FLAGS, None)
    except (OSError, ValueError) as error:
        shown = path.decode("utf-8", "replace")
        reason = os.strerror(error.errno or 0) if isinstance(error, OSError) else str(error)
        raise NotARecorder(f"{shown} is not a folder that can be read: {reason}") from error


def open_quietly(name: bytes, flags: int, parent: int | None) -> int:
    """Open without leaving an access time behind, where the kernel permits asking for that."""
    try:
        return os.open(name, flags | os.O_NOATIME, dir_fd=parent)
    except OSError as error:
        if error.errno != errno.EPERM:
            raise
        return os.open(name, flags, dir_fd=parent)
