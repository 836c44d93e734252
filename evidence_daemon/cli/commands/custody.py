"""``evd custody``: everything the log says of a recording."""

from collections.abc import Mapping

import click

from evidence_daemon.cli.arguments import recording_argument
from evidence_daemon.cli.door import open_door
from evidence_daemon.cli.frame import Command
from evidence_daemon.cli.help import by_example
from evidence_daemon.cli.invocation import Invocation, pass_invocation
from evidence_daemon.cli.language import say
from evidence_daemon.cli.output import Column
from evidence_daemon.cli.spelling import LocalTime, fields
from evidence_daemon.cli.wording import act_words
from evidence_daemon.purpose import Purpose


@click.command(
    "custody",
    cls=Command,
    help=by_example(
        "evd custody 5f0c2a9b",
        zh="按日志次序列出与一段录像有关的每一条记录：插入、归档、再次出现、查看、导出。"
        "序号即日志条目号，可用 evd log prove 证明。",
        en="List every log entry that concerns a recording, in the order of the log: docked, "
        "archived, seen again, viewed, copied out. Numbers are those of the log's entries.",
    ),
)
@recording_argument
@pass_invocation
def command(invocation: Invocation, recording: str) -> None:
    """List a recording's history."""
    with open_door(invocation, Purpose.QUESTIONS) as door:
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


def _details(value: object) -> str:
    return fields(value) if isinstance(value, Mapping) else ""
