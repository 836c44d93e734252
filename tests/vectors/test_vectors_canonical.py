"""The examples of RFC 8785 that lie in the value domain of entries, and one that does not."""

import pytest

from hashing.canonical import NotCanonical, decode, encode

SAMPLE = {
    "string": "\u20ac$\u000f\u000aA'\u0042\u0022\u005c\\\"/",
    "literals": [None, True, False],
}
"""RFC 8785 §3.2.2, without its floating-point numbers."""

CANONICAL = bytes.fromhex(
    "7b226c69746572616c73223a5b6e756c6c2c747275652c66616c73655d2c"
    "22737472696e67223a22e282ac245c75303030665c6e4127425c225c5c5c5c5c222f227d"
)
"""RFC 8785 §3.2.4, the same bytes without the member ``numbers``."""

CONTROLS = {
    "\b": rb"\b",
    "\t": rb"\t",
    "\n": rb"\n",
    "\f": rb"\f",
    "\r": rb"\r",
    '"': rb"\"",
    "\\": rb"\\",
    "\x00": rb"\u0000",
    "\x1f": rb"\u001f",
    "\x7f": b"\x7f",
    "/": b"/",
    "\u2028": b"\xe2\x80\xa8",
    "\U0001f602": b"\xf0\x9f\x98\x82",
}
"""RFC 8785 §3.2.2.2: what is escaped, and how."""


def test_the_sample() -> None:
    assert encode(SAMPLE) == CANONICAL
    assert decode(CANONICAL) == SAMPLE


@pytest.mark.parametrize(("text", "spelled"), CONTROLS.items())
def test_strings(text: str, spelled: bytes) -> None:
    assert encode({"a": text}) == b'{"a":"' + spelled + b'"}'


def test_the_sorting_sample_has_keys_that_entries_do_not() -> None:
    keys = ("\u20ac", "\r", "\ufb33", "1", "\U0001f600", "\u0080", "\u00f6")
    for key in keys:
        with pytest.raises(NotCanonical):
            encode({key: "x"})


@pytest.mark.parametrize(
    "number", [333333333.33333329, 1e30, 4.50, 2e-3, 0.000000000000000000000000001]
)
def test_the_numbers_of_the_sample_are_refused(number: float) -> None:
    with pytest.raises(NotCanonical):
        encode({"numbers": [number]})
