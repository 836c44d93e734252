"""The index that finds recordings by text in their path.

A path is indexed by its overlapping bigrams, in lower case from a to z as questions are:
``现场.mp4`` by ``现场``, ``场.``, ``.m`` and so on. So every word of two characters is found, which
an index of words or of three characters would not do for Chinese.

* On SQLite an FTS5 index keeps the bigrams with their places. Bigrams that follow one another
  are the text; a single character is the beginning of a bigram, and an end mark gives the last
  one its own. Entries are made for the rows of each group, in its transaction.
* On PostgreSQL a GIN index over an expression of the row keeps the set of its characters and
  bigrams. The server maintains it.

What an index gives are candidates, never fewer than the rows sought: whoever asks confirms
them with the exact condition. Of a long text only the beginning is looked up.
"""

import string
from collections.abc import Iterator
from typing import Any, Final

from sqlalchemy import ColumnElement, Connection, cast, func, select
from sqlalchemy.dialects.postgresql import ARRAY, TEXT

from archive.catalog import schema
from archive.sqlite import create_phrase_index, index_words, indexed_words, rows_with_phrase

NAME: Final = "recordings_text"
CHARACTERS_LOOKED_UP: Final = 32
FEW: Final = 10_000
"""So many candidates are sorted for each page; more are met soon enough in the order of time."""

_LOWER: Final = str.maketrans(string.ascii_uppercase, string.ascii_lowercase)
_WORDS: Final[dict[int, int | str]] = _LOWER | {
    code: chr(0x80 | code) for code in range(0x80) if not chr(code).isalnum()
}
"""What FTS5 would take for the end of a word becomes a letter. That some other characters
become the same one only makes candidates."""
_END: Final = "\x80"

_SET_OF_BIGRAMS: Final = """
CREATE OR REPLACE FUNCTION path_bigrams(path text) RETURNS text[]
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE COST 1000
AS $$
    SELECT array_agg(DISTINCT substr(path, place, size))
    FROM generate_series(1, char_length(path)) AS place, generate_series(1, 2) AS size
$$
"""
_GIN: Final = f"CREATE INDEX {NAME} ON recordings USING gin (path_bigrams(lower(path)))"


def lower(text: str) -> str:
    """Lower case as both databases understand it: a to z."""
    return text.translate(_LOWER)


def create(connection: Connection) -> None:
    """Make the index, where rows must be entered into it (SQLite)."""
    if _on_sqlite(connection):
        create_phrase_index(connection, NAME)


def create_over_rows(connection: Connection) -> None:
    """Make the index, where the server fills and keeps it (PostgreSQL)."""
    if not _on_sqlite(connection):
        connection.exec_driver_sql(_SET_OF_BIGRAMS)
        connection.exec_driver_sql(_GIN)


def add(connection: Connection, first_seq: int) -> None:
    """Enter the recordings of a group that was just carried out.

    Args:
        connection: In the transaction of the group.
        first_seq: The group's first entry. A recording bears the number of the entry that
            first spoke of it, so those from here on are new, and all of them.
    """
    if _on_sqlite(connection):
        of = schema.recordings.c
        new = connection.execute(select(of.seq, of.path).where(of.seq >= first_seq))
        index_words(connection, NAME, ((seq, _bigrams(path)) for seq, path in new))


def is_rare(connection: Connection, text: str) -> bool:
    """Whether to go by the index: always on a server, which weighs that itself."""
    if not text:
        return False
    if not _on_sqlite(connection):
        return True
    some = rows_with_phrase(NAME, _phrase(text)).limit(FEW + 1).subquery()
    return (connection.scalar(select(func.count()).select_from(some)) or 0) <= FEW


def candidate(connection: Connection, text: str) -> ColumnElement[bool]:
    """The condition that a recording may have ``text``, which is not empty, in its path."""
    of = schema.recordings.c
    if _on_sqlite(connection):
        return of.seq.in_(rows_with_phrase(NAME, _phrase(text)))
    wanted = cast(_set_of_bigrams(text), ARRAY(TEXT))
    return func.path_bigrams(func.lower(of.path)).op("@>", is_comparison=True)(wanted)


def differences(
    expected: Connection, found: Connection
) -> Iterator[tuple[str, tuple[Any, ...] | None, tuple[Any, ...] | None]]:
    """Bigrams that the index of a catalog on SQLite holds otherwise than another one does.

    Nothing for a server: its index is an expression of the rows, and what the server makes of
    it cannot be read.

    Yields:
        The bigram, and how often it stands in each index with a sum over where; None where it
        does not.
    """
    if not _on_sqlite(found):
        return
    wanted, there = (_postings(connection) for connection in (expected, found))
    for bigram in sorted(wanted.keys() | there.keys(), key=repr):
        if wanted.get(bigram) != there.get(bigram):
            yield bigram, wanted.get(bigram), there.get(bigram)


def _postings(connection: Connection) -> dict[str, tuple[Any, ...]]:
    rows = connection.execute(indexed_words(NAME))
    return {word: (count, where) for word, count, where in rows}


def _bigrams(path: str) -> str:
    """The words of a path: each character with the one behind it."""
    text = path.translate(_WORDS)
    return " ".join(map(str.__add__, text, text[1:] + _END))


def _phrase(text: str) -> str:
    text = text[:CHARACTERS_LOOKED_UP].translate(_WORDS)
    if len(text) == 1:
        return f"{text}*"
    return " ".join(map(str.__add__, text, text[1:]))


def _set_of_bigrams(text: str) -> list[str]:
    text = lower(text[:CHARACTERS_LOOKED_UP])
    return [text] if len(text) == 1 else list(map(str.__add__, text, text[1:]))


def _on_sqlite(connection: Connection) -> bool:
    return connection.dialect.name == "sqlite"
