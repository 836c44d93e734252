"""Earlier digests of legacy footage: reading a manifest, and holding files against it.

Read are the lines of ``sha256sum`` and ``cksum --untagged`` (``<digest>  <name>``, also with
their escaping of line breaks and backslashes), those of ``sha256sum --tag``
(``SHA256 (<name>) = <digest>``) and those of ``openssl dgst`` (``SHA2-256(<name>)= <digest>``),
each with SHA-256 or SM3. A line without a tag counts as either: both digests have 64
characters. Empty lines, and lines that begin with ``#``, say nothing.

Names are those of the imported folder: relative to it, or absolute below it.
"""

import os
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from evidence_daemon.errors import UsageError
from hashing.digest import Algorithm
from hashing.errors import Bilingual, DigestMismatch, MissingFile

_UNTAGGED = re.compile(rb"(\\?)([0-9A-Fa-f]{64}) [ *](.+)", re.DOTALL)
_TAGGED = re.compile(rb"(\\?)(SHA2-256|SHA256|SM3) ?\((.+)\) ?= ?([0-9A-Fa-f]{64})", re.DOTALL)
_ESCAPE = re.compile(rb"\\(.)", re.DOTALL)
_ESCAPED: Final = {b"n": b"\n", b"r": b"\r", b"\\": b"\\"}
_BYTE_ORDER_MARK = b"\xef\xbb\xbf"
_PATH_BYTES: Final = 4096  # PATH_MAX; a longer name is no file's, and fits into no entry
_EITHER: Final = (Algorithm.SHA256, Algorithm.SM3)
_TAGS: Final = {
    b"SHA256": (Algorithm.SHA256,),
    b"SHA2-256": (Algorithm.SHA256,),
    b"SM3": (Algorithm.SM3,),
}


class ManifestMalformed(UsageError):  # noqa: N818 - named for the defect
    """A manifest holds a line that is no digest of a file."""

    code = "MANIFEST_MALFORMED"
    action = Bilingual(
        zh="使用 sha256sum、sm3 或 openssl dgst 生成的清单。",
        en="Give a manifest as sha256sum or openssl dgst make it, with SHA-256 or SM3.",
    )


_ALARMED = Bilingual(
    zh="现有字节已归档并写入告警；但它们不是清单所述的文件，来源需要查明。",
    en="The bytes that are there were archived and an alarm logged; they are not what the "
    "manifest vouches for, and where they come from needs an explanation.",
)


class ManifestMismatch(DigestMismatch):
    """An imported file is not the one that its manifest names."""

    code = "MANIFEST_MISMATCH"
    meaning = _ALARMED
    action = Bilingual(
        zh="向移交人索取原始文件，并比对两个版本。",
        en="Ask the custodian for the original, and compare the two.",
    )


class ManifestIncomplete(MissingFile):
    """A file that the manifest names was not among those imported."""

    code = "MANIFEST_INCOMPLETE"
    meaning = Bilingual(
        zh="清单中的文件缺失，已写入告警；其余文件已归档。",
        en="A file of the manifest is missing, and an alarm was logged; the others are archived.",
    )
    action = Bilingual(
        zh="向移交人索取缺失的文件；清单中的文件名以导入的文件夹为准。",
        en="Ask the custodian for it; names in a manifest start at the imported folder.",
    )


@dataclass(frozen=True, slots=True)
class Vouched:
    """What a manifest says of one file.

    Attributes:
        path: Relative to the imported folder, as bytes.
        algorithms: Which digest it is, or may be.
        hex: The digest in lower-case hexadecimal.
    """

    path: bytes
    algorithms: tuple[Algorithm, ...]
    hex: str

    def holds_for(self, digests: Mapping[Algorithm, str]) -> bool:
        """Whether one of a file's digests, in hexadecimal, is the one vouched for."""
        return any(digests.get(name) == self.hex for name in self.algorithms)

    def __str__(self) -> str:
        return f"{'/'.join(self.algorithms)}:{self.hex}"


def read_manifest(data: bytes, folders: Sequence[str]) -> list[Vouched]:
    """Read a manifest.

    Args:
        data: Its bytes.
        folders: The imported folder, absolute, under each of the names it goes by.

    Raises:
        ManifestMalformed: A line is none of the forms above, or names a file elsewhere; or
            there is none.
    """
    roots = [os.path.normpath(os.fsencode(folder)) for folder in folders]
    lines = data.removeprefix(_BYTE_ORDER_MARK).split(b"\n")
    read = (_line(line.removesuffix(b"\r"), number) for number, line in enumerate(lines, 1))
    found = [_placed(vouched, roots) for vouched in read if vouched is not None]
    if not found:
        raise ManifestMalformed("the manifest names no file")
    return found


def _line(line: bytes, number: int) -> Vouched | None:
    if not line.strip() or line.startswith(b"#"):
        return None
    if untagged := _UNTAGGED.fullmatch(line):
        escaped, digest, name = untagged.groups()
        algorithms: tuple[Algorithm, ...] = _EITHER
    elif tagged := _TAGGED.fullmatch(line):
        escaped, tag, name, digest = tagged.groups()
        algorithms = _TAGS[tag]
    else:
        shown = line[:80].decode("utf-8", "replace")
        raise ManifestMalformed(f"line {number} of the manifest is no digest of a file: {shown!r}")
    return Vouched(_unescaped(name) if escaped else name, algorithms, digest.decode().lower())


def _unescaped(name: bytes) -> bytes:
    return _ESCAPE.sub(lambda found: _ESCAPED.get(found[1], found[0]), name)


def _placed(vouched: Vouched, roots: Sequence[bytes]) -> Vouched:
    """The same, its name relative to the imported folder."""
    for root in roots:
        path = os.path.normpath(os.path.join(root, vouched.path))
        inside = root.rstrip(b"/") + b"/"
        if path.startswith(inside) and len(path) <= _PATH_BYTES:
            return Vouched(path.removeprefix(inside), vouched.algorithms, vouched.hex)
    shown = vouched.path[:80].decode("utf-8", "replace")
    raise ManifestMalformed(f"the manifest names what the folder cannot hold: {shown!r}")
