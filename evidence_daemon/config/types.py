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

from archive.export.names import is_device
from hashing.cosignature import CosignerKey
from hashing.errors import Bilingual, EvidenceError
from hashing.note import VerifierKey

_LAST_PORT = 65535
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


def _no_device(name: str) -> str:
    if is_device(name):
        raise ValueError("Windows takes a file of this name for a device")
    return name


def _possible_port(address: str) -> str:
    if int(address.rpartition(":")[2]) > _LAST_PORT:
        raise ValueError(f"a port is at most {_LAST_PORT}")
    return address


def _log_key(text: str) -> str:
    try:
        return str(VerifierKey.parse(text))
    except EvidenceError as error:
        raise ValueError(error.detail) from error


def _witness_key(text: str) -> str:
    try:
        return str(CosignerKey.parse(text))
    except EvidenceError as error:
        raise ValueError(error.detail) from error


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

ShortName = Annotated[
    str,
    StringConstraints(pattern=r"^[a-z0-9][a-z0-9._-]{0,63}$"),
    AfterValidator(_no_device),
    Allowed(
        Bilingual(
            zh="1–64 个 ASCII 小写字母、数字、点、下划线或连字符；不可为 con、nul、com1 等"
            " Windows 设备名",
            en="1 to 64 lower-case ASCII letters, digits, dots, underscores or hyphens; no device "
            "name of Windows such as con, nul or com1",
        )
    ),
]

HttpAddress = Annotated[
    str,
    StringConstraints(pattern=r"^https?://[^\s/@?#]+(/[^\s@#]*)?$", max_length=2000),
    Allowed(
        Bilingual(
            zh="http:// 或 https:// 地址，不含用户名、口令和片段",
            en="an http:// or https:// address without user, password or fragment",
        )
    ),
]

ListenAddress = Annotated[
    str,
    StringConstraints(pattern=r"^(\[[0-9A-Fa-f:]{2,45}\]|[A-Za-z0-9.-]{1,253}):[0-9]{1,5}$"),
    AfterValidator(_possible_port),
    Allowed(
        Bilingual(zh="地址:端口，如 127.0.0.1:7380", en="address:port, such as 127.0.0.1:7380")
    ),
]

LogKeyText = Annotated[
    str,
    AfterValidator(_log_key),
    Allowed(
        Bilingual(
            zh="日志的验证密钥（类型 01），如 evd init 所打印",
            en="a log's verifier key (type 01), as evd init prints it",
        )
    ),
]

WitnessKeyText = Annotated[
    str,
    AfterValidator(_witness_key),
    Allowed(
        Bilingual(
            zh="见证方的验证密钥（类型 04 或 06）", en="a witness's verifier key (type 04 or 06)"
        )
    ),
]

ObjectIdentifier = Annotated[
    str,
    StringConstraints(pattern=r"^([01]\.[1-3]?[0-9]|2\.[0-9]{1,9})(\.[0-9]{1,18}){0,20}$"),
    Allowed(Bilingual(zh="带点的对象标识符，如 1.2.3", en="an object identifier such as 1.2.3")),
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
