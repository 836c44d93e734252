"""What an examination says."""

from dataclasses import dataclass
from enum import StrEnum

from evidence_daemon.errors import ServiceError
from hashing.errors import Bilingual


class StationUnfit(ServiceError):  # noqa: N818 - named for the state
    """Something that the station needs is missing or broken."""

    code = "STATION_UNFIT"
    exit_code = 94
    meaning = Bilingual(
        zh="采集可能无法进行；已归档的证据不受影响。",
        en="Intake may not be possible; archived evidence is not affected.",
    )
    action = Bilingual(
        zh="按 evd doctor 逐项给出的办法处理。", en="Do what evd doctor says at each point."
    )


class Level(StrEnum):
    """How good a thing is."""

    OK = "ok"
    WARN = "warn"
    FAIL = "fail"


@dataclass(frozen=True, slots=True)
class Observation:
    """One thing that was looked at.

    Attributes:
        name: What it is; a stable word.
        level: How good it is.
        words: What was found.
        action: What to do, unless it is good.
    """

    name: str
    level: Level
    words: Bilingual
    action: Bilingual | None = None


def ok(name: str, *, zh: str, en: str) -> Observation:
    """It is as it should be."""
    return Observation(name, Level.OK, Bilingual(zh=zh, en=en))


def warn(name: str, words: Bilingual, action: Bilingual) -> Observation:
    """It works, and somebody should look at it."""
    return Observation(name, Level.WARN, words, action)


def fail(name: str, words: Bilingual, action: Bilingual) -> Observation:
    """The station cannot do its work like this."""
    return Observation(name, Level.FAIL, words, action)
