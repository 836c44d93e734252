"""``evd get``: a copy of a recording, logged before its first byte leaves."""

import sys
from pathlib import Path
from typing import Any

import click

from evidence_daemon.api.client import ApiClient
from evidence_daemon.cli.arguments import recording_argument
from evidence_daemon.cli.copying_out import copy_target, pour
from evidence_daemon.cli.door import open_door
from evidence_daemon.cli.frame import Command
from evidence_daemon.cli.help import by_example
from evidence_daemon.cli.invocation import Invocation, pass_invocation
from evidence_daemon.cli.language import say
from evidence_daemon.cli.progress import Unit
from evidence_daemon.purpose import Purpose

_STANDARD_OUTPUT = "-"


@click.command(
    "get",
    cls=Command,
    help=by_example(
        'evd get 5f0c2a9b -o copy.mp4 --purpose "case 2024-117, request of the prosecutor"',
        zh="取出一段录像的副本。用途必填并记入日志；写入时核对 SHA-256，"
        "已有的文件不会被覆盖。-o - 写到标准输出。",
        en="Take a copy of a recording out. Its purpose must be given and is logged; the copy is "
        "held against its SHA-256 as it is written, and replaces no file. -o - writes to "
        "standard output.",
    ),
)
@recording_argument
@click.option(
    "-o",
    "--output",
    "target",
    required=True,
    metavar="FILE",
    type=click.Path(path_type=Path),
    help=say(zh="写入此文件。", en="The file to write."),
)
@click.option(
    "--purpose",
    default="",
    metavar="TEXT",
    help=say(zh="副本的用途（必填）。", en="What the copy is for; must be given."),
)
@click.option(
    "--approval", metavar="NO", help=say(zh="审批编号。", en="Number of the approval, if any.")
)
@pass_invocation
def command(
    invocation: Invocation, recording: str, target: Path, purpose: str, approval: str | None
) -> None:
    """Take a copy out."""
    wanted = {"purpose": purpose} | ({"approval": approval} if approval else {})
    with open_door(invocation, Purpose.COPY) as door:
        shown = door.client.get(f"/recordings/{recording}")
        if str(target) == _STANDARD_OUTPUT:
            _stream(door.client, shown, wanted)
        else:
            _save(invocation, door.client, shown, wanted, target.absolute())


def _stream(client: ApiClient, shown: dict[str, Any], wanted: dict[str, str]) -> None:
    chunks = client.chunks("POST", f"/recordings/{shown['id']}/copies", body=wanted)
    pour(chunks, sys.stdout.buffer, shown["sha256"], lambda _: None)


def _save(
    invocation: Invocation,
    client: ApiClient,
    shown: dict[str, Any],
    wanted: dict[str, str],
    target: Path,
) -> None:
    name, total = shown["original_name"], shown["size_bytes"]
    with copy_target(target) as copy, invocation.output.progress(Unit.BYTES) as progress:
        chunks = client.chunks("POST", f"/recordings/{shown['id']}/copies", body=wanted)
        copy.take(chunks, shown["sha256"], lambda done: progress.update(name, done, total))
    record = {
        "type": "copy",
        "recording": shown["id"],
        "file": str(target),
        "sha256": shown["sha256"],
        "size_bytes": total,
    }
    text = say(
        zh=f"{target}：{total} 字节，SHA-256 已核对：{shown['sha256']}",
        en=f"{target}: {total} bytes, SHA-256 checked: {shown['sha256']}",
    )
    invocation.output.data(record, text)
