"""``evd receipt``: what a docking took, for the officer, with the proof of it."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import click

from evidence_daemon.cli.arguments import hexadecimal_id
from evidence_daemon.cli.copying_out import write_new
from evidence_daemon.cli.door import open_door
from evidence_daemon.cli.frame import Command
from evidence_daemon.cli.help import by_example
from evidence_daemon.cli.invocation import Invocation, pass_invocation
from evidence_daemon.cli.language import say
from evidence_daemon.cli.output import Column, Output
from evidence_daemon.cli.spelling import LocalTime, short_id
from evidence_daemon.purpose import Purpose

_PAGE = frozenset({".html", ".htm"})


def _docking_id(
    context: click.Context, parameter: click.Parameter, value: str | None
) -> str | None:
    return None if value is None else hexadecimal_id(context, parameter, value)


@click.command(
    "receipt",
    cls=Command,
    help=by_example(
        "evd receipt 3fa9c1 -o receipt.html",
        zh="出具一次停靠的回执：每个文件的结果与摘要，附日志证明。.html 为可打印页面，其余为 JSON，"
        "可交 evd verify --known 核验。不写编号则列出最近的停靠。",
        en="Give the receipt of a docking: the result and the digests of every file, with the "
        "log's proof. A name in .html gets a page to print, any other the JSON that evd verify "
        "--known takes. Without an id the latest dockings are listed.",
    ),
)
@click.argument(
    "docking",
    required=False,
    metavar="[DOCKING]",
    callback=_docking_id,
    help=say(zh="停靠编号，或其唯一的开头。", en="A docking's id, or a unique beginning of it."),
)
@click.option(
    "-o",
    "--output",
    "target",
    metavar="FILE",
    type=click.Path(path_type=Path),
    help=say(zh="写入此新文件；缺省写到标准输出。", en="A new file; else standard output."),
)
@pass_invocation
def command(invocation: Invocation, docking: str | None, target: Path | None) -> None:
    """Give a receipt, or list dockings."""
    with open_door(invocation, Purpose.COPY) as door:
        if docking is None:
            times = LocalTime(door.config.station.timezone)
            _list(invocation.output, times, door.client.lines("GET", "/dockings"))
            return
        told = door.client.get(f"/dockings/{docking}/receipt")
    if target is None:
        invocation.output.json_line(told)
        return
    write_new(target, _page(told) if target.suffix.lower() in _PAGE else _json(told))
    record = {"type": "receipt", "docking": told["receipt"]["docking"], "file": str(target)}
    invocation.output.data(record, str(target))


def _list(output: Output, times: LocalTime, rows: Any) -> None:
    columns = (
        Column("docking", say(zh="停靠", en="Docking"), show=short_id),
        Column("docked", say(zh="插入", en="Docked"), show=times.show),
        Column("slot", say(zh="槽位", en="Slot")),
        Column("recorder", say(zh="记录仪", en="Recorder")),
        Column("officer", say(zh="警员", en="Officer")),
        Column("new", say(zh="新", en="New"), numeric=True),
        Column("known", say(zh="已知", en="Known"), numeric=True),
        Column("failed", say(zh="未成", en="Failed"), numeric=True),
        Column("state", say(zh="状态", en="State")),
    )
    output.table(columns, rows)


def _json(told: Mapping[str, Any]) -> bytes:
    import orjson

    return orjson.dumps(told, option=orjson.OPT_APPEND_NEWLINE)


def _page(told: Mapping[str, Any]) -> bytes:
    from evidence_daemon.pages.rendering import render
    from hashing.entry import parse
    from hashing.tlog_proof import TlogProof

    proof, entry = TlogProof.parse(told["proof"].encode()), parse(told["entry"].encode())
    return render(
        "receipt.html",
        receipt=told["receipt"],
        origin=proof.checkpoint.origin,
        checkpoint=proof.note.encode().decode(),
        sha256=entry.fields["sha256"],
        seq=entry.seq,
    )
