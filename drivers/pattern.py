"""Patterns that no text can make slow: a subset of regular expressions with a known cost.

A backtracking matcher is slow when a text can be split in very many ways. Here the ways can
be counted before anything is matched: only single characters repeat, every repetition has an
upper bound, and a group occurs once or not at all. The number of ways to split any text is
then at most

- ``n - m + 1`` for an atom repeated ``{m,n}``, 2 for ``?``,
- the product over the atoms of a sequence, the sum over the branches of ``a|b``,
- one more for a group that may be absent,

and a pattern with more than :data:`MOST_WAYS` is refused. Lengths are bounded by the caller.

Patterns are matched on bytes, whole, without regard to the case of ASCII letters. A character
beyond ASCII is several bytes and may therefore neither repeat nor stand in a set.
"""

import re
from math import prod

from drivers.errors import GrammarError

MOST_WAYS = 50_000
"""More ways to split a text than this are refused; so many take about a millisecond."""

MOST_CHARACTERS = 400
MOST_DEPTH = 8
_SET = re.compile(r"\[\^?\]?(?:[^\]\\\[&|~-]|-(?!-)|\\.)*\]", re.ASCII)
_GROUP_START = re.compile(r"\((?:\?:|\?P<[a-z_]+>)?(?!\?)")
_REPETITION = re.compile(r"\{(\d{1,3})(?:,(\d{1,3}))?\}")
_ESCAPE = re.compile(r"\\[dw!-/:-@\[-`{-~]")
_LITERAL = re.compile(r"[^\\\[\](){}*+?|^$]")


def compile_pattern(text: str) -> re.Pattern[bytes]:
    """Compile a pattern, or say why it is refused.

    Raises:
        GrammarError: It is no pattern, uses what the subset leaves out, or costs too much.
    """
    if len(text) > MOST_CHARACTERS:
        raise GrammarError(f"the pattern is longer than {MOST_CHARACTERS} characters")
    ways = _Counter(text).count()
    if ways > MOST_WAYS:
        raise GrammarError(f"a name could be split in {ways} ways, more than {MOST_WAYS}")
    try:
        return re.compile(text.encode(), re.IGNORECASE | re.DOTALL)
    except (re.error, UnicodeEncodeError) as error:
        raise GrammarError(f"not a pattern: {error}") from error


class _Counter:
    """Reads a pattern from left to right and counts the ways to split a text by it."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._at = 0
        self._depth = 0

    def count(self) -> int:
        """The ways of the whole pattern."""
        ways = self._alternatives()
        if self._at < len(self._text):
            raise self._refused("a bracket that nothing opened")
        return ways

    def _alternatives(self) -> int:
        ways = self._sequence()
        while self._take("|"):
            ways += self._sequence()
        return ways

    def _sequence(self) -> int:
        factors = []
        while self._at < len(self._text) and self._text[self._at] not in "|)":
            factors.append(self._group() if self._peek() == "(" else self._atom())
        return prod(factors)

    def _group(self) -> int:
        if self._match(_GROUP_START) is None:
            raise self._refused("a group that is not (...), (?:...) or (?P<field>...)")
        self._depth += 1
        if self._depth > MOST_DEPTH:
            raise self._refused(f"more than {MOST_DEPTH} groups in one another")
        ways = self._alternatives()
        self._depth -= 1
        if not self._take(")"):
            raise self._refused("a group that nothing closes")
        if self._take("?"):
            ways += 1
        self._require_no_repetition("after a group only one '?' may stand")
        return ways

    def _atom(self) -> int:
        found = self._match(_SET) or self._match(_ESCAPE) or self._match(_LITERAL)
        if found is None:
            raise self._refused("a character with a meaning the subset leaves out")
        once = self._at
        ways = self._repetition()
        if not found.isascii() and (self._at > once or found.startswith("[")):
            raise self._refused("a character beyond ASCII that repeats or stands in a set")
        self._require_no_repetition("only '?' or one '{m,n}' may follow")
        return ways

    def _repetition(self) -> int:
        """The ways of what follows an atom: 1 when it does not vary."""
        if self._take("?"):
            return 2
        found = _REPETITION.match(self._text, self._at)
        if found is None:
            return 1
        self._at = found.end()
        least, most = int(found[1]), int(found[2] or found[1])
        if most < least:
            raise self._refused("a repetition that ends before it begins")
        return most - least + 1

    def _require_no_repetition(self, reason: str) -> None:
        if self._peek() in set("*+?{"):
            raise self._refused(reason)

    def _peek(self) -> str:
        return self._text[self._at : self._at + 1]

    def _take(self, character: str) -> bool:
        taken = self._peek() == character
        self._at += taken
        return taken

    def _match(self, pattern: re.Pattern[str]) -> str | None:
        found = pattern.match(self._text, self._at)
        self._at = found.end() if found else self._at
        return found[0] if found else None

    def _refused(self, reason: str) -> GrammarError:
        return GrammarError(f"{reason}, at character {self._at + 1} of {self._text!r}")
