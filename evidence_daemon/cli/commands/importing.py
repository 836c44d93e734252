"""``evd import``: legacy footage, with its provenance and the digests that came with it."""

import base64
from pathlib import Path

import click

from evidence_daemon.cli.arguments import absolute_path, officer_option, recorder_option
from evidence_daemon.cli.frame import Command
from evidence_daemon.cli.help import by_example
from evidence_daemon.cli.intake import take_in
from evidence_daemon.cli.invocation import Invocation, pass_invocation
from evidence_daemon.cli.language import say
from evidence_daemon.errors import UsageError

_MOST_BYTES = 64 << 20


@click.command(
    "import",
    cls=Command,
    help=by_example(
        'evd import /mnt/old --source "DVD of 2019" --custodian 100001 --manifest SHA256SUMS',
        zh="导入历史影像，日志注明来源与移交人。给出清单（sha256sum、sm3 或 openssl dgst 的输出）"
        "时，导入后逐一比对：不符以 11、缺失以 10 退出，并写入告警。",
        en="Take legacy footage in; the log says where it comes from and who answers for it. "
        "With a manifest, as sha256sum or openssl dgst make it with SHA-256 or SM3, every file "
        "it names is compared afterwards: a mismatch exits with 11, a missing file with 10, and "
        "each is an alarm of the log.",
    ),
)
@click.argument(
    "path",
    metavar="PATH",
    callback=absolute_path,
    help=say(zh="历史影像所在文件夹。", en="The folder of the footage."),
)
@click.option(
    "--source",
    required=True,
    metavar="TEXT",
    help=say(zh="影像的来源说明。", en="Where the footage comes from, in words."),
)
@click.option(
    "--custodian",
    required=True,
    metavar="ID",
    help=say(zh="移交人，此前对其负责者。", en="Who answered for it until now."),
)
@click.option(
    "--manifest",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    metavar="FILE",
    help=say(
        zh="摘要清单；其中的文件名以 PATH 为准。", en="Earlier digests; names in it start at PATH."
    ),
)
@recorder_option
@officer_option
@pass_invocation
def command(
    invocation: Invocation,
    path: str,
    source: str,
    custodian: str,
    manifest: Path | None,
    recorder: str | None,
    officer: str | None,
) -> int:
    """Take legacy footage in."""
    request = {
        "paths": [path],
        "recorder": recorder,
        "officer": officer,
        "provenance": {"source": source, "custodian": custodian},
        "manifest": None if manifest is None else base64.b64encode(_read(manifest)).decode(),
    }
    return take_in(invocation, request)


def _read(manifest: Path) -> bytes:
    try:
        with manifest.open("rb") as file:
            data = file.read(_MOST_BYTES + 1)
    except OSError as error:
        raise UsageError(f"{manifest} cannot be read: {error.strerror}") from error
    if len(data) > _MOST_BYTES:
        raise UsageError(f"{manifest} has more than {_MOST_BYTES} bytes, which no manifest has")
    return data
