"""The sections of what is kept: the archive, further stores, reading it again."""

from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field

from evidence_daemon.config.section import Section
from evidence_daemon.config.types import (
    AbsolutePath,
    NamePart,
)
from hashing.errors import Bilingual

_STATE_DIRECTORY = Path("/var/lib/evidence-daemon")


class ArchiveSection(Section):
    """``[archive]``."""

    words = Bilingual(
        zh="档案库：证据所在之处，以及谁在为它签名。",
        en="The archive: where evidence lies, and who signs for it.",
    )

    directory: Annotated[
        AbsolutePath,
        Bilingual(zh="档案库文件夹，须在本地磁盘上。", en="The archive's folder, on a local disk."),
    ] = _STATE_DIRECTORY / "archive"
    keys_directory: Annotated[
        AbsolutePath,
        Bilingual(
            zh="签名密钥所在的文件夹；不得位于档案库内。",
            en="Folder of the signing keys; never inside the archive.",
        ),
    ] = _STATE_DIRECTORY / "keys"
    state_file: Annotated[
        AbsolutePath,
        Bilingual(
            zh="既非证据又无法推导的状态（任务等）。",
            en="State that is neither evidence nor derivable (jobs and the like).",
        ),
    ] = _STATE_DIRECTORY / "state.sqlite"
    organisation: Annotated[
        NamePart,
        Bilingual(
            zh="单位名称，日志来源名的第一部分；evd init 之后不再改变。",
            en="The organisation, first part of the log's origin; fixed by evd init.",
        ),
    ] = "local"
    station: Annotated[
        NamePart,
        Bilingual(
            zh="采集站名称，日志来源名的第二部分；evd init 之后不再改变。",
            en="The station, second part of the log's origin; fixed by evd init.",
        ),
    ] = "station-1"
    sm3: Annotated[
        bool,
        Bilingual(
            zh="除 SHA-256 外，同一次读取中还计算 SM3。",
            en="Compute SM3 beside SHA-256, in the same pass over the bytes.",
        ),
    ] = True
    read_back: Annotated[
        bool,
        Bilingual(
            zh="写入后从磁盘（而非缓存）读回并比对，然后才登记。",
            en="Read every copy back from the disk, not the cache, and log it only if it is equal.",
        ),
    ] = True
    evict_after_days: Annotated[
        float | None,
        Field(ge=1, le=36500),
        Bilingual(
            zh="在所有“必需”附加存储中存放多少天后移除本地副本；留空则永不移除。",
            en="Days a copy must have lain in every required store before the local one is let "
            "go; never when absent.",
        ),
    ] = None


class StoreSection(Section):
    """One ``[[stores]]`` table."""

    words = Bilingual(
        zh="附加存储：每件原件在本地归档后再复制到这里。",
        en="Further stores: every original is copied there once it is archived locally.",
    )

    name: Annotated[NamePart, Bilingual(zh="存储名称。", en="The store's name.")]
    kind: Annotated[
        Literal["directory"],
        Bilingual(
            zh="存储类型：文件夹，如已挂载的 NAS 共享。",
            en="Kind of store: a folder, such as a mounted NAS share.",
        ),
    ] = "directory"
    path: Annotated[
        AbsolutePath,
        Bilingual(
            zh="存储所在文件夹；其中须有 store.json 才会被使用。",
            en="The store's folder; used only while it holds its store.json.",
        ),
    ]
    deadline_s: Annotated[
        float,
        Field(ge=1, le=3600),
        Bilingual(
            zh="多少秒没有响应即视为不可用。",
            en="Seconds without an answer after which the store counts as unavailable.",
        ),
    ] = 30.0
    required: Annotated[
        bool,
        Bilingual(
            zh="在此存储有副本之前，不得移除本地副本。",
            en="The local copy is never let go before this store has one.",
        ),
    ] = False


class FixitySection(Section):
    """``[fixity]``."""

    words = Bilingual(
        zh="定期重读已归档的原件；每一段都记入日志。",
        en="Reading stored originals again on a schedule; every stretch of it is logged.",
    )

    every_days: Annotated[
        float,
        Field(ge=0, le=3650),
        Bilingual(
            zh="每隔多少天开始新一轮；0 表示从不。",
            en="A new pass over everything begins every so many days; 0: never.",
        ),
    ] = 30.0
    mib_per_s: Annotated[
        float,
        Field(gt=0, le=100_000),
        Bilingual(
            zh="读取速度上限，MiB/秒；有记录仪在采集时暂停。",
            en="Read no faster than this, in MiB per second; reading pauses while a recorder "
            "is taken in.",
        ),
    ] = 50.0
