"""``evd init``: a new archive with its key, state and configuration."""

import shlex
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import click

from evidence_daemon.cli.arguments import absolute_path
from evidence_daemon.cli.frame import Command
from evidence_daemon.cli.help import by_example
from evidence_daemon.cli.invocation import Invocation, pass_invocation
from evidence_daemon.cli.language import say
from evidence_daemon.config.describe import toml_value

if TYPE_CHECKING:
    from evidence_daemon.service.founding import Founded


@click.command(
    "init",
    cls=Command,
    help=by_example(
        "evd init /srv/evidence --organisation haidian --station dock-1",
        zh="新建采集站：档案库、密钥（仅本用户可读）、状态库和配置文件，并打印验证密钥。"
        "请将验证密钥保存在别处：它证明日志出自这台采集站。已有采集站的文件夹不会被改动。",
        en="Found a station: an archive, its key (readable by this user only), its state and "
        "its configuration, and print the verifier key. Keep that key elsewhere: it is what "
        "proves that a log is this station's. A folder that holds a station is left alone.",
    ),
)
@click.argument(
    "folder",
    metavar="DIR",
    callback=absolute_path,
    help=say(zh="采集站的文件夹，可尚不存在。", en="The station's folder; made where absent."),
)
@click.option(
    "--organisation",
    default="local",
    show_default=True,
    metavar="NAME",
    help=say(zh="单位名称，此后不再改变。", en="The organisation; fixed from here on."),
)
@click.option(
    "--station",
    default="station-1",
    show_default=True,
    metavar="NAME",
    help=say(zh="采集站名称，此后不再改变。", en="The station; fixed from here on."),
)
@pass_invocation
def command(invocation: Invocation, folder: str, organisation: str, station: str) -> None:
    """Found a station."""
    from evidence_daemon.service.founding import found_station

    founded = found_station(Path(folder), organisation, station)
    record = {
        "type": "station",
        "archive": str(founded.archive),
        "keys": str(founded.keys),
        "state": str(founded.state_file),
        "config": str(founded.config_file),
        "origin": founded.key.name,
        "verifier_key": str(founded.key),
        "fingerprint": founded.key.fingerprint,
    }
    invocation.output.facts(record, _facts(founded))
    if not invocation.as_json:
        for line in _what_next(founded):
            invocation.output.message(line)


def _facts(founded: "Founded") -> Iterator[tuple[str, str | None]]:
    yield say(zh="档案库", en="Archive"), str(founded.archive)
    yield say(zh="密钥文件夹", en="Keys"), str(founded.keys)
    yield say(zh="配置", en="Configuration"), str(founded.config_file)
    yield say(zh="日志来源名", en="Origin"), founded.key.name
    yield say(zh="验证密钥", en="Verifier key"), str(founded.key)
    yield say(zh="指纹（SHA-256）", en="Fingerprint (SHA-256)"), founded.key.fingerprint


def _what_next(founded: "Founded") -> Iterator[str]:
    yield ""
    yield say(
        zh="请将验证密钥保存在这台机器之外；日后凭它证明日志出自此站：",
        en="Keep the verifier key off this machine. It proves that a log is this station's:",
    )
    yield f"  evd verify {shlex.quote(str(founded.archive))} --key {shlex.quote(str(founded.key))}"
    yield say(
        zh="或在审核机的配置文件中锁定它：",
        en="or pin it in the configuration file of the machine that verifies:",
    )
    yield "  [verify]"
    yield f"  key = {toml_value(str(founded.key))}"
    yield say(zh="开始采集：", en="To take a card in:")
    yield f"  evd --config {shlex.quote(str(founded.config_file))} ingest /media/card"
