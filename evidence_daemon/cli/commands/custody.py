"""``evd custody``: everything the log says of a recording."""

from collections.abc import Iterator, Mapping
from typing import Any

import click

from evidence_daemon.cli.arguments import recording_argument
from evidence_daemon.cli.door import open_door
from evidence_daemon.cli.frame import Command
from evidence_daemon.cli.help import by_example
from evidence_daemon.cli.invocation import Invocation, pass_invocation
from evidence_daemon.cli.language import current, say
from evidence_daemon.cli.output import Column
from evidence_daemon.cli.spelling import LocalTime, fields
from evidence_daemon.cli.wording import (
    act_words,
    anchor_words,
    clock_words,
    officer_source_words,
    recorded_source_words,
)
from evidence_daemon.purpose import Purpose


@click.command(
    "custody",
    cls=Command,
    help=by_example(
        "evd custody 5f0c2a9b",
        zh="按日志次序列出与一段录像有关的每一条记录：插入、归档、再次出现、查看、导出。"
        "序号即日志条目号，可用 evd log prove 证明。其后是录制、接收、不晚于三个时间及其依据，"
        "警员及其来源，以及未被证明的事项。",
        en="List every log entry that concerns a recording, in the order of the log: docked, "
        "archived, seen again, viewed, copied out. Numbers are those of the log's entries. "
        "Below stand three times on their evidence - recorded, received, not later than - whose "
        "footage it is and who says so, and what is not proven.",
    ),
)
@recording_argument
@pass_invocation
def command(invocation: Invocation, recording: str) -> None:
    """List a recording's history."""
    with open_door(invocation, Purpose.QUESTIONS) as door:
        statement = door.client.get(f"/recordings/{recording}/statement")
        times = LocalTime(door.config.station.timezone)
        columns = (
            Column("seq", say(zh="条目", en="Entry"), numeric=True),
            Column("time", say(zh="时间", en="Time"), show=times.show),
            Column("act", say(zh="事件", en="Event"), show=act_words),
            Column("actor", say(zh="操作者", en="Actor")),
            Column("summary", say(zh="内容", en="Details"), show=_details),
        )
        events = door.client.lines("GET", f"/recordings/{recording}/custody")
        invocation.output.table(columns, events)
    invocation.output.facts(statement, _facts(statement, times))


def _facts(statement: Mapping[str, Any], times: LocalTime) -> Iterator[tuple[str, str]]:
    """The three times, whose footage it is, and what is not proven."""
    recorded, received = statement["recorded"], statement["received"]
    yield say(zh="录制", en="Recorded"), f"{times.show(recorded['at'])} · {_clock(recorded)}"
    state = clock_words(received["clock"])
    yield (
        say(zh="接收", en="Received"),
        f"{times.show(received['at'])} · {state} · #{received['entry']}",
    )
    late = say(zh="不晚于", en="Not later than")
    for bound in statement["not_later_than"]:
        by = f"{anchor_words(bound['kind'])} {bound['by']} · #{bound['entry']}"
        yield late, f"{times.show(bound['at'])} · {by}"
    if not statement["not_later_than"]:
        yield (
            late,
            say(
                zh="尚无时间戳或见证界定：只有采集站自己的说法",
                en="no token or witness bounds it yet: it is the station's word",
            ),
        )
    officer = statement["officer"]
    yield (
        say(zh="警员", en="Officer"),
        f"{officer['id'] or '—'} · {officer_source_words(officer['source'])}",
    )
    words = statement["not_proven"]
    yield "", words[current()]


def _clock(recorded: Mapping[str, Any]) -> str:
    source = recorded_source_words(recorded["source"])
    offset_ms, uncertainty_ms = recorded["clock_offset_ms"], recorded["clock_uncertainty_ms"]
    if offset_ms is None:
        return say(zh=f"{source}；记录仪时钟未读取", en=f"{source}; the recorder's clock: not read")
    by = f"{offset_ms / 1000:+.1f} s ± {uncertainty_ms / 1000:.1f} s"
    return say(zh=f"{source}；停靠时记录仪时钟偏差 {by}", en=f"{source}; its clock was off by {by}")


def _details(value: object) -> str:
    return fields(value) if isinstance(value, Mapping) else ""
