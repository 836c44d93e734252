"""What the words of the log and the catalog mean, in the two languages of the program.

The words themselves are stable and stand in ``--json``; these are for people.
"""

from collections.abc import Mapping
from types import MappingProxyType

from evidence_daemon.cli.language import current
from hashing.act_words import ACT_WORDS
from hashing.errors import Bilingual

_STATES: Mapping[str, Bilingual] = MappingProxyType(
    {
        "archived": Bilingual(zh="已归档", en="archived"),
        "archived_incomplete": Bilingual(zh="已归档，有缺失范围", en="archived, with gaps"),
    }
)

_REASONS: Mapping[str, Bilingual] = MappingProxyType(
    {
        "no_disposal_rules": Bilingual(
            zh="没有处置规则：一切永久保留",
            en="there are no disposal rules: everything is kept for good",
        ),
    }
)


_CLOCKS: Mapping[str, Bilingual] = MappingProxyType(
    {
        "synchronised": Bilingual(zh="采集站时钟，已同步", en="station clock, synchronised"),
        "unsynchronised": Bilingual(zh="采集站时钟，未同步", en="station clock, not synchronised"),
        "unknown": Bilingual(
            zh="采集站时钟，同步状态不明", en="station clock, whether synchronised is not known"
        ),
    }
)

_RECORDED_SOURCES: Mapping[str, Bilingual] = MappingProxyType(
    {
        "name": Bilingual(zh="据文件名", en="by the file's name"),
        "mtime": Bilingual(zh="据文件修改时间", en="by the file's modification time"),
    }
)

_OFFICER_SOURCES: Mapping[str, Bilingual] = MappingProxyType(
    {
        "option": Bilingual(zh="采集时由人指定", en="named by a person at the docking"),
        "ledger": Bilingual(zh="据领用台账", en="by the assignment ledger"),
        "device": Bilingual(zh="据记录仪内警号", en="by the recorder's own number"),
        "file_name": Bilingual(zh="据文件名", en="by the file's name"),
        "none": Bilingual(zh="未知", en="not known"),
    }
)

_ANCHORS: Mapping[str, Bilingual] = MappingProxyType(
    {
        "stamp": Bilingual(zh="时间戳", en="timestamp by"),
        "witness": Bilingual(zh="见证", en="witnessed by"),
        "paper": Bilingual(
            zh="打印页（出示方可证明），保管人", en="on paper (proven once it is shown), kept by"
        ),
    }
)


def state_words(value: object) -> str:
    """A recording's state."""
    return _words(_STATES, value)


def act_words(value: object) -> str:
    """What kind of event a log entry is."""
    return _words(ACT_WORDS, value)


def clock_words(value: object) -> str:
    """What the station knew of its clock."""
    return _words(_CLOCKS, value)


def recorded_source_words(value: object) -> str:
    """What the time of recording is taken from."""
    return _words(_RECORDED_SOURCES, value)


def officer_source_words(value: object) -> str:
    """Who says whose footage it is."""
    return _words(_OFFICER_SOURCES, value)


def anchor_words(value: object) -> str:
    """Who vouches from outside."""
    return _words(_ANCHORS, value)


def reason_words(value: object) -> str:
    """Why a recording is kept."""
    return _words(_REASONS, value)


def _words(table: Mapping[str, Bilingual], value: object) -> str:
    """The words for a value; one that has none is shown as it is."""
    known = table.get(str(value))
    return known.in_language(current()) if known else str(value)
