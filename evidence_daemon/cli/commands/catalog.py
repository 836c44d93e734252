"""``evd catalog``: the index of the archive, made anew from its log."""

import time

import click

from evidence_daemon.cli.door import require_owner
from evidence_daemon.cli.frame import Command, Group
from evidence_daemon.cli.help import by_example
from evidence_daemon.cli.invocation import Invocation, pass_invocation
from evidence_daemon.cli.language import say
from evidence_daemon.cli.progress import Unit

_REBUILD = say(
    zh="由日志重新生成目录，答案不变。目录损坏时也可运行；服务运行时须先停止。",
    en="Make the catalog anew from the log, with the same answers. Works on a damaged one too; "
    "a running service must be stopped first.",
)


@click.group(
    "catalog",
    cls=Group,
    help=by_example(
        "evd catalog rebuild",
        zh="目录只是日志的索引：丢失或损坏不损失任何内容。",
        en="The catalog is only an index of the log: losing it loses nothing.",
    ),
)
def command() -> None:
    """Group of the command below."""


@command.command("rebuild", cls=Command, short_help=_REBUILD, help=_REBUILD)
@pass_invocation
def rebuild(invocation: Invocation) -> None:
    """Project the log anew."""
    from archive.rebuilding import rebuild_catalog

    archive = invocation.load_config().config.archive.directory
    require_owner(archive)
    job = say(zh="重建目录", en="rebuilding the catalog")
    with invocation.output.progress(Unit.ITEMS) as progress:
        began_s = time.monotonic()
        entries = rebuild_catalog(archive, lambda done, total: progress.update(job, done, total))
        took_s = time.monotonic() - began_s
    rate = round(entries / took_s) if took_s else entries
    invocation.output.data(
        {"type": "summary", "entries": entries, "seconds": round(took_s, 3), "per_second": rate},
        say(
            zh=f"已由日志的 {entries} 条重建目录（每秒 {rate} 条）。",
            en=f"The catalog is made anew from {entries} entries of the log ({rate} a second).",
        ),
    )
