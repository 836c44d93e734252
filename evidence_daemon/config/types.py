"""Value types of settings: what a path, a zone, a name or a key must look like.

A type carries :class:`Allowed`, the sentence that a mistaken administrator is shown and the
reference page prints. Validators raise ``ValueError``, as pydantic asks; the loader turns it
into a typed error.
"""

import os
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import AfterValidator, BeforeValidator, StringConstraints

from hashing.errors import Bilingual

_SOCKET_PATH_BYTES = 107  # sun_path of unix(7), without its closing zero


@dataclass(frozen=True, slots=True)
class Allowed:
    """What may stand in a setting, for people."""

    words: Bilingual


def _spelled(value: object) -> object:
    if isinstance(value, str) and (not value or "\0" in value):
        raise ValueError("a path cannot be empty or hold a zero byte")
    return value


def _absolute(path: Path) -> Path:
    if not path.is_absolute():
        raise ValueError("the path is not absolute")
    return Path(os.path.normpath(path))


def _short_enough(path: Path) -> Path:
    length_bytes = len(os.fsencode(path))
    if length_bytes > _SOCKET_PATH_BYTES:
        raise ValueError(f"the path of a socket has at most {_SOCKET_PATH_BYTES} bytes")
    return path


def _known_zone(name: str) -> str:
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        raise ValueError("no time zone has this name") from error
    return name


AbsolutePath = Annotated[
    Path,
    BeforeValidator(_spelled),
    AfterValidator(_absolute),
    Allowed(
        Bilingual(
            zh="路径；相对路径以配置文件所在文件夹为准",
            en="a path; a relative one starts at the configuration file's folder",
        )
    ),
]

SocketPath = Annotated[
    Path,
    BeforeValidator(_spelled),
    AfterValidator(_absolute),
    AfterValidator(_short_enough),
    Allowed(
        Bilingual(
            zh=f"套接字路径，最多 {_SOCKET_PATH_BYTES} 字节",
            en=f"path of a socket, at most {_SOCKET_PATH_BYTES} bytes",
        )
    ),
]

ZoneName = Annotated[
    str,
    AfterValidator(_known_zone),
    Allowed(
        Bilingual(zh="IANA 时区名，如 Asia/Shanghai", en="an IANA zone name such as Asia/Shanghai")
    ),
]

NamePart = Annotated[
    str,
    StringConstraints(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$"),
    Allowed(
        Bilingual(
            zh="1–64 个 ASCII 字母、数字、点、下划线或连字符",
            en="1 to 64 ASCII letters, digits, dots, underscores or hyphens",
        )
    ),
]

VerifierKeyText = Annotated[
    str,
    StringConstraints(pattern=r"^[^+\s]+\+[0-9a-f]{8}\+[A-Za-z0-9+/]+={0,2}$"),
    Allowed(
        Bilingual(
            zh="evd init 打印的验证密钥：名称+8 位十六进制+base64",
            en="the verifier key printed by evd init: name+8 hex digits+base64",
        )
    ),
]
