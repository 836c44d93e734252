"""The sections of the station at work: recorders, intake, its rules and its messages."""

from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field

from evidence_daemon.config.section import Section
from evidence_daemon.config.types import (
    AbsolutePath,
    SocketPath,
    ZoneName,
)
from hashing.errors import Bilingual

_MIB = 1 << 20
_GIB = 1 << 30


class StationSection(Section):
    """``[station]``."""

    words = Bilingual(
        zh="采集站：如何发现并读取插入的记录仪。",
        en="The station: how docked recorders are found and read.",
    )

    timezone: Annotated[
        ZoneName,
        Bilingual(
            zh="解读文件名和记录仪时钟中的时间数字所用的时区。",
            en="Zone in which the digits of file names and recorder clocks are read.",
        ),
    ] = "Asia/Shanghai"
    drop_folders: Annotated[
        tuple[AbsolutePath, ...],
        Bilingual(
            zh="投放文件夹：其中每个子文件夹视为一台已插入的记录仪。",
            en="Drop folders: each folder inside one is taken as a docked recorder.",
        ),
    ] = ()
    rescan_s: Annotated[
        float,
        Field(ge=1, le=3600),
        Bilingual(
            zh="每隔多少秒重新扫描；事件只是提示，扫描才是依据。",
            en="Seconds between scans; events are only hints, the scan is the truth.",
        ),
    ] = 10.0
    stable_s: Annotated[
        float,
        Field(ge=0, le=3600),
        Bilingual(
            zh="投放的文件夹在多少秒内没有变化才开始采集。",
            en="Seconds for which a dropped folder must not have changed before it is read.",
        ),
    ] = 5.0
    copies_per_controller: Annotated[
        int,
        Field(ge=1, le=64),
        Bilingual(
            zh="同一 USB 控制器上同时复制的记录仪数量上限；不经 USB 读取的文件夹不受此限。",
            en="Recorders copied at the same time on one USB controller, at most; folders that "
            "are read through none are not limited.",
        ),
    ] = 8
    workers: Annotated[
        int,
        Field(ge=1, le=512),
        Bilingual(
            zh="同时处理的记录仪数量上限。", en="Recorders served at the same time, at most."
        ),
    ] = 128
    reread_days: Annotated[
        float,
        Field(ge=0, le=36500),
        Bilingual(
            zh="仅凭元数据识别的文件，上次整读已过多少天则空闲时再整读一次；0 表示从不。",
            en="A known file is read whole again, in idle time, once so many days have gone since "
            "it last was; 0 means never.",
        ),
    ] = 30.0
    socket: Annotated[
        SocketPath,
        Bilingual(
            zh="服务监听的 Unix 套接字；其用户组成员可以连接。",
            en="Unix socket the service listens on; members of its group may connect.",
        ),
    ] = Path("/run/evidence-daemon/api.sock")


class RecordersSection(Section):
    """``[recorders]``."""

    words = Bilingual(zh="如何对待记录仪本身。", en="What is done to recorders themselves.")

    wipe: Annotated[
        Literal["never"],
        Bilingual(
            zh="是否清除记录仪上的文件；从不。",
            en="Whether files on a recorder are erased; they never are.",
        ),
    ] = "never"


class IntakeSection(Section):
    """``[intake]``."""

    words = Bilingual(
        zh="采集的资源界限；空间不足时停止采集，绝不删除。",
        en="Limits of intake; when space is short intake stops, nothing is ever deleted for room.",
    )

    minimum_free_bytes: Annotated[
        int,
        Field(ge=64 * _MIB, le=1 << 50),
        Bilingual(
            zh="档案磁盘剩余空间低于此值时停止采集。",
            en="Intake stops while the archive's disk has fewer free bytes than this.",
        ),
    ] = 2 * _GIB
    warning_h: Annotated[
        float,
        Field(ge=0, le=8760),
        Bilingual(
            zh="按近期速度预计多少小时内写满即开始警告。",
            en="Warn once the disk will be full within so many hours at the recent rate.",
        ),
    ] = 48.0
    buffer_pool_bytes: Annotated[
        int,
        Field(ge=8 * _MIB, le=64 * _MIB),
        Bilingual(
            zh="所有复制共用的缓冲区总量。", en="Size of the one buffer pool that all copies share."
        ),
    ] = 64 * _MIB


class RulesSection(Section):
    """``[rules]``."""

    words = Bilingual(
        zh="规则文件：单位可自行替换的数据；其摘要记入日志。",
        en="Rule files: data a bureau may replace; their digests are logged.",
    )

    file_names: Annotated[
        AbsolutePath | None,
        Bilingual(
            zh="文件名语法；留空则使用内置语法。",
            en="Grammars of file names; the built-in ones when absent.",
        ),
    ] = None


class LoggingSection(Section):
    """``[logging]``."""

    words = Bilingual(
        zh="程序自身的运行日志（标准错误），与证据日志无关。",
        en="The program's own messages on standard error; not the evidence log.",
    )

    level: Annotated[
        Literal["debug", "info", "warning", "error"],
        Bilingual(zh="最低级别。", en="Lowest level that is written."),
    ] = "info"
    format: Annotated[
        Literal["auto", "json", "console"],
        Bilingual(
            zh="输出格式；auto：在 systemd 下为 JSON，否则为便于阅读的文本。",
            en="How lines are written; auto is JSON under systemd and readable text elsewhere.",
        ),
    ] = "auto"
