"""``evd log stamp``: a token of a time-stamping authority over the newest checkpoint, now."""

from typing import Any

import click

from evidence_daemon.cli.door import open_door
from evidence_daemon.cli.frame import Command
from evidence_daemon.cli.help import by_example
from evidence_daemon.cli.invocation import Invocation, pass_invocation
from evidence_daemon.cli.language import say
from evidence_daemon.purpose import Purpose

SUMMARY = say(zh="立即请求时间戳。", en="Have the newest checkpoint stamped now.")

_SIGNATURE = {
    "verified": say(zh="签名已核对", en="signature verified"),
    "not_judged": say(zh="签名算法无法在此核对", en="signature of a kind not judged here"),
    "not_checked": say(
        zh="未配置根证书，签名未核对", en="no roots configured, signature not checked"
    ),
}


@click.command(
    "stamp",
    cls=Command,
    short_help=SUMMARY,
    help=by_example(
        "evd log stamp --authority tsa-1",
        zh="向所配置的时间戳机构（RFC 3161）请求对最新检查点的时间戳，存入档案库并登记。采集站"
        "运行时会按 [anchoring] 自行请求；此命令立即请求。",
        en="Ask the configured time-stamping authorities (RFC 3161) for tokens over the newest "
        "checkpoint, keep and log them. A running station does so by itself, as [anchoring] "
        "says; this does it now.",
    ),
)
@click.option(
    "--authority",
    metavar="NAME",
    help=say(zh="只向该机构请求。", en="Ask this authority only."),
)
@pass_invocation
def stamp(invocation: Invocation, authority: str | None) -> None:
    """Ask for tokens."""
    with open_door(invocation, Purpose.COPY) as door:
        for record in door.client.lines("POST", "/log/stamps", body={"authority": authority}):
            invocation.output.data(record, _words(record))


def _words(record: dict[str, Any]) -> str:
    signature = _SIGNATURE[record["signature"]]
    return say(
        zh=f"{record['authority']}：前 {record['size']} 条至迟存在于 {record['time']}"
        f"（{signature}）",
        en=f"{record['authority']}: the first {record['size']} entries existed by "
        f"{record['time']} ({signature})",
    )
