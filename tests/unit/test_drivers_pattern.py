"""The pattern subset: what it accepts means what ``re`` means, what it refuses is named."""

import re

import pytest

from drivers.errors import GrammarError
from drivers.pattern import MOST_CHARACTERS, MOST_DEPTH, compile_pattern


@pytest.mark.parametrize(
    ("pattern", "matches", "misses"),
    [
        (r"MOVI\d{4}", b"movi0001", b"MOVI001"),
        (r"[A-Z]{3,4}[-_]?\d{4}", b"IMG_0001", b"IM_0001"),
        (r"a(?:b|cd?)?e", b"ace", b"abce"),
        (r"[]\-\]x]{2}", b"]-", b"ab"),
        (r"[^0-9]\.\w", b"x.y", b"1.y"),
        (r"执法.{0,6}", "执法记录".encode(), "记录".encode()),
        (r".{0,255}", b"\n\xff\0", b"x" * 256),
        (r"", b"", b"a"),
        (r"a||b", b"", b"ab"),
        (r"(?P<device>\d{2})(?P<important>IMP)?", b"12imp", b"IMP"),
    ],
)
def test_accepted_patterns_match_whole_texts(pattern: str, matches: bytes, misses: bytes) -> None:
    compiled = compile_pattern(pattern)
    assert compiled.fullmatch(matches)
    assert not compiled.fullmatch(misses)


@pytest.mark.parametrize(
    ("pattern", "said"),
    [
        (r"a*", "only '?'"),
        (r"a+", "only '?'"),
        (r"a{2,}", "only '?'"),
        (r"a{,2}", "only '?'"),
        (r"a??", "only '?'"),
        (r"a{1,2}?", "only '?'"),
        (r"a{1,2}+", "only '?'"),
        (r"(a{1,9}){1,9}", "only one '?'"),
        (r"(a|aa)*", "only one '?'"),
        (r"(a)??", "only one '?'"),
        (r"(?=a)", "a group that is not"),
        (r"(?i)a", "a group that is not"),
        (r"(?P=device)", "a group that is not"),
        (r"(?P<device>a)(?P<device>b)", "redefinition"),
        (r"(a)\1", "leaves out"),
        (r"\bword", "leaves out"),
        (r"^a$", "leaves out"),
        (r"?a", "leaves out"),
        (r"[a", "leaves out"),
        (r"[[a]", "leaves out"),
        (r"[a--b]", "leaves out"),
        (r"[z-a]", "not a pattern"),
        (r"[\q]", "not a pattern"),
        (r"(a", "nothing closes"),
        (r"a)", "nothing opened"),
        (r"a{3,2}", "ends before it begins"),
        (r"录?", "beyond ASCII"),
        (r"录{2,3}", "beyond ASCII"),
        (r"[录像]", "beyond ASCII"),
        (r"录{2}", "beyond ASCII"),
        ("(" * (MOST_DEPTH + 1) + ")" * (MOST_DEPTH + 1), "in one another"),
        ("a" * (MOST_CHARACTERS + 1), "longer than"),
        (r"\w{0,255}\w{0,255}", "65536 ways"),
        (r".{0,99}.{0,99}.{0,99}.{0,99}!", "100000000 ways"),
        (r"(?:a?b?c?d?e?f?g?h?|x)(?:a?b?c?d?e?f?g?h?|x)", "66049 ways"),
    ],
)
def test_refused_patterns_are_told_why(pattern: str, said: str) -> None:
    with pytest.raises(GrammarError) as caught:
        compile_pattern(pattern)
    assert said in caught.value.detail


def test_the_patterns_of_slow_matches_are_among_the_refused() -> None:
    for slow in (r"(a+)+$", r"(a|a)*$", r"(.*)(.*)(.*)x", r"([a-z]+)*1"):
        re.compile(slow)
        with pytest.raises(GrammarError):
            compile_pattern(slow)
