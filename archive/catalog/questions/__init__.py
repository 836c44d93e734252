"""Questions to the catalog, one module per subject.

Each takes a connection, answers by an index, and gives frozen rows. Long answers come in
pages that go on behind the last row given, so that no transaction stays open while someone
reads slowly, and rows added meanwhile neither shift nor repeat what was already given.
"""

from typing import Final

PAGE_ROWS: Final = 1000
