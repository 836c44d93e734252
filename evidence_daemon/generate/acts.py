"""The tables of ``docs/formats.md``: the body of each act, from its schema."""

import re

from hashing import acts_table

_BEGIN = "<!-- generated: acts -->\n"
_END = "<!-- end generated -->"
_PLACE = re.compile(f"{re.escape(_BEGIN)}.*?{re.escape(_END)}", re.DOTALL)


def fill(present: str) -> str:
    """The page with its tables as the schemas say; the rest of it is written by people.

    A page without a place for the tables gets one at its end.
    """
    tables = f"{_BEGIN}\n{acts_table.render().strip()}\n\n{_END}"
    filled, places = _PLACE.subn(lambda _: tables, present)
    return filled if places else f"{present}{tables}\n"
