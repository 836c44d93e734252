"""The history of recordings, for people: ``custody.json`` and the page ``custody.html``.

Both say what the log says, by entry number, and are made from the same rows. The page is one
file without script, style sheet or picture from elsewhere, in Chinese and English side by side,
fit to be printed. Every text in it comes from outside and is escaped; characters that would
change how a line reads are shown as their code points.
"""

import json
import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from html import escape
from typing import Any

import orjson

from archive.catalog.rows import EventRow, RecordingRow
from archive.custody.statement import NOT_PROVEN
from archive.export.names import HIDDEN
from hashing.act_words import ACT_WORDS
from hashing.checkpoint import Checkpoint
from hashing.entry import format_time
from hashing.errors import Bilingual

_STYLE = """\
body { font-family: sans-serif; margin: 2em; line-height: 1.4; color: #000; background: #fff }
table { border-collapse: collapse; width: 100%; margin: 0.5em 0 2em }
th, td { border: 1px solid #999; padding: 0.25em 0.5em; text-align: left; vertical-align: top }
th { background: #eee }
td { overflow-wrap: anywhere }
code { font-size: 0.9em; overflow-wrap: anywhere }
h2 { break-before: auto; margin-top: 2em; border-top: 2px solid #000; padding-top: 0.5em }
tr { break-inside: avoid }
@page { margin: 1.5cm }"""

_POLICY = "default-src 'none'; style-src 'unsafe-inline'"

_STATEMENT = (
    Bilingual(
        zh="本页由日志条目生成，仅供阅读。证明力来自 proof/ 中的条目与签名检查点，"
        "请用 verify.html、verify.py 或 README.txt 中的命令核对。时间均为采集站时钟（UTC），"
        "除非时间戳或见证另有界定。",
        en="This page is made from entries of the log, to be read. What proves anything are the "
        "entries and the signed checkpoint in proof/: check them with verify.html, verify.py or "
        "the commands in README.txt. Times are the station's clock (UTC) unless a timestamp or a "
        "witness bounds them.",
    ),
    NOT_PROVEN,
)


@dataclass(frozen=True, slots=True)
class History:
    """What is told of one recording.

    Attributes:
        row: The recording.
        path: Where its original lies in the package.
        seq: The entry that made it.
        events: Every entry that concerns it, in the order of the log.
        statement: Its three times and their evidence (:mod:`archive.custody.statement`).
    """

    row: RecordingRow
    path: str
    seq: int
    events: Sequence[EventRow]
    statement: Mapping[str, Any]


def custody_json(histories: Sequence[History], head: Checkpoint, created: str) -> bytes:
    """The histories as one JSON object, indented."""
    record = {
        "origin": head.origin,
        "size": head.size,
        "root": head.root.hex(),
        "created": created,
        "recordings": [_record(history) for history in histories],
    }
    return orjson.dumps(record, option=orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE)


def _record(history: History) -> dict[str, Any]:
    return {
        **dict(_facts(history)),
        "statement": dict(history.statement),
        "events": [
            {
                "seq": event.seq,
                "time": format_time(event.time_us),
                "act": event.act,
                "actor": event.actor,
                "concerns": event.kind,
                "docking": event.docking,
                "summary": dict(event.summary),
            }
            for event in history.events
        ],
    }


def _facts(history: History) -> Iterator[tuple[str, object]]:
    row = history.row
    yield "recording", row.id
    yield "file", history.path
    yield "path_on_recorder", row.path
    yield "sha256", row.sha256
    if row.sm3:
        yield "sm3", row.sm3
    yield "size_bytes", row.size_bytes
    yield "recorder", row.recorder
    yield "officer", row.officer
    yield "recorded_at", format_time(row.recorded_at_us)
    yield "recorded_at_source", row.recorded_at_source
    yield "collected_at", format_time(row.collected_at_us)
    yield "state", row.state.value
    yield "entry", history.seq


_FACT_WORDS: Mapping[str, tuple[str, str]] = {
    "recording": ("录像编号", "Recording"),
    "file": ("本数据包中的文件", "File in this package"),
    "path_on_recorder": ("记录仪上的路径", "Path on the recorder"),
    "sha256": ("SHA-256", "SHA-256"),
    "sm3": ("SM3", "SM3"),
    "size_bytes": ("字节数", "Bytes"),
    "recorder": ("记录仪", "Recorder"),
    "officer": ("执法人员", "Officer"),
    "recorded_at": ("录制时间（记录仪所述）", "Recorded, as the recorder says"),
    "recorded_at_source": ("录制时间的依据", "Recorded according to"),
    "collected_at": ("接收时间（采集站时钟）", "Received, by the station's clock"),
    "state": ("状态", "State"),
    "entry": ("归档条目号", "Entry that archived it"),
}


def custody_html(histories: Sequence[History], head: Checkpoint, created: str) -> bytes:
    """The histories as a page."""
    lines = [
        "<!DOCTYPE html>",
        '<html lang="zh"><head><meta charset="utf-8">',
        f'<meta http-equiv="Content-Security-Policy" content="{_POLICY}">',
        "<title>监管链 / Chain of custody</title>",
        f"<style>\n{_STYLE}\n</style></head><body>",
        "<h1>监管链 / Chain of custody</h1>",
        *(f"<p>{escape(each.zh)}<br>{escape(each.en)}</p>" for each in _STATEMENT),
        "<table>",
        _fact("日志来源", "Log", head.origin),
        _fact("检查点条目数", "Entries under the checkpoint", head.size),
        _fact("根", "Root", head.root.hex()),
        _fact("生成时间", "Made", created),
        "</table>",
    ]
    for number, history in enumerate(histories, 1):
        lines += _section(number, history)
    lines.append("</body></html>")
    return "".join(f"{line}\n" for line in lines).encode("utf-8", "replace")


def _section(number: int, history: History) -> Iterator[str]:
    yield f"<h2>{number}. {_text(history.row.original_name)}</h2>"
    yield "<table>"
    for name, value in _facts(history):
        yield _fact(*_FACT_WORDS[name], value)
    yield from _times(history.statement)
    yield "</table>"
    yield "<table><thead><tr>"
    heads = (("条目", "Entry"), ("时间", "Time"), ("事件", "Event"), ("操作者", "Actor"))
    for zh, en in (*heads, ("内容", "Details")):
        yield f"<th>{zh}<br>{en}</th>"
    yield "</tr></thead><tbody>"
    for event in history.events:
        yield _event(event)
    yield "</tbody></table>"


def _times(statement: Mapping[str, Any]) -> Iterator[str]:
    """Clocks and outsiders: what the times above rest on."""
    recorded, received = statement["recorded"], statement["received"]
    offset = recorded["clock_offset_ms"]
    if offset is not None:
        words = f"{offset} ± {recorded['clock_uncertainty_ms']} ms"
        yield _fact("插入时记录仪时钟偏差", "Recorder's clock against the station's", words)
    yield _fact("接收时采集站时钟状态", "State of the station's clock then", received["clock"])
    for bound in statement["not_later_than"]:
        by = f"{bound['at']} ({bound['kind']}, {bound['by']}, entry {bound['entry']})"
        yield _fact("不晚于", "Not later than", by)
    if not statement["not_later_than"]:
        none = "– (尚无时间戳或见证 / no timestamp or witness yet)"
        yield _fact("不晚于", "Not later than", none)
    yield _fact("执法人员的依据", "Officer according to", statement["officer"]["source"])


def _event(event: EventRow) -> str:
    words = ACT_WORDS.get(event.act)
    act = f"{words.zh}<br>{words.en}" if words else _text(event.act)
    told = ((name, value) for name, value in event.summary.items() if value not in (None, "", {}))
    details = "<br>".join(f"{_text(name)} = {_text(_plain(value))}" for name, value in told)
    cells = (str(event.seq), _text(format_time(event.time_us)), act, _text(event.actor), details)
    return "<tr>" + "".join(f"<td>{cell}</td>" for cell in cells) + "</tr>"


def _fact(zh: str, en: str, value: object) -> str:
    label = zh if zh == en else f"{zh} / {en}"
    return f"<tr><th>{label}</th><td><code>{_text(_plain(value))}</code></td></tr>"


def _plain(value: object) -> str:
    if value is None:
        return "–"
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def _text(value: str) -> str:
    """A text from outside, escaped, with every character that is not seen spelled out."""
    return escape("".join(map(_shown, value)))


def _shown(character: str) -> str:
    hidden = unicodedata.category(character) in HIDDEN
    return f"[U+{ord(character):04X}]" if hidden else character
