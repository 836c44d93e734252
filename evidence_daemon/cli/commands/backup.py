"""``evd backup``: what the newest checkpoint covers, in another folder."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from evidence_daemon.cli.frame import Command
from evidence_daemon.cli.help import by_example
from evidence_daemon.cli.invocation import Invocation, pass_invocation
from evidence_daemon.cli.language import say
from evidence_daemon.cli.progress import Progress, Unit
from hashing.errors import MissingFile

if TYPE_CHECKING:
    from archive.backup.backup import BackedUp, Watching


@click.command(
    "backup",
    cls=Command,
    help=by_example(
        "evd backup /mnt/usb/backup --keys-to /mnt/safe/keys",
        zh="将日志、备注、状态库和配置备份到另一个文件夹，检查点最后写入；可在运行中反复进行，"
        "只复制新增内容。密钥绝不进入备份，--keys-to 将其另存一处。",
        en="Bring the log, notes, state and configuration to another folder, the checkpoint "
        "last. It may be taken while the station runs, again and again into the same folder, "
        "and copies only what is new. Keys never go into it; --keys-to puts them elsewhere.",
    ),
)
@click.argument(
    "dest",
    metavar="DEST",
    type=click.Path(path_type=Path, file_okay=False),
    help=say(zh="备份所在文件夹。", en="The backup's folder."),
)
@click.option(
    "--keys-to",
    metavar="DIR",
    type=click.Path(path_type=Path, file_okay=False),
    help=say(zh="将密钥另存到此文件夹。", en="Copy the keys to this folder, apart."),
)
@click.option(
    "--objects", is_flag=True, help=say(zh="同时备份原件。", en="Copy the objects as well.")
)
@pass_invocation
def command(invocation: Invocation, dest: Path, keys_to: Path | None, objects: bool) -> None:
    """Take a backup."""
    from archive.backup.backup import Station, back_up, back_up_keys
    from archive.layout import Layout
    from archive.replication.reader import ObjectReader
    from archive.stores.landing import LandingStore
    from archive.streams.buffers import BufferPool
    from evidence_daemon.service.further import further_stores, log_keys

    loaded = invocation.load_config()
    settings = loaded.config.archive
    layout = Layout(settings.directory)
    keys = log_keys(layout.log, settings.keys_directory)
    with (
        further_stores(loaded.config.stores, keys) as stores,
        invocation.output.progress(Unit.ITEMS) as progress,
    ):
        reader = ObjectReader([LandingStore(layout, BufferPool()), *stores])
        station = Station(settings.directory, settings.state_file, loaded.file, keys, reader)
        watching = watched(progress)
        made = back_up(station, dest.absolute(), objects=objects, watching=watching)
        if keys_to is not None:
            keys_dest = keys_to.absolute()
            back_up_keys(settings.keys_directory, keys_dest, station, dest.absolute())
    _tell(invocation, made, dest, keys_to)
    if made.missing:
        raise MissingFile(f"{len(made.missing)} objects are in no store, and not in the backup")


def watched(progress: Progress) -> "Watching":
    """Show how far a backup or a restore has come."""
    from archive.backup.backup import Watching

    log, objects = say(zh="日志", en="log"), say(zh="原件", en="objects")
    looked_at = 0

    def entries(done: int, total: int) -> None:
        progress.update(log, done, total)

    def an_object(count: int) -> None:
        nonlocal looked_at
        looked_at += count
        progress.update(objects, looked_at, looked_at, str(looked_at))

    return Watching(entries, an_object)


def _tell(invocation: Invocation, made: "BackedUp", dest: Path, keys_to: Path | None) -> None:
    size = made.checkpoint.size
    record: dict[str, Any] = {
        "type": "summary",
        "destination": str(dest.absolute()),
        "entries": size,
        "before": made.before,
        "root": made.checkpoint.root.hex(),
        "objects": made.objects,
        "missing": made.missing,
        "keys": None if keys_to is None else str(keys_to.absolute()),
    }
    invocation.output.data(
        record,
        say(
            zh=f"备份已覆盖日志 {size} 条（此前 {made.before} 条），新复制原件 {made.objects} 件。",
            en=f"The backup covers {size} entries of the log ({made.before} before), "
            f"{made.objects} objects were copied.",
        ),
    )
    if keys_to is None:
        invocation.output.message(
            say(
                zh="密钥不在备份中；用 --keys-to 另存一处，没有它无法续写日志。",
                en="The keys are not in the backup. Copy them apart with --keys-to: without them "
                "the log cannot go on.",
            )
        )
