"""``evd export``: recordings and their proof in one folder that anybody can check."""

from pathlib import Path
from typing import Any

import click

from evidence_daemon.cli.arguments import recording_ids
from evidence_daemon.cli.door import Door, open_door
from evidence_daemon.cli.frame import Command
from evidence_daemon.cli.help import by_example
from evidence_daemon.cli.invocation import Invocation, pass_invocation
from evidence_daemon.cli.language import say
from evidence_daemon.cli.package_target import outside_the_archive, save_package
from evidence_daemon.cli.spelling import size
from evidence_daemon.errors import UsageError
from evidence_daemon.purpose import Purpose


@click.command(
    "export",
    cls=Command,
    help=by_example(
        'evd export --id 5f0c2a9b --id 77aa01cd -o package --purpose "case 2024-117"',
        zh="导出证据数据包（BagIt）：原件、日志条目与包含证明、签名检查点、时间戳、中英文经历，"
        "以及两个独立的校验程序。任何人不用本程序也能核对。用途必填；导出先记入日志。",
        en="Export an evidence package, a BagIt bag: originals, entries of the log with inclusion "
        "proofs, the signed checkpoint, timestamps, a readable history in Chinese and English, "
        "and two verifiers. Anyone can check it without this program. The purpose must be given; "
        "the export is logged first.",
    ),
)
@click.option(
    "--id",
    "recordings",
    required=True,
    multiple=True,
    metavar="ID",
    callback=recording_ids,
    help=say(
        zh="录像编号或其唯一的开头；可多次给出。",
        en="A recording's id, or a unique beginning of it; may be repeated.",
    ),
)
@click.option(
    "-o",
    "--output",
    "target",
    metavar="DIR",
    type=click.Path(path_type=Path),
    help=say(zh="写入此文件夹，必须尚不存在。", en="The folder to make; it must not exist."),
)
@click.option(
    "--purpose",
    default="",
    metavar="TEXT",
    help=say(zh="用途（必填）。", en="What the package is for; must be given."),
)
@click.option(
    "--approval", metavar="NO", help=say(zh="审批编号。", en="Number of the approval, if any.")
)
@click.option(
    "--dry-run",
    is_flag=True,
    help=say(
        zh="只说明数量和字节数；不写入，也不记入日志。",
        en="Only say how much it is; nothing is written or logged.",
    ),
)
@pass_invocation
def command(
    invocation: Invocation,
    recordings: list[str],
    target: Path | None,
    purpose: str,
    approval: str | None,
    dry_run: bool,
) -> None:
    """Export an evidence package."""
    if target is None and not dry_run:
        raise UsageError("say with -o where the package is to be written")
    with open_door(invocation, Purpose.COPY) as door:
        if target is None or dry_run:
            _tell_plan(invocation, door.client.post("/packages/plan", {"recordings": recordings}))
            return
        wanted: dict[str, Any] = {"recordings": recordings, "purpose": purpose}
        wanted |= {"approval": approval} if approval else {}
        _save(invocation, door, wanted, target.absolute())


def _tell_plan(invocation: Invocation, plan: dict[str, Any]) -> None:
    count, total = plan["recordings"], plan["bytes"]
    invocation.output.data(
        {"type": "plan", **plan},
        say(
            zh=f"将导出 {count} 段录像，{size(total)}（{total} 字节）。",
            en=f"{count} recordings would be exported, {size(total)} ({total} bytes).",
        ),
    )


def _save(invocation: Invocation, door: Door, wanted: dict[str, Any], target: Path) -> None:
    outside_the_archive(target, door.config.archive)
    chunks = door.client.chunks("POST", "/packages/evidence", body=wanted)
    written = save_package(invocation.output, chunks, target)
    count, total = written.plan["recordings"], written.plan["bytes"]
    checked = say(zh="均已核对 SHA-256", en="each held against its SHA-256")
    invocation.output.facts(
        written.as_json(),
        [
            (say(zh="数据包", en="Package"), str(target)),
            (say(zh="录像", en="Recordings"), f"{count}, {size(total)} ({checked})"),
            (
                say(zh="标签清单的 SHA-256（可另行抄录）", en="SHA-256 of its tag manifest"),
                written.tag_manifest_sha256,
            ),
        ],
    )
