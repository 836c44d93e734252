"""A BagIt 1.0 bag (RFC 8493), written in one pass and whole or not at all.

* The bag grows in a folder with a name of its own beside the wanted one and gets the wanted
  name when every byte of it is durable: what is half made never looks like a package. An
  existing folder is never touched.
* Every file is read once and hashed while it is written. Payload, which is what lies below
  ``data/``, stands in manifests of SHA-256 and SM3; every other file stands in the tag manifest
  of SHA-256, which is written last and is the one file that nothing names.
* In manifests CR, LF and ``%`` of a path are percent-encoded, and nothing else (§2.1.3).

It knows nothing of evidence. What paths are given is the caller's business; that they stay
inside the bag is checked here.
"""

import contextlib
import hashlib
import os
import shutil
from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import Final

from archive.durable import fsync_directory, fsync_file, move_exclusive, sync_file_system
from archive.errors import StorageError
from hashing.digest import Algorithm, Digest, MultiDigest, ObjectDigests
from hashing.errors import Bilingual, DigestMismatch

PAYLOAD: Final = "data/"
DECLARATION: Final = "bagit.txt"
INFO: Final = "bag-info.txt"
MANIFESTS: Final = {
    Algorithm.SHA256: "manifest-sha256.txt",
    Algorithm.SM3: "manifest-sm3.txt",
}
TAG_MANIFEST: Final = "tagmanifest-sha256.txt"

_DECLARED = b"BagIt-Version: 1.0\nTag-File-Character-Encoding: UTF-8\n"
_OURS: Final = frozenset({DECLARATION, INFO, *MANIFESTS.values(), TAG_MANIFEST})


class PackageNotWritten(StorageError):  # noqa: N818 - named for the state
    """A package could not be written where it was asked for."""

    code = "PACKAGE_NOT_WRITTEN"
    meaning = Bilingual(
        zh="没有留下数据包；档案库不受影响。若导出已开始，日志中已有记录。",
        en="No package was left behind; the archive is unaffected. Had the export begun, the "
        "log says that it was asked for.",
    )
    action = Bilingual(
        zh="换一个尚不存在、位于档案库之外的文件夹，并确认目标磁盘有空间、可写入。",
        en="Name a folder that does not exist, outside the archive, on a disk that has room "
        "and may be written.",
    )


class Bag:
    """A bag under way. Use :func:`new_bag`. For one thread.

    Attributes:
        payload_files: Files of the payload so far.
        payload_bytes: Their bytes.
    """

    def __init__(self, folder: Path, hashers: ThreadPoolExecutor) -> None:
        self._folder = folder
        self._hashers = hashers
        self._payload: dict[Algorithm, dict[str, str]] = {name: {} for name in MANIFESTS}
        self._tags: dict[str, str] = {}
        self._names: set[str] = set()
        self._info: Mapping[str, str] = {}
        self.payload_files = 0
        self.payload_bytes = 0

    def add(
        self,
        path: str,
        chunks: Iterable[bytes],
        expected: ObjectDigests | None = None,
        told: Callable[[int], None] = lambda _: None,
    ) -> None:
        """Write a file.

        Args:
            path: Where in the bag, with ``/`` between folders.
            chunks: Its bytes.
            expected: What they must hash to, where that is known.
            told: Called with the number of bytes of each piece that is written.

        Raises:
            PackageNotWritten: The path leads out of the bag or is taken, or the disk refused.
            DigestMismatch: The bytes are not those that were expected.
        """
        if path in _OURS:
            raise PackageNotWritten(f"{path!r} is written by the bag itself")
        self._add(path, chunks, expected, told)

    def describe(self, info: Mapping[str, str]) -> None:
        """Say what ``bag-info.txt`` says beside the bag's own size."""
        self._info = dict(info)

    def _add(
        self,
        path: str,
        chunks: Iterable[bytes],
        expected: ObjectDigests | None = None,
        told: Callable[[int], None] = lambda _: None,
    ) -> None:
        self._claim(path)
        is_payload = path.startswith(PAYLOAD)
        digest = MultiDigest(MANIFESTS if is_payload else (Algorithm.SHA256,))
        with _refusals(self._folder / path):
            self._pour(self._folder / path, chunks, digest, told)
        made = digest.finish()
        if expected is not None:
            _compare(path, expected, made)
        if is_payload:
            self.payload_files += 1
            self.payload_bytes += made.size_bytes
            for name, found in ((Algorithm.SHA256, made.sha256), (Algorithm.SM3, made.sm3)):
                assert found is not None
                self._payload[name][path] = found.hex
        else:
            self._tags[path] = made.sha256.hex

    def _claim(self, path: str) -> None:
        parts = path.split("/")
        if any(part in {"", ".", ".."} or "\\" in part or "\0" in part for part in parts):
            raise PackageNotWritten(f"{path!r} is no path inside a package")
        name = path.casefold()
        if name in self._names:
            raise PackageNotWritten(f"{path!r} would be in the package twice")
        self._names.add(name)

    def _pour(
        self,
        file: Path,
        chunks: Iterable[bytes],
        digest: MultiDigest,
        told: Callable[[int], None],
    ) -> None:
        file.parent.mkdir(parents=True, exist_ok=True)
        flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC | os.O_NOFOLLOW
        with os.fdopen(os.open(file, flags, 0o644), "wb", buffering=0) as out:
            for chunk in chunks:
                hashing = [self._update(digest, lane, chunk) for lane in digest.lanes]
                view = memoryview(chunk)
                while view:
                    view = view[out.write(view) :]
                for each in hashing:
                    each.result()
                told(len(chunk))

    def _update(self, digest: MultiDigest, lane: Algorithm, chunk: bytes) -> "Future[None]":
        return self._hashers.submit(digest.update_lane, lane, chunk)

    def finish(self) -> str:
        """Write what describes the bag, and make all of it durable.

        Returns:
            The SHA-256 of the tag manifest, which names the whole bag.

        Raises:
            PackageNotWritten: The disk refused.
        """
        for name, file in MANIFESTS.items():
            self._add(file, (_manifest(self._payload[name]),))
        self._add(DECLARATION, (_DECLARED,))
        oxum = {"Payload-Oxum": f"{self.payload_bytes}.{self.payload_files}"}
        lines = (
            f"{label}: {_one_line(value)}\n" for label, value in {**self._info, **oxum}.items()
        )
        self._add(INFO, ("".join(lines).encode(),))
        tags = _manifest(self._tags)
        self._add(TAG_MANIFEST, (tags,))
        with _syncing():
            _make_durable(self._folder)
        return hashlib.sha256(tags).hexdigest()


@contextlib.contextmanager
def new_bag(target: Path) -> Iterator[Bag]:
    """A bag that becomes ``target`` when the block ends well, and is gone otherwise.

    The caller finishes it with :meth:`Bag.finish` inside the block.

    Raises:
        PackageNotWritten: The target exists, or cannot be made.
    """
    if os.path.lexists(target):
        raise PackageNotWritten(f"{target} is there already and is not replaced")
    growing = target.with_name(f".evd-{os.urandom(8).hex()}.part")
    with _refusals(target):
        growing.mkdir(mode=0o755)
    try:
        with ThreadPoolExecutor(len(MANIFESTS), thread_name_prefix="bag") as hashers:
            yield Bag(growing, hashers)
        with _syncing():
            _give_name(growing, target)
    finally:
        shutil.rmtree(growing, ignore_errors=True)


def _give_name(growing: Path, target: Path) -> None:
    """Give a whole bag its name; one whose name may not outlive a power cut is taken away again."""
    try:
        if not move_exclusive(growing, target):
            raise PackageNotWritten(f"{target} was made by somebody else meanwhile")
    except StorageError:
        if not growing.exists():
            shutil.rmtree(target, ignore_errors=True)
        raise


@contextlib.contextmanager
def _refusals(what: Path) -> Iterator[None]:
    """Tell what the disk refuses as this package's error.

    Raises:
        PackageNotWritten: For whatever the file system reports.
    """
    try:
        yield
    except OSError as error:
        raise PackageNotWritten(f"cannot write {what}: {error.strerror or error}") from error


@contextlib.contextmanager
def _syncing() -> Iterator[None]:
    """Tell what :mod:`archive.durable` could not promise as this package's error."""
    try:
        yield
    except PackageNotWritten:
        raise
    except StorageError as error:
        raise PackageNotWritten(error.detail) from error


def encode_path(path: str) -> str:
    """A path as manifests spell it."""
    return path.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _manifest(digests: Mapping[str, str]) -> bytes:
    lines = (f"{digest}  {encode_path(path)}\n" for path, digest in sorted(digests.items()))
    return "".join(lines).encode()


def _one_line(value: str) -> str:
    return " ".join(value.split())


def _compare(path: str, expected: ObjectDigests, made: ObjectDigests) -> None:
    pairs: list[tuple[Digest | None, Digest | None]] = [(expected.sha256, made.sha256)]
    pairs.append((expected.sm3, made.sm3))
    for wanted, found in pairs:
        if wanted is not None and found is not None and wanted != found:
            raise DigestMismatch(f"{path} has {found} as it leaves the archive, not {wanted}")


def _make_durable(folder: Path) -> None:
    """Sync everything; the file system first as a whole, so that the rest waits for little."""
    sync_file_system(folder)
    for place, _, files in os.walk(folder):
        for name in files:
            fsync_file(Path(place, name))
        fsync_directory(Path(place))
