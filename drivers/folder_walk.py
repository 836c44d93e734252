"""The walk of a folder recorder: every name below the root, exactly once.

Folders wait in a list, not on the call stack, and only one is open at a time, so neither
depth nor breadth can exhaust the interpreter or the descriptors. The length of a path is
bounded, because an entry of the log must hold it; what lies deeper is reported as
unreadable, not passed over.

A name that a damaged folder holds twice is one name: only one of the two can be opened.
"""

import os
import stat
from collections.abc import Iterator

from drivers.errors import TooManyNames, UnreadableExtent
from drivers.folder_root import FolderRoot
from drivers.recorder import Listing, RecorderFile, SkippedNode, SkipReason, UnreadableNode

MAX_PATH_BYTES = 4096
"""The longest path that is walked (PATH_MAX of Linux)."""

MAX_NAMES = 1_000_000
"""More names than any recorder holds: what claims more is broken or hostile."""

_REASONS = {
    stat.S_IFLNK: SkipReason.SYMLINK,
    stat.S_IFIFO: SkipReason.FIFO,
    stat.S_IFSOCK: SkipReason.SOCKET,
    stat.S_IFCHR: SkipReason.CHARACTER_DEVICE,
    stat.S_IFBLK: SkipReason.BLOCK_DEVICE,
}


class FolderWalk:
    """One walk, made for one listing.

    Args:
        root: The root of the recorder.
    """

    def __init__(self, root: FolderRoot) -> None:
        self._root = root
        self._pending = [b""]
        self._names = 0
        self._files: list[RecorderFile] = []
        self._skipped: list[SkippedNode] = []
        self._unreadable: list[UnreadableNode] = []

    def run(self) -> Listing:
        """Walk to the end.

        Raises:
            RecorderVanished: The recorder is gone.
            TooManyNames: There are more names than any recorder holds.
        """
        while self._pending:
            self._folder(self._pending.pop())
        return Listing(
            tuple(sorted(self._files, key=lambda file: file.path)),
            tuple(sorted(self._skipped, key=lambda node: node.path)),
            tuple(sorted(self._unreadable, key=lambda node: node.path)),
        )

    def _folder(self, path: bytes) -> None:
        """Take in every name of one folder, as far as it can be read."""
        try:
            descriptor = self._root.open_folder(path)
        except OSError as error:
            self._fail(path or b".", error)
            return
        try:
            for name in _names(descriptor):
                self._name(descriptor, path, name)
        except OSError as error:
            self._fail(path or b".", error)
        finally:
            os.close(descriptor)

    def _name(self, folder: int, folder_path: bytes, name: bytes) -> None:
        """Take in one name of an open folder."""
        self._count()
        path = folder_path + b"/" + name if folder_path else name
        if len(path) > MAX_PATH_BYTES:
            self._note(UnreadableNode(path, f"its path is longer than {MAX_PATH_BYTES} bytes"))
            return
        try:
            node = os.stat(name, dir_fd=folder, follow_symlinks=False)
        except OSError as error:
            self._fail(path, error)
            return
        self._node(path, node)

    def _node(self, path: bytes, node: os.stat_result) -> None:
        """Put an examined node where its kind belongs."""
        kind = stat.S_IFMT(node.st_mode)
        if kind == stat.S_IFDIR:
            if node.st_dev != self._root.device:
                self._note(SkippedNode(path, SkipReason.OTHER_FILE_SYSTEM))
            else:
                self._pending.append(path)
        elif kind == stat.S_IFREG:
            mtime_us = self._root.mtime_us(node)
            zone = self._root.mtime_zone
            self._note(RecorderFile(path, node.st_size, mtime_us, zone))
        elif kind in _REASONS:
            self._note(SkippedNode(path, _REASONS[kind]))
        else:
            self._note(UnreadableNode(path, f"a node of unknown kind {kind:#o}"))

    def _note(self, node: RecorderFile | SkippedNode | UnreadableNode) -> None:
        match node:
            case RecorderFile():
                self._files.append(node)
            case SkippedNode():
                self._skipped.append(node)
            case UnreadableNode():
                self._unreadable.append(node)

    def _count(self) -> None:
        self._names += 1
        if self._names > MAX_NAMES:
            raise TooManyNames(f"{self._root.shown} claims more than {MAX_NAMES} names")

    def _fail(self, path: bytes, error: OSError) -> None:
        """Note a name that cannot be examined.

        Raises:
            RecorderVanished: The recorder is gone, or the station cannot go on reading it.
        """
        fault = self._root.fault(error, path)
        if not isinstance(fault, UnreadableExtent):
            raise fault from error
        self._note(UnreadableNode(path, os.strerror(error.errno or 0)))


def _names(folder: int) -> Iterator[bytes]:
    """The names in an open folder, each once, as the bytes they are."""
    seen = set()
    with os.scandir(folder) as entries:
        for entry in entries:
            name = os.fsencode(entry.name)
            if name not in seen:
                seen.add(name)
                yield name
