import io
import json

from evidence_daemon.cli.output import Column, Output

_COLUMNS = (Column("id", "ID"), Column("size", "Size", numeric=True))
_ROWS = ({"id": "a\tb\n", "size": 3, "more": [1]}, {"id": "c", "size": None})


def _output(*, as_json: bool) -> tuple[Output, io.TextIOWrapper]:
    stream = io.TextIOWrapper(io.BytesIO(), encoding="utf-8")
    return Output(as_json=as_json, stdout=stream, stderr=stream), stream


def _text(stream: io.TextIOWrapper) -> str:
    stream.flush()
    assert isinstance(stream.buffer, io.BytesIO)
    return stream.buffer.getvalue().decode()


def test_a_pipe_gets_one_line_for_each_row_whatever_it_holds() -> None:
    output, stream = _output(as_json=False)
    output.table(_COLUMNS, _ROWS)
    assert _text(stream) == "ID\tSize\na\\x09b\\x0a\t3\nc\t\n"


def test_json_lines_hold_the_whole_row() -> None:
    output, stream = _output(as_json=True)
    output.table(_COLUMNS, _ROWS)
    output.data({"type": "summary"}, "not shown")
    assert [json.loads(line) for line in _text(stream).splitlines()] == [
        *_ROWS,
        {"type": "summary"},
    ]


def test_messages_and_records_keep_their_order() -> None:
    output, stream = _output(as_json=True)
    output.message("first")
    output.json_line({"n": 2})
    output.message("third")
    assert _text(stream) == 'first\n{"n":2}\nthird\n'
