"""An archive on a medium that cannot be written: questions can be asked, nothing is appended.

No lock is taken and no signing key is needed. A catalog that is there and stands at the log's
head is asked; where it does not, one is projected from the log into the temporary directory.
"""

import tempfile
from contextlib import ExitStack
from pathlib import Path
from typing import Self

from archive.catalog.catalog import Catalog
from archive.errors import NotAnArchive, StorageError
from archive.layout import Layout
from archive.log.reader import CHECKPOINT, LogFiles
from archive.log.writer import LogWriter
from archive.receipts.desk import ReceiptDesk
from archive.stores.landing import LandingStore
from archive.streams.buffers import BufferPool
from hashing.errors import Bilingual


class ArchiveReadOnly(StorageError):  # noqa: N818 - named for the state
    """The archive cannot be written, and what was asked has to be logged."""

    code = "ARCHIVE_READ_ONLY"
    meaning = Bilingual(
        zh="没有任何改变，也没有字节离开档案库：无法记入日志的事不会去做。",
        en="Nothing was changed and nothing left the archive: what cannot be logged is not done.",
    )
    action = Bilingual(
        zh="在可写的档案库上进行，或恢复该磁盘的写权限。",
        en="Ask the archive that can be written, or make this one writable.",
    )


class ReadOnlyArchive:
    """An archive that is only read. Use :meth:`open`; close it at the end.

    Attributes:
        layout: Its paths.
        catalog: A catalog at the log's head.
        landing: Its landing store.
        receipts: Makes receipts again.
    """

    def __init__(self, layout: Layout, catalog: Catalog, stack: ExitStack) -> None:
        self.layout = layout
        self.catalog = catalog
        self.landing = LandingStore(layout, BufferPool())
        self.receipts = ReceiptDesk(LogFiles(layout.log), catalog)
        self._stack = stack

    @classmethod
    def open(cls, root: Path) -> Self:
        """Open an archive for questions.

        Raises:
            NotAnArchive: There is no archive.
            IntegrityError: Its log cannot be read.
        """
        layout = Layout(root)
        if not (layout.log / CHECKPOINT).is_file():
            raise NotAnArchive(f"{root} holds no archive")
        with ExitStack() as stack:
            catalog = _current(layout, stack) or _projected(layout, stack)
            return cls(layout, catalog, stack.pop_all())

    @property
    def log(self) -> LogWriter:
        """Where entries would go.

        Raises:
            ArchiveReadOnly: Always.
        """
        raise ArchiveReadOnly(f"{self.layout.root} cannot be written")

    def close(self) -> None:
        """Let go of everything."""
        self._stack.close()


def _current(layout: Layout, stack: ExitStack) -> Catalog | None:
    """The archive's own catalog, if it can be read and stands at the log's head."""
    head = LogFiles(layout.log).head()
    try:
        catalog = Catalog.open(layout.catalog, read_only=True)
        stack.callback(catalog.close)
        return catalog if catalog.head == head.root.hex() else None
    except StorageError:
        return None


def _projected(layout: Layout, stack: ExitStack) -> Catalog:
    """A catalog of the whole log, in a folder that goes when the archive is closed."""
    files = LogFiles(layout.log)
    folder = stack.enter_context(tempfile.TemporaryDirectory(prefix="catalog-"))
    catalog = stack.enter_context(Catalog.open(Path(folder, layout.catalog.name)))
    catalog.rebuild(files.entries(), files.head().root.hex())
    return catalog
