"""Which of the two languages this process speaks.

Chosen once, before any command is imported, from ``--lang``, ``EVD_LANG`` or the locale:
Chinese for a ``zh`` locale, English for every other.
"""

from collections.abc import Mapping, Sequence
from contextvars import ContextVar
from itertools import pairwise

from hashing.errors import Bilingual

LANGUAGES = ("zh", "en")

_current: ContextVar[str] = ContextVar("language", default="en")


def current() -> str:
    """The language in force, ``"zh"`` or ``"en"``."""
    return _current.get()


def use(language: str) -> None:
    """Speak this language from now on."""
    _current.set(language)


def say(*, zh: str, en: str) -> str:
    """The sentence in the language in force."""
    return Bilingual(zh=zh, en=en).in_language(current())


def choose(arguments: Sequence[str], environment: Mapping[str, str]) -> str:
    """The language that a command line and an environment ask for.

    The arguments are only glanced at: click parses them later and refuses a wrong value.
    """
    for word in (*_given(arguments), environment.get("EVD_LANG", "")):
        if word in LANGUAGES:
            return word
    names = ("LC_ALL", "LC_MESSAGES", "LANG")
    locale = next((environment[name] for name in names if environment.get(name)), "")
    return "zh" if locale.lower().startswith("zh") else "en"


def _given(arguments: Sequence[str]) -> list[str]:
    pairs = pairwise([*arguments, ""])
    spelled = [following if word == "--lang" else word for word, following in pairs]
    return [word.removeprefix("--lang=") for word in reversed(spelled)]
