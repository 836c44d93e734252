"""``evd find``: the recordings that match, in the order in which they were made."""

from collections.abc import Sequence
from typing import Any

import click

from evidence_daemon.cli.door import open_door
from evidence_daemon.cli.frame import Command
from evidence_daemon.cli.help import by_example
from evidence_daemon.cli.invocation import Invocation, pass_invocation
from evidence_daemon.cli.language import say
from evidence_daemon.cli.output import Column
from evidence_daemon.cli.spelling import LocalTime, mark, short_id, size
from evidence_daemon.cli.wording import state_words
from evidence_daemon.purpose import Purpose


@click.command(
    "find",
    cls=Command,
    help=by_example(
        "evd find --officer 100001 --from 2024-03-01 --to 2024-03-03",
        zh="列出符合条件的录像，按录制时间排序。时间按采集站时区解读；"
        "--to 只写日期时包含该日全天，写出时刻时不含该时刻。",
        en="List the recordings that match, by the time they were made. Times are read in the "
        "station's zone; --to includes the whole of a bare date, and ends before a moment.",
    ),
)
@click.option("--officer", metavar="ID", help=say(zh="警员。", en="The officer."))
@click.option("--recorder", metavar="ID", help=say(zh="记录仪。", en="The recorder."))
@click.option(
    "--from",
    "from_text",
    metavar="TIME",
    help=say(zh="在此时或之后录制。", en="Made at this time or later."),
)
@click.option(
    "--to", "to_text", metavar="TIME", help=say(zh="在此之前录制。", en="Made before this time.")
)
@click.option(
    "--unlinked",
    is_flag=True,
    help=say(zh="仅未关联案件的录像。", en="Only those that belong to no case."),
)
@click.option(
    "--text", metavar="TEXT", help=say(zh="路径中含有的文字。", en="Text that stands in the path.")
)
@click.option(
    "--limit",
    type=click.IntRange(min=1),
    metavar="N",
    help=say(zh="最多列出多少条。", en="List at most so many."),
)
@pass_invocation
def command(
    invocation: Invocation, /, from_text: str | None, to_text: str | None, **question: Any
) -> None:
    """List recordings."""
    with open_door(invocation, Purpose.QUESTIONS) as door:
        times = LocalTime(door.config.station.timezone)
        if from_text is not None:
            question["from_us"] = times.parse_us(from_text)
        if to_text is not None:
            question["to_us"] = times.parse_us(to_text, day_ends=True)
        params = {name: value for name, value in question.items() if value is not None}
        rows = door.client.lines("GET", "/recordings", params=params)
        invocation.output.table(_columns(times), rows)


def _columns(times: LocalTime) -> Sequence[Column]:
    return (
        Column("id", say(zh="编号", en="Id"), show=short_id),
        Column("recorded_at", say(zh="录制时间", en="Recorded"), show=times.show),
        Column("recorder", say(zh="记录仪", en="Recorder")),
        Column("officer", say(zh="警员", en="Officer")),
        Column("original_name", say(zh="原文件名", en="Original name")),
        Column("size_bytes", say(zh="大小", en="Size"), show=size, numeric=True),
        Column("important", say(zh="重要", en="Important"), show=mark),
        Column("state", say(zh="状态", en="State"), show=state_words),
    )
