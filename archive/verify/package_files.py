"""The files of an evidence package, read by name, and the closed list of them (check 18).

Whoever looks for a file here gives it its place, whether it is there or not. What no check looked
for, and is neither made for people nor an authority's roots, is no part of the package: a
manifest that names it, too, makes it none.

Not checked: what the files hold, and the bag's manifests (:mod:`archive.verify.bag`).
"""

import re
from typing import Final

from archive.export.bag import DECLARATION, INFO, MANIFESTS, TAG_MANIFEST
from archive.verify.bag import CHECK_BAG, BagContents
from archive.verify.findings import BagMismatch
from archive.verify.package_index import INDEX
from archive.verify.witnesses import NamedNote
from hashing.digest import ObjectDigests
from hashing.errors import MissingFile
from hashing.findings import FindingList
from hashing.note import MAX_NOTE_BYTES

_READABLE: Final = frozenset(
    {
        *MANIFESTS.values(),
        DECLARATION,
        INDEX,
        INFO,
        TAG_MANIFEST,
        "README.txt",
        "custody.html",
        "custody.json",
        "verify.html",
        "verify.py",
    }
)
_AUTHORITY = re.compile(r"proof/authorities/[a-z0-9][a-z0-9._-]{0,63}\.pem", re.ASCII).fullmatch


class PackageFiles:
    """The files of one package.

    Args:
        bag: What was found in its folder.
    """

    def __init__(self, bag: BagContents) -> None:
        self._bag = bag
        self._named: set[str] = set()

    def read(self, path: str, limit: int) -> bytes:
        """A small file.

        Args:
            path: Where it lies in the package.
            limit: The most that such a file has, in bytes.

        Raises:
            MissingFile: It is not there, or is longer.
        """
        self._named.add(path)
        data = self._bag.read(path, limit)
        if data is None:
            raise MissingFile("missing, or longer than any such file")
        return data

    def checkpoint(self, path: str) -> NamedNote:
        """A signed checkpoint; no signature is verified.

        Raises:
            MissingFile: It is not there.
            IntegrityError: It is none.
        """
        return NamedNote.parse(path, self.read(path, MAX_NOTE_BYTES))

    def digests(self, path: str) -> ObjectDigests | None:
        """What a file hashes to; None where it is not there."""
        self._named.add(path)
        return self._bag.files.get(path)

    def check_unnamed(self, findings: FindingList) -> None:
        """Check 18: every file has a place. Asked when all others were looked for."""
        for path in sorted(self._bag.files.keys() - self._named - _READABLE):
            if not _AUTHORITY(path):
                findings.add(BagMismatch, CHECK_BAG, path, "added: the index does not name it")
