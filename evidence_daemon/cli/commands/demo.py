"""``evd demo``: the main job on real footage, then tampering and its discovery."""

from pathlib import Path

import click

from evidence_daemon.cli.frame import Command
from evidence_daemon.cli.help import by_example
from evidence_daemon.cli.invocation import Invocation, pass_invocation
from evidence_daemon.cli.language import say

MOST_RECORDERS = 99


@click.command(
    "demo",
    cls=Command,
    help=by_example(
        "evd demo --dir demo-archive",
        zh="制作真实影像，模拟多台记录仪同时插入，采集、校验，再篡改副本并逐一指出。",
        en="Make real footage, dock several recorders, ingest, verify, then tamper with copies "
        "and see each tampering named.",
    ),
)
@click.option(
    "--dir",
    "folder",
    type=click.Path(path_type=Path, file_okay=False),
    default=Path("demo-archive"),
    show_default=True,
    help=say(
        zh="演示文件夹；只会清空先前的演示。",
        en="The demo's folder; only an earlier demo is ever cleared.",
    ),
)
@click.option(
    "--recorders",
    type=click.IntRange(1, MOST_RECORDERS),
    default=5,
    show_default=True,
    help=say(zh="插入多少台记录仪。", en="How many recorders are docked."),
)
@pass_invocation
def command(invocation: Invocation, folder: Path, recorders: int) -> None:
    """Run the demo."""
    from evidence_daemon.demo.run import Demo

    Demo(folder.absolute(), recorders, invocation.output.message).run()
