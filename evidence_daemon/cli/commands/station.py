"""``evd station``: the station as a process, and what its slots show."""

from collections.abc import Mapping
from typing import Any

import click

from evidence_daemon.cli.frame import Group
from evidence_daemon.cli.invocation import Invocation, pass_invocation
from evidence_daemon.cli.language import current, say
from evidence_daemon.cli.output import Column


@click.group(
    "station",
    cls=Group,
    help=say(
        zh="\b\n示例：evd station run\n\n运行采集站，或查看各槽位。",
        en="\b\nExample: evd station run\n\nRun the station, or look at its slots.",
    ),
)
def command() -> None:
    """Group of the commands below."""


@command.command(
    "run",
    help=say(
        zh="运行采集站，直到收到 SIGTERM 或 SIGINT。",
        en="Run the station until SIGTERM or SIGINT.",
    ),
)
@pass_invocation
def run(invocation: Invocation) -> None:
    """Be the station."""
    from evidence_daemon.logs import configure
    from evidence_daemon.station.daemon import StationProcess

    loaded = invocation.load_config()
    configure(loaded.config.logging.level, loaded.config.logging.format)
    StationProcess(loaded).run()


@command.command(
    "status",
    help=say(zh="显示各槽位的状态。", en="Show the state of every slot."),
)
@pass_invocation
def status(invocation: Invocation) -> None:
    """Print what every slot shows."""
    from evidence_daemon.api.client import connect_to_daemon

    config = invocation.load_config().config
    columns = [
        Column("slot", say(zh="槽位", en="Slot")),
        Column("status", say(zh="状态", en="State"), show=_words),
        Column("recorder", say(zh="记录仪", en="Recorder")),
        Column("officer", say(zh="警员", en="Officer")),
        Column("files_done", say(zh="已完成", en="Done"), numeric=True),
        Column("files_total", say(zh="文件", en="Files"), numeric=True),
        Column("detail", say(zh="说明", en="Detail")),
    ]
    with connect_to_daemon(config.station.socket) as client:
        invocation.output.table(columns, client.lines("GET", "/slots"))
        health = client.get("/health")
    if health["space"]["warning"]:
        invocation.output.message(_space_words(health["space"]))
    for witness in health["witnesses"]:
        if witness["trouble"] is not None:
            invocation.output.message(_witness_words(witness))
    for notice in health["witnessing"]:
        invocation.output.message(notice)


def _words(status: object) -> str:
    from evidence_daemon.status import SlotStatus

    return SlotStatus.parse(str(status)).words(current())


def _witness_words(witness: Mapping[str, Any]) -> str:
    """What a person should know about a witness that does not cosign."""
    name, size, trouble = witness["witness"], witness["entries"], witness["trouble"]
    return say(
        zh=f"见证方 {name} 只确认到前 {size} 条：{trouble}",
        en=f"Witness {name} has confirmed {size} entries only: {trouble}",
    )


def _space_words(space: Mapping[str, Any]) -> str:
    """What a person should know about a disk that is getting full."""
    gib = space["free_bytes"] / 2**30
    hours = space["hours"]
    if hours is None:
        return say(zh="档案磁盘已满，采集已停止。", en="The archive's disk is full; intake stops.")
    return say(
        zh=f"档案磁盘剩余 {gib:.1f} GiB，按近期速度约 {hours:.0f} 小时后停止采集。",
        en=f"The archive's disk has {gib:.1f} GiB left: intake stops in about {hours:.0f} hours.",
    )
