"""``evd restore``: a station made again from a backup, or from a store's mirror of its log."""

import os
from pathlib import Path
from typing import TYPE_CHECKING

import click

from evidence_daemon.cli.commands.backup import watched
from evidence_daemon.cli.frame import Command
from evidence_daemon.cli.help import by_example
from evidence_daemon.cli.invocation import Invocation, pass_invocation
from evidence_daemon.cli.known import known_option, read_known
from evidence_daemon.cli.language import say
from evidence_daemon.cli.progress import Unit
from hashing.errors import MissingFile

if TYPE_CHECKING:
    from archive.backup.restore import ObjectsRestored, Restored

_KEYS = "keys"


@click.command(
    "restore",
    cls=Command,
    help=by_example(
        "evd restore /mnt/usb/backup --into /srv/evidence --keys /mnt/safe/keys",
        zh="由备份（或附加存储中的日志镜像）重建采集站：先校验整部日志，重建目录，再取回原件。"
        "签名之前会询问附加存储是否持有更长的日志，以免旧备份造成分叉。绝不覆盖已有的档案库。",
        en="Make a station again from a backup, or from the mirror of its log in a further "
        "store: the whole log is verified, the catalog projected, the objects brought back. "
        "Further stores are first asked whether they hold a longer log, so that an old backup "
        "does not fork history. Never over an existing archive.",
    ),
)
@click.argument(
    "source",
    metavar="DIR",
    type=click.Path(path_type=Path, exists=True, file_okay=False),
    help=say(zh="备份，或附加存储的文件夹。", en="A backup, or the folder of a further store."),
)
@click.option(
    "--into",
    required=True,
    metavar="DIR",
    type=click.Path(path_type=Path, file_okay=False),
    help=say(zh="采集站的新文件夹。", en="The station's new folder."),
)
@click.option(
    "--keys",
    metavar="DIR",
    type=click.Path(path_type=Path, file_okay=False),
    help=say(
        zh="密钥备份所在文件夹；默认为新文件夹中的 keys。",
        en="Folder of the keys' backup; keys in the new folder when not given.",
    ),
)
@known_option
@click.option(
    "--without-stores",
    is_flag=True,
    help=say(
        zh="不询问附加存储；仅当它们已不存在时使用，否则可能造成分叉。",
        en="Do not ask further stores. Only where they are gone for good: history may fork.",
    ),
)
@click.option(
    "--objects-only",
    is_flag=True,
    help=say(
        zh="采集站已重建，只取回仍缺的原件。",
        en="The station is there already; bring back the objects it still lacks.",
    ),
)
@pass_invocation
def command(
    invocation: Invocation,
    source: Path,
    into: Path,
    keys: Path | None,
    known_files: tuple[Path, ...],
    without_stores: bool,
    objects_only: bool,
) -> None:
    """Make a station again."""
    from evidence_daemon.service.restoring import Restoring

    order = Restoring(
        source=_absolute(source),
        into=_absolute(into),
        keys=_absolute(keys or into / _KEYS),
        known=[read_known(file) for file in known_files],
        ask_stores=not without_stores,
    )
    with invocation.output.progress(Unit.ITEMS) as progress:
        watching = watched(progress)
        restored = None if objects_only else order.run(watching)
        objects = order.run_objects(watching)
    _tell(invocation, order.into, restored, objects)
    if objects.missing:
        raise MissingFile(f"{len(objects.missing)} objects are neither in {source} nor in a store")


def _absolute(path: Path) -> Path:
    return Path(os.path.abspath(path))


def _tell(
    invocation: Invocation,
    into: Path,
    restored: "Restored | None",
    objects: "ObjectsRestored",
) -> None:
    adopted = restored.reconciled.adopted if restored else 0
    record = {
        "type": "summary",
        "into": str(into),
        "entries": restored.size if restored else None,
        "root": restored.checkpoint.root.hex() if restored else None,
        "adopted": adopted,
        "adopted_from": restored.reconciled.adopted_from if restored else None,
        "objects": objects.present + objects.restored,
        "restored": objects.restored,
        "missing": objects.missing,
    }
    size = f"{restored.size}" if restored else "–"
    lacking = len(objects.missing)
    invocation.output.data(
        record,
        say(
            zh=f"{into}：日志 {size} 条（其中 {adopted} 条来自附加存储），"
            f"取回原件 {objects.restored} 件，仍缺 {lacking} 件。",
            en=f"{into}: {size} entries of the log ({adopted} from a further store), "
            f"{objects.restored} objects brought back, {lacking} still missing.",
        ),
    )
