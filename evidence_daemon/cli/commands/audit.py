"""``evd audit``: what an auditor takes along."""

from pathlib import Path
from typing import Any

import click

from archive.export.audit import MAX_SAMPLE
from evidence_daemon.cli.door import open_door
from evidence_daemon.cli.frame import Command, Group
from evidence_daemon.cli.help import by_example
from evidence_daemon.cli.invocation import Invocation, pass_invocation
from evidence_daemon.cli.language import say
from evidence_daemon.cli.package_target import Written, outside_the_archive, save_package
from evidence_daemon.cli.spelling import size
from evidence_daemon.errors import UsageError
from evidence_daemon.purpose import Purpose

_PACK = say(zh="打包日志、清单与抽样。", en="Pack the log, its lists, and a sample.")


@click.group(
    "audit",
    cls=Group,
    help=by_example(
        "evd audit pack -o pack --sample 50 --seed 'rolled by the auditor: 4 1 6 3'",
        zh="供审计方带走核对的数据包。",
        en="What an auditor takes along to check elsewhere.",
    ),
)
def command() -> None:
    """Group of the commands below."""


@command.command(
    "pack",
    cls=Command,
    short_help=_PACK,
    help=by_example(
        "evd audit pack -o pack --sample 50 --seed 'rolled by the auditor: 4 1 6 3'",
        zh="生成审计数据包（BagIt）：完整日志、检查点、时间戳、原件清单、规则文件和校验程序，不含"
        "录像；--sample 另加由种子抽取的原件，种子应由审计方当场选定。导出会记入日志。",
        en="Make an audit pack, a BagIt bag: the whole log, checkpoints, timestamps, the list of "
        "objects, rule files and verifiers, without footage. --sample adds the objects that the "
        "seed draws; the auditor chooses it, on the day. The log says that the pack left.",
    ),
)
@click.option(
    "-o",
    "--output",
    "target",
    required=True,
    metavar="DIR",
    type=click.Path(path_type=Path),
    help=say(zh="写入此文件夹，必须尚不存在。", en="The folder to make; it must not exist."),
)
@click.option(
    "--sample",
    "count",
    type=click.IntRange(min=0, max=MAX_SAMPLE),
    default=0,
    metavar="N",
    help=say(zh="抽取 N 件原件。", en="How many objects to draw."),
)
@click.option(
    "--seed",
    default="",
    metavar="S",
    help=say(zh="种子：任意文字，由审计方选定。", en="The seed: any text, the auditor's choice."),
)
@pass_invocation
def pack(invocation: Invocation, target: Path, count: int, seed: str) -> None:
    """Make an audit pack."""
    if count and not seed:
        raise UsageError("a sample needs --seed, which the auditor chooses")
    target = target.absolute()
    with open_door(invocation, Purpose.COPY) as door:
        outside_the_archive(target, door.config.archive)
        wanted: dict[str, Any] = {"seed": seed, "count": count}
        chunks = door.client.chunks("POST", "/packages/audit", body=wanted)
        _tell(invocation, save_package(invocation.output, chunks, target))


def _tell(invocation: Invocation, written: Written) -> None:
    plan = written.plan
    invocation.output.facts(
        written.as_json(),
        [
            (say(zh="审计数据包", en="Audit pack"), str(written.target)),
            (say(zh="条目", en="Entries"), str(plan["entries"])),
            (say(zh="原件", en="Objects"), str(plan["objects"])),
            (say(zh="抽样", en="Sample"), f"{plan['sample']}, {size(plan['bytes'])}"),
            (
                say(zh="标签清单的 SHA-256（可另行抄录）", en="SHA-256 of its tag manifest"),
                written.tag_manifest_sha256,
            ),
        ],
    )
    if not plan["logged"]:
        invocation.output.message(
            say(
                zh="档案库不可写：此次打包没有记入日志。",
                en="The archive cannot be written: nothing was logged of this pack.",
            )
        )
