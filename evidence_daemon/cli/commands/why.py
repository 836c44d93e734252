"""``evd why``: what keeps a recording."""

from collections.abc import Iterator
from typing import Any

import click

from evidence_daemon.cli.arguments import recording_argument
from evidence_daemon.cli.door import open_door
from evidence_daemon.cli.frame import Command
from evidence_daemon.cli.help import by_example
from evidence_daemon.cli.invocation import Invocation, pass_invocation
from evidence_daemon.cli.language import say
from evidence_daemon.cli.spelling import LocalTime
from evidence_daemon.cli.wording import reason_words
from evidence_daemon.purpose import Purpose


@click.command(
    "why",
    cls=Command,
    help=by_example(
        "evd why 5f0c2a9b",
        zh="说明一段录像为何被保留、保留到何时。",
        en="Say why a recording is kept, and until when.",
    ),
)
@recording_argument
@pass_invocation
def command(invocation: Invocation, recording: str) -> None:
    """Say what keeps a recording."""
    with open_door(invocation, Purpose.QUESTIONS) as door:
        told = door.client.get(f"/recordings/{recording}/why")
        times = LocalTime(door.config.station.timezone)
    invocation.output.facts(told, _facts(told, times))


def _facts(told: dict[str, Any], times: LocalTime) -> Iterator[tuple[str, str | None]]:
    forever = say(zh="永久", en="for good")
    yield say(zh="编号", en="Id"), told["id"]
    yield say(zh="归档时间", en="Collected"), times.show(told["collected_at"])
    yield say(zh="保留至", en="Kept until"), times.show(told["until"]) or forever
    yield say(zh="规则", en="Rule"), told["rule"]
    for reason in told["reasons"]:
        yield say(zh="原因", en="Because"), reason_words(reason)
