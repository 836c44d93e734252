"""``evd log``: the head, the entries, and proofs for whoever asks."""

from typing import Any

import click

from evidence_daemon.cli.arguments import recording_argument_or_none
from evidence_daemon.cli.commands.log_page import page
from evidence_daemon.cli.commands.log_stamp import stamp
from evidence_daemon.cli.commands.log_succeed import succeed
from evidence_daemon.cli.commands.log_witness import witness
from evidence_daemon.cli.door import open_door
from evidence_daemon.cli.frame import Command, Group
from evidence_daemon.cli.help import by_example
from evidence_daemon.cli.invocation import Invocation, pass_invocation
from evidence_daemon.cli.language import say
from evidence_daemon.cli.output import Column
from evidence_daemon.cli.spelling import LocalTime, fields
from evidence_daemon.cli.wording import act_words
from evidence_daemon.errors import UsageError
from evidence_daemon.purpose import Purpose
from hashing.entry import COMMON_FIELDS

_HEAD = say(zh="打印最新的签名检查点。", en="Print the newest signed checkpoint.")
_SHOW = say(zh="列出日志条目。", en="List entries of the log.")
_PROVE = say(
    zh="出具包含证明或一致性证明。", en="Prove that an entry, or an earlier log, is in it."
)


@click.group(
    "log",
    cls=Group,
    help=by_example(
        "evd log head > checkpoint.txt",
        zh="查看日志。保存在别处的检查点能揭示日后的回退或改写（evd verify --known）。",
        en="Look at the log. A checkpoint kept elsewhere shows a later rollback or rewriting "
        "(evd verify --known).",
    ),
)
def command() -> None:
    """Group of the commands below."""


@command.command(
    "head",
    cls=Command,
    short_help=_HEAD,
    help=by_example(
        "evd log head > checkpoint.txt",
        zh="原样打印最新的签名检查点（C2SP tlog-checkpoint）：来源名、条目数、根、签名。",
        en="Print the newest signed checkpoint as it stands (C2SP tlog-checkpoint): origin, "
        "number of entries, root, signature.",
    ),
)
@pass_invocation
def head(invocation: Invocation) -> None:
    """Print the checkpoint."""
    with open_door(invocation, Purpose.QUESTIONS) as door:
        told = door.client.get("/log/head")
    if invocation.as_json:
        invocation.output.json_line(told)
    else:
        invocation.output.exact(told["checkpoint"].encode())


@command.command(
    "show",
    cls=Command,
    short_help=_SHOW,
    help=by_example(
        "evd log show --from 100 --to 120",
        zh="列出日志条目；--json 输出每条的全部字段。",
        en="List entries of the log; --json prints every field of each.",
    ),
)
@click.option(
    "--from",
    "start",
    type=click.IntRange(min=0),
    default=0,
    metavar="SEQ",
    help=say(zh="自此条目起。", en="From this entry on."),
)
@click.option(
    "--to",
    "stop",
    type=click.IntRange(min=0),
    metavar="SEQ",
    help=say(zh="至此条目之前。", en="To before this entry."),
)
@pass_invocation
def show(invocation: Invocation, start: int, stop: int | None) -> None:
    """List entries."""
    params = {"start": start} | ({} if stop is None else {"stop": stop})
    with open_door(invocation, Purpose.QUESTIONS) as door:
        times = LocalTime(door.config.station.timezone)
        columns = (
            Column("seq", say(zh="条目", en="Entry"), numeric=True),
            Column("time", say(zh="时间", en="Time"), show=times.show),
            Column("act", say(zh="事件", en="Event"), show=act_words),
            Column("actor", say(zh="操作者", en="Actor")),
            Column("body", say(zh="内容", en="Details")),
        )
        entries = door.client.lines("GET", "/log/entries", params=params)
        if invocation.as_json:
            invocation.output.table(columns, entries)
        else:
            invocation.output.table(columns, map(_with_body, entries))


def _with_body(entry: dict[str, Any]) -> dict[str, Any]:
    body = {name: value for name, value in entry.items() if name not in COMMON_FIELDS}
    return {**entry, "body": fields(body)}


@command.command(
    "prove",
    cls=Command,
    short_help=_PROVE,
    help=by_example(
        "evd log prove 5f0c2a9b > recording.tlog-proof",
        zh="证明归档一段录像的条目在日志中（C2SP tlog-proof）：条目序号、RFC 6962 包含证明与签名"
        "检查点；extra 行是条目本身（base64）。核验只需验证密钥和 SHA-256。"
        "用 --from SIZE --to SIZE 则证明较短的日志是较长日志的开头：逐行列出一致性证明的哈希。",
        en="Prove that the entry which archived a recording is in the log (C2SP tlog-proof): "
        "its index, the RFC 6962 inclusion proof and the signed checkpoint; the extra line is "
        "the entry itself in base64. Checking it takes the verifier key and SHA-256, no more. "
        "With --from SIZE --to SIZE, prove that the log of one size is the beginning of the log of "
        "another: the hashes of the consistency proof in base64, a line each.",
    ),
)
@recording_argument_or_none
@click.option(
    "--from",
    "old_size",
    type=click.IntRange(min=1),
    metavar="SIZE",
    help=say(zh="较短日志的条目数。", en="Entries of the shorter log."),
)
@click.option(
    "--to",
    "size",
    type=click.IntRange(min=1),
    metavar="SIZE",
    help=say(zh="较长日志的条目数；默认为最新。", en="Entries of the longer log; else the newest."),
)
@pass_invocation
def prove(
    invocation: Invocation, recording: str | None, old_size: int | None, size: int | None
) -> None:
    """Print a proof."""
    if (recording is None) == (old_size is None) or (size is not None and old_size is None):
        raise UsageError("give either a recording, or --from and perhaps --to")
    with open_door(invocation, Purpose.QUESTIONS) as door:
        if old_size is None:
            proof = door.client.get(f"/recordings/{recording}/proof")
        else:
            params = {"old": old_size} | ({} if size is None else {"size": size})
            proof = door.client.get("/log/consistency", params=params)
    if invocation.as_json:
        invocation.output.json_line(proof)
    else:
        invocation.output.exact(_tlog_proof(proof) if old_size is None else _hash_lines(proof))


def _tlog_proof(proof: dict[str, Any]) -> bytes:
    from hashing.note import SignedNote
    from hashing.tlog_proof import TlogProof, parse_hashes

    note = SignedNote.parse(proof["checkpoint"].encode())
    hashes = tuple(parse_hashes(proof["proof"]))
    return TlogProof(proof["index"], hashes, note, proof["entry"].encode()).encode()


def _hash_lines(proof: dict[str, Any]) -> bytes:
    from hashing.tlog_proof import hash_lines, parse_hashes

    return hash_lines(parse_hashes(proof["proof"])).encode()


command.add_command(stamp)
command.add_command(page)
command.add_command(succeed)
command.add_command(witness)
