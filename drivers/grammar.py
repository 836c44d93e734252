"""Reading recorders' file names by grammars. Pure: a path in, its claims out.

Reading is lenient: whatever is on a card, the answer is a
:class:`~drivers.recorder.ParsedName` or None, never an error. Every field is the recorder's
claim. A date that no calendar has gives no time, and the rest of the name still counts.
:mod:`drivers.names` makes grammars from their file.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from drivers.recorder import ParsedName

FIELDS = frozenset({"device", "officer_no", "date", "time", "counter", "important"})
"""The named groups a grammar may use."""

MOST_PART_BYTES = 255
"""The longest name a file system holds; what claims to be longer is not matched."""

_DATE_DIGITS = 8
_TIME_DIGITS = 6
_MOST_COUNTER_DIGITS = 15
"""Entries of the log hold integers below 2**53."""


@dataclass(frozen=True, slots=True)
class Grammar:
    """One grammar, compiled.

    Attributes:
        name: What the log calls it.
        stem: Matches a name without its extension.
        folders: Match the folders right above the file, the innermost last.
        media: The kinds of media it is for; None means all.
    """

    name: str
    stem: re.Pattern[bytes]
    folders: tuple[re.Pattern[bytes], ...]
    media: frozenset[str] | None

    def match(self, folders: Sequence[bytes], stem: bytes, media: str) -> dict[str, bytes] | None:
        """The fields of a name, or None. What the stem says counts before what folders say."""
        if (self.media is not None and media not in self.media) or len(folders) < len(self.folders):
            return None
        above = folders[len(folders) - len(self.folders) :]
        fields: dict[str, bytes] = {}
        for pattern, part in (*zip(self.folders, above, strict=True), (self.stem, stem)):
            found = pattern.fullmatch(part) if len(part) <= MOST_PART_BYTES else None
            if found is None:
                return None
            fields |= {name: value for name, value in found.groupdict().items() if value}
        return fields


@dataclass(frozen=True, slots=True)
class NameGrammars:
    """A file of grammars, ready to read names. Threads may share it.

    Attributes:
        grammars: In the order they are tried.
        media: Kind of media by extension, lower case.
        prerecord_folders: Folders of the pre-record ring, lower case.
        important_folders: Folders of important recordings, lower case.
        sha256: Of the file's bytes, in hexadecimal.
    """

    grammars: tuple[Grammar, ...]
    media: Mapping[bytes, str]
    prerecord_folders: frozenset[bytes]
    important_folders: frozenset[bytes]
    sha256: str

    def parse(self, path: bytes) -> ParsedName | None:
        """What a path on a recorder says; None when no grammar matches it."""
        *folders, name = path.split(b"/")
        stem = name.rpartition(b".")[0] if b"." in name else name
        media = self.media_of(path)
        for grammar in self.grammars:
            fields = grammar.match(folders, stem, media)
            if fields is not None:
                return self._parsed(grammar.name, media, fields, folders)
        return None

    def media_of(self, path: bytes) -> str:
        """The kind of media by the extension of a path: ``other`` when it says nothing."""
        name = path.rpartition(b"/")[2]
        extension = name.rpartition(b".")[2] if b"." in name else b""
        return self.media.get(extension.lower(), "other")

    def _parsed(
        self, grammar: str, media: str, fields: Mapping[str, bytes], folders: Sequence[bytes]
    ) -> ParsedName:
        above = {folder.lower() for folder in folders}
        return ParsedName(
            grammar,
            media,
            device=_text(fields.get("device")),
            officer_no=_text(fields.get("officer_no")),
            local_time=_local_time(fields.get("date"), fields.get("time")),
            counter=_counter(fields.get("counter")),
            important="important" in fields or bool(above & self.important_folders),
            prerecord=bool(above & self.prerecord_folders),
        )


def _text(value: bytes | None) -> str | None:
    return value.decode("utf-8", "replace") if value else None


def _counter(value: bytes | None) -> int | None:
    if value is None or not value.isdigit() or len(value) > _MOST_COUNTER_DIGITS:
        return None
    return int(value)


def _local_time(date: bytes | None, time: bytes | None) -> str | None:
    """The digits of a name as ``YYYY-MM-DDTHH:MM:SS``, None where no calendar has them."""
    day, moment = _digits(date), _digits(time)
    if len(day) != _DATE_DIGITS or len(moment) != _TIME_DIGITS:
        return None
    text = (day + b"T" + moment).decode()
    try:
        return datetime.fromisoformat(text).isoformat()
    except ValueError:
        return None


def _digits(value: bytes | None) -> bytes:
    return re.sub(rb"\D", b"", value or b"")
