"""What commands write: data on standard output, everything else on standard error.

With ``--json`` data is JSON lines in UTF-8, stable and extended only by addition. Without,
a terminal gets a table, and a pipe gets tab-separated columns under one heading line, as
they come, in constant memory. Text from recorders never reaches a terminal unescaped.
"""

import sys
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, TextIO

from evidence_daemon.cli.printable import printable

if TYPE_CHECKING:
    from evidence_daemon.cli.progress import Progress, Unit


def _plain(value: object) -> str:
    return "" if value is None else str(value)


@dataclass(frozen=True, slots=True)
class Column:
    """One column of a table for people.

    Attributes:
        key: Which value of a row.
        heading: Its heading, in the language in force.
        show: How a value is spelled.
        numeric: Whether it is set flush right.
    """

    key: str
    heading: str
    show: Callable[[object], str] = _plain
    numeric: bool = False

    def cell(self, row: Mapping[str, object]) -> str:
        """The text of this column in a row, safe for a terminal."""
        return printable(self.show(row.get(self.key)))


class Output:
    """The two streams of one command.

    Args:
        as_json: Whether data is written as JSON lines.
        stdout: Where data goes.
        stderr: Where messages go.
    """

    def __init__(
        self, *, as_json: bool, stdout: TextIO | None = None, stderr: TextIO | None = None
    ) -> None:
        self.as_json = as_json
        self._stdout = stdout or sys.stdout
        self._stderr = stderr or sys.stderr

    def json_line(self, record: Mapping[str, object]) -> None:
        """Write one record as a line of JSON, whatever was asked for."""
        import orjson

        self._stdout.flush()
        self._stdout.buffer.write(orjson.dumps(record, option=orjson.OPT_APPEND_NEWLINE))

    def data(self, record: Mapping[str, object], text: str) -> None:
        """Write one datum: the record with ``--json``, else the text as a line."""
        if self.as_json:
            self.json_line(record)
        else:
            self.line(text)

    def table(self, columns: Sequence[Column], rows: Iterable[Mapping[str, object]]) -> None:
        """Write rows: every one whole with ``--json``, else the columns that people need."""
        if self.as_json:
            for row in rows:
                self.json_line(row)
        elif self._stdout.isatty():
            self._boxed(columns, rows)
        else:
            self._stdout.write("\t".join(column.heading for column in columns) + "\n")
            for row in rows:
                self._stdout.write("\t".join(column.cell(row) for column in columns) + "\n")

    def _boxed(self, columns: Sequence[Column], rows: Iterable[Mapping[str, object]]) -> None:
        from rich.box import SIMPLE_HEAD
        from rich.console import Console
        from rich.table import Table
        from rich.text import Text

        table = Table(box=SIMPLE_HEAD)
        for column in columns:
            justify = "right" if column.numeric else "left"
            table.add_column(column.heading, justify=justify, overflow="fold")  # type: ignore[arg-type]
        for row in rows:
            table.add_row(*(Text(column.cell(row)) for column in columns))
        Console(file=self._stdout).print(table)

    def facts(self, record: Mapping[str, object], facts: Iterable[tuple[str, str | None]]) -> None:
        """Write one thing: the record with ``--json``, else a name and a value on each line.

        Args:
            record: All there is to say.
            facts: What people need of it; a value that is empty is left out.
        """
        if self.as_json:
            self.json_line(record)
            return
        for name, value in facts:
            if value:
                self.line(f"{name}: {value}" if name else value)

    def line(self, text: str) -> None:
        """Write a line of a report for people; one that is also data is :meth:`data`."""
        self._stdout.write(printable(text) + "\n")

    def exact(self, data: bytes) -> None:
        """Write bytes as they are: what another program is to read, such as a signed note."""
        self._stdout.flush()
        self._stdout.buffer.write(data)

    def message(self, text: str) -> None:
        """Tell people something that is not data."""
        self._stderr.write(printable(text) + "\n")

    def progress(self, unit: "Unit") -> "Progress":
        """Show how far long work has come, as the terminal allows."""
        from evidence_daemon.cli.progress import make_progress

        return make_progress(self._stderr, unit)
