"""``evd show``: one recording, where it was seen, and where its bytes lie."""

from collections.abc import Iterator
from typing import Any

import click

from evidence_daemon.cli.arguments import recording_argument
from evidence_daemon.cli.door import open_door
from evidence_daemon.cli.frame import Command
from evidence_daemon.cli.help import by_example
from evidence_daemon.cli.invocation import Invocation, pass_invocation
from evidence_daemon.cli.language import say
from evidence_daemon.cli.spelling import LocalTime, size
from evidence_daemon.cli.wording import state_words
from evidence_daemon.purpose import Purpose


@click.command(
    "show",
    cls=Command,
    help=by_example(
        "evd show 5f0c2a9b",
        zh="显示一段录像：摘要、来源、在记录仪上出现过的每一处，以及字节所在的存储。"
        "编号可以只写能唯一确定的开头。",
        en="Show a recording: its digests, where it comes from, every place it was seen on its "
        "recorder, and the stores that hold its bytes. A unique beginning of the id will do.",
    ),
)
@recording_argument
@pass_invocation
def command(invocation: Invocation, recording: str) -> None:
    """Show a recording."""
    with open_door(invocation, Purpose.QUESTIONS) as door:
        shown = door.client.get(f"/recordings/{recording}")
        times = LocalTime(door.config.station.timezone)
    invocation.output.facts(shown, _facts(shown, times))


def _facts(shown: dict[str, Any], times: LocalTime) -> Iterator[tuple[str, str | None]]:
    recorded = f"{times.show(shown['recorded_at'])} ({shown['recorded_at_source']})"
    yield say(zh="编号", en="Id"), shown["id"]
    yield say(zh="原文件名", en="Original name"), shown["original_name"]
    yield say(zh="录制时间", en="Recorded"), recorded
    yield say(zh="归档时间", en="Collected"), times.show(shown["collected_at"])
    yield say(zh="记录仪", en="Recorder"), shown["recorder"]
    yield say(zh="警员", en="Officer"), shown["officer"]
    yield say(zh="大小", en="Size"), f"{size(shown['size_bytes'])} ({shown['size_bytes']})"
    yield "SHA-256", shown["sha256"]
    yield "SM3", shown["sm3"]
    yield say(zh="状态", en="State"), state_words(shown["state"])
    yield say(zh="重要", en="Important"), say(zh="是", en="yes") if shown["important"] else None
    yield say(zh="存储", en="Stores"), ", ".join(shown["stores"])
    for seen in shown["occurrences"]:
        where = f"{seen['path']} · {times.show(seen['time'])} · #{seen['seq']} · {seen['proof']}"
        yield say(zh="出现", en="Seen"), where
