"""``evd store``: making a folder a further store of the archive."""

import click

from evidence_daemon.cli.door import require_owner
from evidence_daemon.cli.frame import Command, Group
from evidence_daemon.cli.help import by_example
from evidence_daemon.cli.invocation import Invocation, pass_invocation
from evidence_daemon.cli.language import say
from evidence_daemon.errors import UsageError

_REGISTER = say(zh="登记附加存储。", en="Make a configured folder a further store.")


@click.group(
    "store",
    cls=Group,
    help=by_example(
        "evd store register nas",
        zh="附加存储须有签名的 store.json 才会被写入、校验或计数：未挂载的共享只是一个空文件夹。",
        en="A further store is written, verified and counted only while it holds its signed "
        "store.json: a share that is not mounted is an empty folder.",
    ),
)
def command() -> None:
    """Group of the command below."""


@command.command(
    "register",
    cls=Command,
    short_help=_REGISTER,
    help=by_example(
        "evd store register nas",
        zh="在配置文件 [[stores]] 中名为 NAME 的文件夹里写入签名的 store.json。"
        "请先确认共享已经挂载。",
        en="Write a signed store.json into the folder of the [[stores]] table called NAME. See "
        "first that the share is mounted there.",
    ),
)
@click.argument(
    "name", metavar="NAME", help=say(zh="[[stores]] 中的名称。", en="Its name in [[stores]].")
)
@pass_invocation
def register(invocation: Invocation, name: str) -> None:
    """Register a store."""
    from archive.keys import load_log_key
    from archive.stores.share import register as register_folder

    config = invocation.load_config().config
    section = next((store for store in config.stores if store.name == name), None)
    if section is None:
        raise UsageError(f"the configuration has no [[stores]] table called {name!r}")
    require_owner(config.archive.directory)
    key = load_log_key(config.archive.keys_directory)
    card = register_folder(section.path, section.name, key)
    record = {
        "type": "store",
        "store": card.store,
        "origin": card.origin,
        "path": str(section.path),
    }
    text = say(
        zh=f"{section.path} 现为附加存储 {card.store}。",
        en=f"{section.path} is now the further store {card.store}.",
    )
    invocation.output.data(record, text)
