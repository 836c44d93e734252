import unicodedata

from hypothesis import example, given
from hypothesis import strategies as st

from evidence_daemon.cli.printable import printable


@given(st.text(st.characters()))
@example("a\x1b[31m\nb")
@example("gpj\u202eexe")
@example("\udc80")
def test_nothing_that_moves_or_hides_reaches_the_terminal(text: str) -> None:
    shown = printable(text)
    assert not {unicodedata.category(c) for c in shown} & {"Cc", "Cf", "Cs", "Zl", "Zp"}
    shown.encode()


@given(st.text(st.characters(categories=["L", "N", "P", "S", "Zs", "M"])))
def test_what_people_can_read_stays_as_it_is(text: str) -> None:
    assert printable(text) == text


def test_escapes_name_the_character() -> None:
    assert printable("a\x1b\u202e\U000e0001") == "a\\x1b\\u202e\\U000e0001"
