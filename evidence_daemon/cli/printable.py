"""Text from recorders made safe for a terminal.

A file name may hold escape sequences that repaint the screen, line breaks that forge a row,
or bidirectional marks that make ``gpj.exe`` read ``exe.jpg``. Each such character is shown
as an escape; everything a person can read stays as it is.
"""

import unicodedata

_HIDDEN = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})


def printable(text: str) -> str:
    """The text with every control, format and unassigned character spelled as an escape."""
    if text.isascii() and text.isprintable():
        return text
    return "".join(map(_shown, text))


def _shown(character: str) -> str:
    if unicodedata.category(character) not in _HIDDEN:
        return character
    code = ord(character)
    if code <= 0xFF:  # noqa: PLR2004 - the range of \x escapes
        return f"\\x{code:02x}"
    return f"\\u{code:04x}" if code <= 0xFFFF else f"\\U{code:08x}"  # noqa: PLR2004
