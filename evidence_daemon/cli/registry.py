"""The commands of ``evd``, by name, in the order in which help lists them.

A module named here holds a :class:`click.Command` called ``command``. Its one line of help
stands here, so that listing the commands imports none of them.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from hashing.errors import Bilingual

_COMMANDS = "evidence_daemon.cli.commands."


@dataclass(frozen=True, slots=True)
class Entry:
    """One command.

    Attributes:
        module: Where its ``command`` is.
        summary: One line of help.
    """

    module: str
    summary: Bilingual


REGISTRY: Mapping[str, Entry] = MappingProxyType(
    {
        "init": Entry(
            _COMMANDS + "init",
            Bilingual(zh="新建采集站。", en="Found a station: archive, key, configuration."),
        ),
        "demo": Entry(
            _COMMANDS + "demo",
            Bilingual(zh="用真实影像演示全过程。", en="Show the main job on real footage."),
        ),
        "station": Entry(
            _COMMANDS + "station",
            Bilingual(zh="运行采集站，查看槽位。", en="Run the station, look at its slots."),
        ),
        "ingest": Entry(
            _COMMANDS + "ingest",
            Bilingual(zh="采集存储卡或文件夹。", en="Take cards or folders in."),
        ),
        "import": Entry(
            _COMMANDS + "importing",
            Bilingual(zh="导入历史影像。", en="Take legacy footage in, with its provenance."),
        ),
        "find": Entry(
            _COMMANDS + "find",
            Bilingual(zh="查找录像。", en="Find recordings."),
        ),
        "show": Entry(
            _COMMANDS + "show",
            Bilingual(zh="显示一段录像。", en="Show a recording."),
        ),
        "custody": Entry(
            _COMMANDS + "custody",
            Bilingual(
                zh="显示一段录像的全部经历。", en="Show everything that happened to a recording."
            ),
        ),
        "why": Entry(
            _COMMANDS + "why",
            Bilingual(zh="说明录像为何被保留。", en="Say why a recording is kept."),
        ),
        "get": Entry(
            _COMMANDS + "get",
            Bilingual(zh="取出副本。", en="Take a copy out."),
        ),
        "export": Entry(
            _COMMANDS + "export",
            Bilingual(
                zh="导出证据数据包。", en="Export recordings with the proof of their origin."
            ),
        ),
        "receipt": Entry(
            _COMMANDS + "receipt",
            Bilingual(zh="出具停靠回执。", en="Give the receipt of a docking."),
        ),
        "audit": Entry(
            _COMMANDS + "audit",
            Bilingual(zh="为审计方打包日志与抽样。", en="Pack the log and a sample for auditors."),
        ),
        "verify": Entry(
            _COMMANDS + "verify",
            Bilingual(zh="离线校验档案库。", en="Verify an archive offline."),
        ),
        "log": Entry(
            _COMMANDS + "log",
            Bilingual(zh="查看日志，出具证明。", en="Look at the log, prove entries of it."),
        ),
        "catalog": Entry(
            _COMMANDS + "catalog",
            Bilingual(zh="重建目录。", en="Make the catalog anew from the log."),
        ),
        "store": Entry(
            _COMMANDS + "store",
            Bilingual(zh="登记附加存储。", en="Register further stores."),
        ),
        "backup": Entry(
            _COMMANDS + "backup",
            Bilingual(zh="备份。", en="Back up what the newest checkpoint covers."),
        ),
        "restore": Entry(
            _COMMANDS + "restore",
            Bilingual(zh="由备份重建采集站。", en="Make a station again from a backup."),
        ),
        "doctor": Entry(
            _COMMANDS + "doctor",
            Bilingual(zh="检查采集站能否正常工作。", en="Check that the station can do its work."),
        ),
        "config": Entry(
            _COMMANDS + "config",
            Bilingual(zh="显示或检查配置。", en="Show or check the configuration."),
        ),
    }
)
