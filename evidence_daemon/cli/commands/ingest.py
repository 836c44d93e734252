"""``evd ingest``: cards and folders, each as a docked recorder."""

import click

from evidence_daemon.cli.arguments import absolute_paths, officer_option, recorder_option
from evidence_daemon.cli.frame import Command
from evidence_daemon.cli.help import by_example
from evidence_daemon.cli.intake import take_in
from evidence_daemon.cli.invocation import Invocation, pass_invocation
from evidence_daemon.cli.language import say


@click.command(
    "ingest",
    cls=Command,
    help=by_example(
        "evd ingest /media/card-1 /media/card-2",
        zh="将存储卡或文件夹作为插入的记录仪采集；给出多个时同时进行。记录仪上的内容从不改变。"
        "再次采集同一张卡不会产生重复。",
        en="Take cards or folders in as docked recorders, several of them side by side. Nothing "
        "on a recorder is ever changed, and taking the same card in again makes no duplicates.",
    ),
)
@click.argument(
    "paths",
    metavar="PATH...",
    nargs=-1,
    required=True,
    callback=absolute_paths,
    help=say(zh="存储卡或文件夹，各为一台记录仪。", en="Cards or folders, each a recorder."),
)
@recorder_option
@officer_option
@pass_invocation
def command(
    invocation: Invocation, paths: list[str], recorder: str | None, officer: str | None
) -> int:
    """Take recorders in."""
    return take_in(invocation, {"paths": paths, "recorder": recorder, "officer": officer})
