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
        "demo": Entry(
            _COMMANDS + "demo",
            Bilingual(zh="用真实影像演示全过程。", en="Show the main job on real footage."),
        ),
        "station": Entry(
            _COMMANDS + "station",
            Bilingual(zh="运行采集站，查看槽位。", en="Run the station, look at its slots."),
        ),
        "config": Entry(
            _COMMANDS + "config",
            Bilingual(zh="显示或检查配置。", en="Show or check the configuration."),
        ),
    }
)
