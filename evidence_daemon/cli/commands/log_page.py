"""``evd log page``: the newest checkpoint on a page to print, as an anchor outside the station."""

import hashlib
from pathlib import Path
from typing import Any

import click

from evidence_daemon.cli.copying_out import write_new
from evidence_daemon.cli.door import open_door
from evidence_daemon.cli.frame import Command
from evidence_daemon.cli.help import by_example
from evidence_daemon.cli.invocation import Invocation, pass_invocation
from evidence_daemon.cli.language import say
from evidence_daemon.purpose import Purpose


@click.command(
    "page",
    cls=Command,
    short_help=say(zh="生成可打印的检查点页面。", en="Make a page to print of the checkpoint."),
    help=by_example(
        "evd log page -o checkpoint.html --keeper 督察科",
        zh="生成可打印的页面：最新的签名检查点（含二维码）、验证密钥及其指纹、校验程序的摘要。打印后请交"
        "采集站管理员以外的人保管。扫描二维码所得文字即可交 evd verify --known 核对。",
        en="Make a page to print: the newest signed checkpoint, also as a QR code, the verifier "
        "key with its fingerprint, and the digests of the portable verifiers. Give the paper to "
        "somebody who does not run the station. The text that the code holds is what evd verify "
        "--known takes.",
    ),
)
@click.option(
    "-o",
    "--output",
    "target",
    required=True,
    metavar="FILE",
    type=click.Path(path_type=Path),
    help=say(zh="写入此新文件（HTML）。", en="The new file to write, HTML."),
)
@click.option(
    "--keeper",
    metavar="TEXT",
    default="",
    help=say(
        zh="由谁保管：印在页上，并记入日志。", en="Who keeps the paper: printed on it, and logged."
    ),
)
@pass_invocation
def page(invocation: Invocation, target: Path, keeper: str) -> None:
    """Make the page."""
    with open_door(invocation, Purpose.COPY if keeper else Purpose.QUESTIONS) as door:
        head = (
            door.client.post("/log/pages", {"keeper": keeper})
            if keeper
            else door.client.get("/log/head")
        )
        (first,) = door.client.lines("GET", "/log/entries", params={"start": 0, "stop": 1})
        zone = door.config.station.timezone
    write_new(target, _page(head, str(first["vkey"]), zone, keeper))
    record = {"type": "page", "size": head["size"], "root": head["root"], "file": str(target)}
    invocation.output.data(record, str(target))


def _page(head: dict[str, Any], vkey: str, zone: str, keeper: str) -> bytes:
    from archive.clock import now_us
    from archive.export.verifiers_inside import verifiers
    from evidence_daemon.pages.rendering import render
    from hashing.entry import format_time
    from hashing.note import VerifierKey

    digests = [(name, hashlib.sha256(data).hexdigest()) for name, data in verifiers().items()]
    return render(
        "checkpoint.html",
        origin=head["origin"],
        size=head["size"],
        root=head["root"],
        checkpoint=head["checkpoint"],
        printed=format_time(now_us()),
        timezone=zone,
        keeper=keeper,
        vkey=vkey,
        fingerprint=VerifierKey.parse(vkey).fingerprint,
        verifiers=digests,
    )
