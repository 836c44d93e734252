"""``evd log witness``: being a witness of other logs, and having this one witnessed by hand."""

import os
import time
from http import HTTPStatus
from pathlib import Path
from typing import TYPE_CHECKING

import click

from evidence_daemon.cli.door import open_door, require_owner
from evidence_daemon.cli.frame import Command, Group
from evidence_daemon.cli.help import by_example
from evidence_daemon.cli.invocation import Invocation, pass_invocation
from evidence_daemon.cli.language import say
from evidence_daemon.errors import UsageError
from evidence_daemon.purpose import Purpose
from hashing.errors import Bilingual, EvidenceError

if TYPE_CHECKING:
    from evidence_daemon.config.schema import Config
    from hashing.note import SignedNote

SUMMARY = say(
    zh="为别的日志作见证，或请人见证本日志。", en="Witness other logs, or have this one witnessed."
)
_INIT = say(zh="生成见证密钥。", en="Make the key of a witness.")
_REQUEST = say(zh="写出见证请求文件。", en="Write a request to carry to a witness.")
_SIGN = say(zh="为带来的请求签名。", en="Cosign a request that was carried here.")
_ADD = say(zh="登记带回的见证签名。", en="Keep a cosigned checkpoint that was carried back.")
_MAX_FILE_BYTES = 1 << 21


class WitnessRefuses(EvidenceError):  # noqa: N818 - named for the verdict
    """This station, as a witness, does not cosign a request."""

    code = "WITNESS_REFUSES"
    exit_code = 66
    meaning = Bilingual(
        zh="没有签名：请求与本见证方所知的历史不符，或来自不受信任的日志。",
        en="Nothing was cosigned: the request does not go on from what this witness has seen, or "
        "comes from a log that it does not trust.",
    )
    action = Bilingual(
        zh="按说明重新出具请求（--from 给出见证方所知的条目数）；若历史确有分歧，停止采集并报告。",
        en="Make the request anew as the detail says (--from takes the size that the witness "
        "knows). If histories really differ, stop intake and report it.",
    )


@click.group(
    "witness",
    cls=Group,
    short_help=SUMMARY,
    help=by_example(
        "evd log witness request -o request.txt",
        zh="见证方确认日志只增不改（C2SP tlog-witness）。网络可达时在 [[witnesses]] 中写明地址，"
        "采集站自行请求；不可达时用文件：本站 request，对方 sign，带回后 add。",
        en="A witness confirms that a log only grows (C2SP tlog-witness). Where a network reaches "
        "it, [[witnesses]] has its address and the station asks by itself; where none does, files "
        "are carried: request here, sign there, add back here.",
    ),
)
def witness() -> None:
    """Group of the commands below."""


output_option = click.option(
    "-o",
    "--output",
    required=True,
    metavar="FILE",
    type=click.Path(dir_okay=False, path_type=Path),
    help=say(zh="写到此文件。", en="Write to this file."),
)


file_argument = click.argument(
    "file",
    metavar="FILE",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help=say(zh="带来的文件。", en="The file that was carried here."),
)


@witness.command(
    "init",
    cls=Command,
    short_help=_INIT,
    help=by_example(
        "evd log witness init",
        zh="生成本站作见证用的密钥（keys/witness.key，0600），打印其验证密钥：请对方写入它的"
        " [[witnesses]]。把对方日志的验证密钥写入本站的 witness.logs。已有密钥绝不覆盖。",
        en="Make the key by which this station witnesses others (keys/witness.key, mode 0600) "
        "and print its verifier key: the others put it into their [[witnesses]], and their logs' "
        "verifier keys go into witness.logs here. A key that exists is never overwritten.",
    ),
)
@click.option(
    "--name",
    metavar="NAME",
    help=say(
        zh="签名所用名称；默认为本站日志的来源名加 /witness。",
        en="The name it signs under; else the origin of this station's log and /witness.",
    ),
)
@pass_invocation
def init(invocation: Invocation, name: str | None) -> None:
    """Make a key."""
    from archive.keys import create_witness_key
    from archive.layout import Layout
    from archive.log.reader import LogFiles

    settings = invocation.load_config().config.archive
    require_owner(settings.directory)
    if name is None:
        name = f"{LogFiles(Layout(settings.directory).log).head().origin}/witness"
    key = create_witness_key(settings.keys_directory, name).verifier
    record = {"name": key.name, "verifier_key": str(key), "fingerprint": key.fingerprint}
    facts = (
        (say(zh="见证方", en="Witness"), key.name),
        (say(zh="验证密钥", en="Verifier key"), str(key)),
        (say(zh="指纹（SHA-256）", en="Fingerprint (SHA-256)"), key.fingerprint),
    )
    invocation.output.facts(record, facts)


@witness.command(
    "request",
    cls=Command,
    short_help=_REQUEST,
    help=by_example(
        "evd log witness request -o request.txt",
        zh="写出最新检查点，以及自见证方上次所签起的一致性证明，供带往见证方。",
        en="Write the newest checkpoint, and the consistency proof from the one that the witness "
        "cosigned last, to be carried there.",
    ),
)
@click.option(
    "--witness",
    "name",
    metavar="NAME",
    help=say(zh="哪个见证方；只有一个时可省略。", en="Which witness; not needed for a single one."),
)
@click.option(
    "--from",
    "old_size",
    type=click.IntRange(min=0),
    metavar="SIZE",
    help=say(
        zh="见证方所知的条目数；默认为本日志所记。",
        en="The size that the witness knows; else what this log says of it.",
    ),
)
@output_option
@pass_invocation
def request(invocation: Invocation, name: str | None, old_size: int | None, output: Path) -> None:
    """Write a request."""
    wanted = {"witness": name, "old": old_size}
    params = {key: value for key, value in wanted.items() if value is not None}
    with open_door(invocation, Purpose.QUESTIONS) as door:
        told = door.client.get("/log/witness-request", params=params)
    _write(output, told["request"].encode())
    old, new = told["from"], told["to"]
    invocation.output.data(
        {**told, "output": str(output)},
        say(
            zh=f"{output}：给 {told['witness']} 的请求，自 {old} 条至 {new} 条。",
            en=f"{output}: request to {told['witness']}, from {old} entries to {new}.",
        ),
    )


@witness.command(
    "sign",
    cls=Command,
    short_help=_SIGN,
    help=by_example(
        "evd log witness sign request.txt -o cosigned.txt",
        zh="在见证方一侧：核对请求与所知历史一致，持久记下，再写出带见证签名的检查点。"
        "采集站可同时运行。只为 witness.logs 中的日志签名。",
        en="On the witness's side: check that the request goes on from what was seen, remember "
        "it durably, then write the checkpoint with the cosignature. The station may be running. "
        "Only logs in witness.logs are witnessed.",
    ),
)
@file_argument
@output_option
@pass_invocation
def sign(invocation: Invocation, file: Path, output: Path) -> None:
    """Cosign a request."""
    from hashing.checkpoint import Checkpoint

    config = invocation.load_config().config
    require_owner(config.archive.directory)
    note = _cosigned(config, _read(file))
    _write(output, note.encode())
    head = Checkpoint.parse(note.text)
    invocation.output.data(
        {"origin": head.origin, "size": head.size, "output": str(output)},
        say(
            zh=f"{output}：{head.origin} 的前 {head.size} 条已签名。",
            en=f"{output}: the first {head.size} entries of {head.origin} are cosigned.",
        ),
    )


def _cosigned(config: "Config", data: bytes) -> "SignedNote":
    from archive.keys import load_witness_key
    from archive.state.database import StateDatabase
    from evidence_daemon.service.witnesses import trusted_logs
    from hashing.cosignature import with_lines
    from hashing.witness import AddCheckpoint

    key = load_witness_key(config.archive.keys_directory)
    trusted = trusted_logs(config.witness.logs)
    asked = AddCheckpoint.parse(data)
    with StateDatabase.open(config.archive.state_file) as state:
        done = state.witness(asked, trusted, key, int(time.time()))
    if done.line is not None:
        return with_lines(asked.note, [done.line])
    if done.decision.status is HTTPStatus.CONFLICT:
        known = done.decision.reason
        raise WitnessRefuses(
            f"this witness knows {known} entries of the log, the request goes on from "
            f"{asked.old_size}: make it with --from {known}"
        )
    raise WitnessRefuses(done.decision.reason)


@witness.command(
    "add",
    cls=Command,
    short_help=_ADD,
    help=by_example(
        "evd log witness add cosigned.txt",
        zh="核对带回的见证签名，存入 log/checkpoints 并登记。",
        en="Check a cosigned checkpoint that was carried back, keep it in log/checkpoints, and "
        "log it.",
    ),
)
@file_argument
@pass_invocation
def add(invocation: Invocation, file: Path) -> None:
    """Take a cosigned checkpoint."""
    import base64

    body = {"note": base64.b64encode(_read(file)).decode("ascii")}
    with open_door(invocation, Purpose.COPY) as door:
        for record in door.client.lines("POST", "/log/cosignatures", body=body):
            name, size, at = record["witness"], record["size"], record["time"]
            invocation.output.data(
                record,
                say(
                    zh=f"{name} 于 {at} 确认了前 {size} 条。",
                    en=f"{name} confirmed the first {size} entries at {at}.",
                ),
            )


def _read(file: Path) -> bytes:
    try:
        with file.open("rb") as opened:
            return opened.read(_MAX_FILE_BYTES)
    except OSError as error:
        raise UsageError(f"{file} cannot be read: {error.strerror}") from error


def _write(path: Path, data: bytes) -> None:
    """Write a file that somebody carries away; one that is there is replaced."""
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o644)
        with os.fdopen(descriptor, "wb") as opened:
            opened.write(data)
            opened.flush()
            os.fsync(descriptor)
    except OSError as error:
        raise UsageError(f"{path} cannot be written: {error.strerror}") from error
