"""File names from recorders, made safe for any file system and any reader.

A package is opened on FAT and NTFS media, listed in manifests, and read by people. The name a
file has in it is the last part of its path on the recorder with whatever could hurt there
replaced; the exact path stands in the log's entry.
"""

import re
import unicodedata
from typing import Final

FALLBACK: Final = "recording"
"""The name of a file of whose own nothing is left."""
MAX_NAME_BYTES: Final = 120

HIDDEN = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})
"""Unicode categories of characters that are not seen, or change how others read."""
_RESERVED = frozenset('<>:"/\\|?*%')
_DEVICES = re.compile(r"(con|prn|aux|nul|conin\$|conout\$|com[0-9¹²³]|lpt[0-9¹²³])", re.IGNORECASE)
_LONGEST_SUFFIX_BYTES = 16


def safe_name(path: str) -> str:
    """The name in a package of a file that had this path on its recorder.

    Args:
        path: With ``/`` between folders; may hold anything.

    Returns:
        In Unicode's form C, without control, format and bidirectional characters, without what
        FAT, NTFS or a manifest reserves, of at most 120 bytes in UTF-8.
    """
    name = unicodedata.normalize("NFC", path.rpartition("/")[2])
    name = "".join("_" if _is_unsafe(each) else each for each in name)
    name = _shortened(name.strip(" ").rstrip(". "))
    if not name.strip("._ "):
        return FALLBACK
    return f"_{name}" if is_device(name) else name


def is_device(name: str) -> bool:
    """Whether Windows takes a file of this name for a device, whatever its suffix."""
    return _DEVICES.fullmatch(name.partition(".")[0].strip(" ")) is not None


def _is_unsafe(character: str) -> bool:
    return character in _RESERVED or unicodedata.category(character) in HIDDEN


def _shortened(name: str) -> str:
    """At most so many bytes, the suffix kept where it is one."""
    if len(name.encode()) <= MAX_NAME_BYTES:
        return name
    stem, dot, suffix = name.rpartition(".")
    if not stem or len(suffix.encode()) > _LONGEST_SUFFIX_BYTES:
        stem, dot, suffix = name, "", ""
    room = MAX_NAME_BYTES - len(f"{dot}{suffix}".encode()) - 1
    kept = stem.encode()[:room].decode("utf-8", "ignore").rstrip(". ")
    return f"{kept}{dot}{suffix}"
