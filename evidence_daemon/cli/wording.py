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


def state_words(value: object) -> str:
    """A recording's state."""
    return _words(_STATES, value)


def act_words(value: object) -> str:
    """What kind of event a log entry is."""
    return _words(ACT_WORDS, value)


def reason_words(value: object) -> str:
    """Why a recording is kept."""
    return _words(_REASONS, value)


def _words(table: Mapping[str, Bilingual], value: object) -> str:
    """The words for a value; one that has none is shown as it is."""
    known = table.get(str(value))
    return known.in_language(current()) if known else str(value)
