"""A bag against its manifests (check 18): every file that they name, and no other.

Everything in a package comes from outside. Folders are walked without following links, only
regular files are opened, and a manifest's paths are compared with what was found, never opened.
Manifests are read strictly: lower-case hexadecimal, two spaces, a path, a newline.

* Payload below ``data/`` must stand in every payload manifest, every other file in the tag
  manifest; the tag manifest itself is named by nothing, and a change to it shows by the files.
* A file that is missing while its bytes lie elsewhere unnamed was renamed, and is said to be.

Not checked: ``fetch.txt``, which a package never has; what the files mean.
"""

import errno
import os
import re
import stat
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO, Final

from archive.export.bag import DECLARATION, INFO, MANIFESTS, PAYLOAD, TAG_MANIFEST, encode_path
from archive.verify.findings import BagMismatch
from hashing.digest import Algorithm, Digest, MultiDigest, ObjectDigests
from hashing.errors import DigestMismatch, MissingFile
from hashing.findings import FindingList

CHECK_BAG: Final = 18

_LINE = re.compile(r"([0-9a-f]{64})  ([^\r\n]+)").fullmatch
_DECLARED = re.compile(
    rb"BagIt-Version: 1\.0\r?\nTag-File-Character-Encoding: UTF-8\r?\n?"
).fullmatch
_OXUM = re.compile(r"^Payload-Oxum: ([0-9]+)\.([0-9]+)$", re.MULTILINE).search
_CHUNK_BYTES: Final = 1 << 20
_MAX_MANIFEST_BYTES: Final = 1 << 30
_MAX_INFO_BYTES: Final = 1 << 20


@dataclass(slots=True)
class BagContents:
    """What was found in a bag's folder.

    Attributes:
        folder: The bag.
        files: The digests of every regular file that could be read, by path.
    """

    folder: Path
    files: dict[str, ObjectDigests] = field(default_factory=dict)

    def read(self, path: str, limit: int) -> bytes | None:
        """A small file that was found; None where there is none, or more of it."""
        known = self.files.get(path)
        if known is None or known.size_bytes > limit:
            return None
        try:
            with _opened(self.folder / path) as file:
                return file.read(limit + 1)[:limit]
        except OSError:
            return None


def check_bag(folder: Path, findings: FindingList, progress: Callable[[int], None]) -> BagContents:
    """Check 18.

    Args:
        folder: The bag.
        findings: Where findings go.
        progress: Told of bytes read, from several threads.

    Returns:
        What is there, whether named or not.
    """
    return _BagCheck(folder, findings, progress).run()


class _BagCheck:
    def __init__(
        self, folder: Path, findings: FindingList, progress: Callable[[int], None]
    ) -> None:
        self._folder = folder
        self._findings = findings
        self._progress = progress
        self._contents = BagContents(folder)

    def run(self) -> BagContents:
        self._hash(sorted(self._walk()))
        tags = self._manifest(TAG_MANIFEST)
        if tags is not None:
            there = {path for path in self._contents.files if not path.startswith(PAYLOAD)}
            self._compare(TAG_MANIFEST, Algorithm.SHA256, tags, there - {TAG_MANIFEST})
        for algorithm, name in MANIFESTS.items():
            payload = {path for path in self._contents.files if path.startswith(PAYLOAD)}
            if (named := self._manifest(name)) is not None:
                self._compare(name, algorithm, named, payload)
        self._check_declaration()
        self._check_oxum()
        return self._contents

    def _walk(self) -> Iterator[str]:
        """The regular files; what is neither that nor a folder is a finding."""
        pending = [""]
        while pending:
            prefix = pending.pop()
            try:
                with os.scandir(self._folder / prefix) as found:
                    nodes = list(found)
            except OSError as error:
                self._strange(prefix or ".", f"cannot be listed: {error.strerror}")
                continue
            for node in nodes:
                path = f"{prefix}{node.name}"
                if node.is_dir(follow_symlinks=False):
                    pending.append(f"{path}/")
                elif node.is_file(follow_symlinks=False):
                    yield path
                else:
                    self._strange(path, "is neither a file nor a folder")

    def _hash(self, paths: list[str]) -> None:
        readers = os.cpu_count() or 1
        with ThreadPoolExecutor(readers, thread_name_prefix="bag") as pool:
            for path, found in zip(paths, pool.map(self._digests, paths), strict=True):
                if isinstance(found, ObjectDigests):
                    self._contents.files[path] = found
                else:
                    detail = f"cannot be read: {found}"
                    self._findings.add(MissingFile, CHECK_BAG, _shown(path), detail)

    def _digests(self, path: str) -> ObjectDigests | str:
        digest = MultiDigest(MANIFESTS if path.startswith(PAYLOAD) else (Algorithm.SHA256,))
        try:
            with _opened(self._folder / path) as file:
                while chunk := file.read(_CHUNK_BYTES):
                    digest.update(chunk)
                    self._progress(len(chunk))
        except OSError as error:
            return error.strerror or str(error)
        return digest.finish()

    def _manifest(self, name: str) -> dict[str, str] | None:
        """The digests in a manifest, by path; None where it is not there."""
        data = self._contents.read(name, _MAX_MANIFEST_BYTES)
        if data is None:
            self._findings.add(MissingFile, CHECK_BAG, name, "missing: a bag has this manifest")
            return None
        named: dict[str, str] = {}
        lines = data.decode("utf-8", "surrogateescape").split("\n")
        if lines.pop():
            self._strange(name, "breaks off in the midst of a line")
        for number, line in enumerate(lines, 1):
            match = _LINE(line)
            path = None if match is None else _decode_path(match[2])
            if match is None or path is None:
                self._strange(name, f"line {number} is not a digest and a path")
            elif path in named:
                self._strange(name, f"line {number} names {_shown(path)} a second time")
            else:
                named[path] = match[1]
        return named

    def _compare(
        self, manifest: str, algorithm: Algorithm, named: Mapping[str, str], there: set[str]
    ) -> None:
        unnamed = there - named.keys()
        moved = {self._hex(path, algorithm): path for path in sorted(unnamed)}
        explained: set[str] = set()
        for path, digest in named.items():
            if path not in there:
                detail = f"missing: {manifest} names it"
                if (new_name := moved.get(digest)) is not None:
                    explained.add(new_name)
                    detail = f"renamed to {_shown(new_name)}: {manifest} names it"
                self._findings.add(MissingFile, CHECK_BAG, _shown(path), detail)
            elif (found := self._hex(path, algorithm)) != digest:
                detail = f"changed: has {algorithm}:{found}, {manifest} says {digest}"
                self._findings.add(DigestMismatch, CHECK_BAG, _shown(path), detail)
        for path in sorted(unnamed - explained):
            self._strange(path, f"added: {manifest} does not name it")

    def _hex(self, path: str, algorithm: Algorithm) -> str:
        digests = self._contents.files[path]
        found: Digest | None = digests.sm3 if algorithm is Algorithm.SM3 else digests.sha256
        return "" if found is None else found.hex

    def _check_declaration(self) -> None:
        data = self._contents.read(DECLARATION, _MAX_INFO_BYTES)
        if data is None or not _DECLARED(data):
            self._strange(DECLARATION, "does not declare a bag of BagIt 1.0 in UTF-8")

    def _check_oxum(self) -> None:
        """The payload's size as ``bag-info.txt`` says it."""
        data = self._contents.read(INFO, _MAX_INFO_BYTES) or b""
        said = _OXUM(data.decode("utf-8", "replace"))
        payload = [
            digests.size_bytes
            for path, digests in self._contents.files.items()
            if path.startswith(PAYLOAD)
        ]
        if said is not None and said.groups() != (str(sum(payload)), str(len(payload))):
            found = f"{sum(payload)}.{len(payload)}"
            self._strange(INFO, f"says Payload-Oxum {said[1]}.{said[2]}, the payload is {found}")

    def _strange(self, path: str, detail: str) -> None:
        self._findings.add(BagMismatch, CHECK_BAG, _shown(path), detail)


def _opened(path: Path) -> BinaryIO:
    """A regular file, opened without following a link or waiting for a pipe."""
    flags = os.O_RDONLY | os.O_CLOEXEC | os.O_NOFOLLOW | os.O_NONBLOCK
    file = os.fdopen(os.open(path, flags), "rb")
    if not stat.S_ISREG(os.fstat(file.fileno()).st_mode):
        file.close()
        raise OSError(errno.EINVAL, "not a regular file")
    return file


def _decode_path(text: str) -> str | None:
    """The path that a manifest's spelling says; None where it says none in the one way."""
    path = text.replace("%0D", "\r").replace("%0A", "\n").replace("%25", "%")
    return path if encode_path(path) == text else None


def _shown(path: str) -> str:
    return path.encode("utf-8", "backslashreplace").decode("utf-8")
