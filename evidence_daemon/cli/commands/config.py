"""``evd config``: what is set, where it comes from, and whether it can be used."""

from dataclasses import asdict

import click

from evidence_daemon.cli.frame import Group
from evidence_daemon.cli.invocation import Invocation, pass_invocation
from evidence_daemon.cli.language import say
from evidence_daemon.cli.output import Column
from evidence_daemon.config.describe import toml_value
from evidence_daemon.config.problems import ConfigInvalid
from evidence_daemon.config.shape import spell


@click.group(
    "config",
    cls=Group,
    help=say(zh="显示或检查配置。", en="Show or check the configuration."),
)
def command() -> None:
    """Group of the two commands below."""


@command.command(
    "show",
    help=say(
        zh="显示所有生效的设置。优先级：选项、环境变量、文件、默认值。",
        en="Show every setting in force: options over environment over file over defaults.",
    ),
)
@click.option("--origin", is_flag=True, help=say(zh="显示来源。", en="Show where each comes from."))
@pass_invocation
def show(invocation: Invocation, *, origin: bool) -> None:
    """Print every setting in force."""
    columns = [
        Column("key", say(zh="设置", en="Setting")),
        Column("value", say(zh="值", en="Value"), show=toml_value),
    ]
    if origin:
        columns.append(Column("where", say(zh="来源", en="Origin"), show=_place))
    loaded = invocation.load_config()
    rows = (
        {"key": spell(key), "value": value, "source": place.source, "where": place.where}
        for key, value, place in loaded.values()
    )
    invocation.output.table(columns, rows)


@command.command(
    "check",
    help=say(
        zh="检查配置；有错误时逐一指出并以非零码退出。",
        en="Check the configuration; name every mistake and exit with its code.",
    ),
)
@pass_invocation
def check(invocation: Invocation) -> None:
    """Read the configuration and say whether it can be used."""
    try:
        file = invocation.load_config().file
    except ConfigInvalid as error:
        for problem in error.problems:
            invocation.output.data({"type": "problem", **asdict(problem)}, str(problem))
        raise
    place = str(file) if file else say(zh="无配置文件", en="no configuration file")
    invocation.output.data(
        {"type": "summary", "ok": True, "file": str(file) if file else None},
        say(zh=f"配置有效（{place}）。", en=f"The configuration is valid ({place})."),
    )


def _place(where: object) -> str:
    return str(where) or say(zh="默认值", en="default")
