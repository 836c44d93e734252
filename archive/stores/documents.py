"""Documents as the files of a folder: a share, a backup, the archive itself.

Every writing call is durable when it returns; each document is seen as it was or whole.
"""

import contextlib
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from archive.durable import remove, replace_group, storage_errors
from archive.errors import StorageError
from archive.stores.interface import Document

_PART: Final = re.compile(r"[a-z0-9][a-z0-9._-]*", re.ASCII).fullmatch


class FolderDocuments:
    """The documents below one folder. One writer at a time for each of them.

    Args:
        root: The folder; made with the first document.
    """

    def __init__(self, root: Path) -> None:
        self._root = root

    def read_document(self, name: str) -> bytes | None:
        """A document's bytes, or None where there is none."""
        path = self._path(name)
        with storage_errors(f"cannot read {name}"):
            try:
                return path.read_bytes()
            except (FileNotFoundError, NotADirectoryError, IsADirectoryError):
                return None

    def write_documents(self, documents: Sequence[Document]) -> None:
        """Put documents in place of older ones, all durable when the call returns."""
        replace_group([(self._path(document.name), document.data) for document in documents])

    def remove_documents(self, names: Sequence[str]) -> None:
        """Remove documents, and folders that are empty then; what is not there is fine."""
        for name in names:
            path = self._path(name)
            remove(path)
            with contextlib.suppress(OSError):  # other documents lie beside it
                path.parent.rmdir()

    def _path(self, name: str) -> Path:
        if not all(_PART(part) for part in name.split("/")):
            raise StorageError(f"not a document's name: {name[:80]!r}")
        return self._root / name
