"""The mass-storage driver: a mounted card, or any folder, as a docked recorder.

The folder is hostile and sacred. Hostile: every name is taken as bytes, every component is
opened relative to its parent without following links, and a node that turns into something
else between the listing and the opening is refused. Sacred: nothing is written, not even
access times where the kernel lets the reader say so (``O_NOATIME`` needs the file's owner or
CAP_FOWNER; a recorder mounted ``noatime`` needs neither).

Files are read with ``preadv`` into the caller's buffer and never mapped: an unplugged
recorder would turn a mapping into SIGBUS.

Not checked: whether the file system is mounted read-only. Who mounts it answers for that.
"""

import os
import stat
from types import TracebackType
from typing import Self

from drivers import volume
from drivers.errors import RecorderVanished, UnreadableExtent
from drivers.folder_root import FILE_FLAGS, FolderRoot, open_quietly
from drivers.folder_walk import FolderWalk
from drivers.recorder import IdentityEvidence, Listing, MtimeZone, RecorderFile
from drivers.usb_port import UsbPort

WEIGHT_VOLUME_SERIAL = 50
WEIGHT_VOLUME_LABEL = 20
WEIGHT_FOLDER = 10


class FolderRecorder:
    """A folder as a docked recorder; see :class:`drivers.recorder.Recorder`.

    Several threads may open and read different files at once; an opened file belongs to one
    thread at a time.

    Args:
        path: The folder. A symbolic link is refused.
        mtime_zone: What modification times mean, where the caller knows better than the
            file system: a card copied from FAT keeps its local digits.

    Raises:
        NotARecorder: The path is not a folder that can be opened.
    """

    driver = "folder"

    def __init__(self, path: str | bytes, *, mtime_zone: MtimeZone | None = None) -> None:
        self._root = FolderRoot(os.fsencode(path), mtime_zone)

    @property
    def source(self) -> str:
        """The folder's path, for people."""
        return self._root.shown

    def usb_port(self) -> UsbPort | None:
        """The USB port of the device that the folder lies on; None where there is none."""
        return self._root.usb_port()

    def evidence(self) -> tuple[IdentityEvidence, ...]:
        """Serial and label of the mounted volume; for any other folder, its name."""
        found = []
        if self._root.is_mount_point():
            serial, label = volume.serial_of(self._root.device), volume.label_of(self._root.device)
            if serial:
                found.append(IdentityEvidence("volume_serial", serial, WEIGHT_VOLUME_SERIAL))
            if label:
                found.append(IdentityEvidence("volume_label", label, WEIGHT_VOLUME_LABEL))
        if not found:
            name = os.path.basename(self._root.path).decode("utf-8", "replace")
            found.append(IdentityEvidence("folder", name, WEIGHT_FOLDER))
        return tuple(found)

    def list_files(self) -> Listing:
        """Everything in the folder and below, each name exactly once, sorted by path.

        A folder that cannot be read, or not to its end, stands among the unreadable nodes
        beside what could be read of it; the recorder's own root stands there as ``.``.

        Raises:
            RecorderVanished: The recorder is gone; what was listed so far is not returned.
            TooManyNames: There are more names than any recorder holds.
            RecorderError: The station is out of descriptors or memory.
        """
        listing = FolderWalk(self._root).run()
        if not self.is_present():
            raise RecorderVanished(f"{self.source} went away while it was listed")
        return listing

    def open(self, file: RecorderFile) -> "FolderFile":
        """Open a listed file without following links.

        Raises:
            UnreadableExtent: It cannot be opened, or is a regular file no more.
            RecorderVanished: The recorder is gone.
            RecorderError: The station is out of descriptors or memory.
        """
        parent, _, name = file.path.rpartition(b"/")
        if not _is_relative(file.path):
            raise UnreadableExtent(f"{file.path!r} is not a path of this recorder")
        try:
            descriptor = self._open_regular(parent, name)
        except OSError as error:
            raise self._root.fault(error, file.path) from error
        return FolderFile(self._root, descriptor, file.path)

    def _open_regular(self, parent: bytes, name: bytes) -> int:
        """A descriptor of a regular file, whatever else may have taken its name by now.

        Raises:
            OSError: It cannot be opened.
            UnreadableExtent: It is not a regular file.
        """
        folder = self._root.open_folder(parent)
        try:
            descriptor = open_quietly(name, FILE_FLAGS, folder)
        finally:
            os.close(folder)
        try:
            _require_regular(descriptor, name)
            os.posix_fadvise(descriptor, 0, 0, os.POSIX_FADV_SEQUENTIAL)
        except BaseException:
            os.close(descriptor)
            raise
        return descriptor

    def is_present(self) -> bool:
        """Whether the folder opened at first is still there, on a device still plugged in."""
        return self._root.is_present()

    def close(self) -> None:
        """Let go of the folder. Closing twice does no harm."""
        self._root.close()


class FolderFile:
    """A regular file of a folder recorder, open for reading; one thread at a time.

    Args:
        root: The root it was opened from.
        descriptor: The open file, which is closed with this object.
        path: Its path, for details.
    """

    def __init__(self, root: FolderRoot, descriptor: int, path: bytes) -> None:
        self._root = root
        self._descriptor = descriptor
        self._path = path

    def read_into(self, buffer: memoryview, offset: int) -> int:
        """Fill ``buffer`` from ``offset`` in bytes; the number of bytes read, 0 at the end.

        Raises:
            UnreadableExtent: The medium refused these bytes; the recorder is still there.
            RecorderVanished: The recorder is gone.
        """
        try:
            return os.preadv(self._descriptor, [buffer], offset)
        except OSError as error:
            raise self._root.fault(error, self._path, reading=True) from error

    def restat(self) -> tuple[int, int]:
        """Size in bytes and modification time in microseconds, as they are now.

        Raises:
            RecorderVanished: The recorder is gone.
        """
        try:
            node = os.fstat(self._descriptor)
        except OSError as error:
            raise self._root.fault(error, self._path, reading=True) from error
        return node.st_size, self._root.mtime_us(node)

    def close(self) -> None:
        """Close the file. Closing twice does no harm."""
        if self._descriptor >= 0:
            os.close(self._descriptor)
            self._descriptor = -1

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        exc_type: type[BaseException] | None,
        exc: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()


def _require_regular(descriptor: int, name: bytes) -> None:
    if not stat.S_ISREG(os.fstat(descriptor).st_mode):
        raise UnreadableExtent(f"{os.fsdecode(name)!r} is no longer a regular file")


def _is_relative(path: bytes) -> bool:
    """Whether a path stays below the root: no empty part, no ``.`` or ``..``, no NUL."""
    parts = path.split(b"/")
    return b"\0" not in path and not any(part in {b"", b".", b".."} for part in parts)
