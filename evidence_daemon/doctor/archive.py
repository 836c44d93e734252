"""The archive, its keys, its log, its catalog, its state and its disk."""

import os
import stat
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

from archive.catalog.catalog import Catalog
from archive.clock import now_us
from archive.errors import StorageError
from archive.filesystems import file_system_type, is_network
from archive.fixity.coverage import whole_since_us
from archive.keys import LOG_KEY, load_log_key
from archive.layout import Layout
from archive.log.reader import CHECKPOINT, LogFiles
from archive.stores.landing import LANDING
from archive.streams.space import free_bytes
from evidence_daemon.config.schema import Config
from evidence_daemon.doctor.observation import Observation, fail, ok, warn
from evidence_daemon.service.space import Space, forecast
from hashing.checkpoint import open_checkpoint
from hashing.entry import format_time
from hashing.errors import Bilingual, EvidenceError

_OTHERS = 0o077


def examine_archive(config: Config) -> Iterator[Observation]:
    """Look at the archive and what belongs to it, as far as this user may."""
    layout = Layout(config.archive.directory)
    yield _place(layout)
    if not (layout.log / CHECKPOINT).is_file():
        return
    yield _disk(layout.root)
    if layout.root.stat().st_uid != os.geteuid():
        return
    yield from _keys(config)
    yield _log(config, layout)
    yield from _catalog_and_space(config, layout)
    yield _state(config.archive.state_file)


def _place(layout: Layout) -> Observation:
    root = layout.root
    if not (layout.log / CHECKPOINT).is_file():
        words = Bilingual(
            zh=f"{root} 中没有档案库，或无权查看。",
            en=f"{root} holds no archive, or may not be looked at.",
        )
        action = Bilingual(
            zh="检查 archive.directory，用 evd init 新建，或以其所有者的身份运行。",
            en="Check archive.directory, make one with evd init, or run as its owner.",
        )
        return fail("archive", words, action)
    owner = root.stat().st_uid
    if owner != os.geteuid():
        words = Bilingual(
            zh=f"{root} 属于用户 {owner}，而非当前用户。",
            en=f"{root} belongs to user {owner}, not to this one.",
        )
        action = Bilingual(
            zh="以所有者的身份运行 evd doctor，才能检查密钥、日志、目录与空间。",
            en="Run evd doctor as the owner, to see about keys, log, catalog and space.",
        )
        return warn("archive", words, action)
    if not all(os.access(folder, os.W_OK) for folder in (root, *layout.directories())):
        words = Bilingual(zh=f"{root} 不可写。", en=f"{root} cannot be written.")
        action = Bilingual(
            zh="检查文件夹权限，以及磁盘是否以只读方式挂载。",
            en="Check its folders' modes, and whether the disk is mounted read-only.",
        )
        return fail("archive", words, action)
    return ok("archive", zh=f"{root} 存在且可写。", en=f"{root} is there and can be written.")


def _disk(root: Path) -> Observation:
    kind = file_system_type(root)
    if is_network(kind):
        words = Bilingual(
            zh=f"档案库在网络文件系统（{kind}）上。", en=f"The archive is on a network ({kind})."
        )
        action = Bilingual(
            zh="将档案库移到本地磁盘；网络共享只能作为附加存储。",
            en="Move the archive to a local disk; a share can only be a further store.",
        )
        return fail("disk", words, action)
    return ok("disk", zh=f"档案库在本地磁盘（{kind}）上。", en=f"The disk is local ({kind}).")


def _keys(config: Config) -> Iterator[Observation]:
    folder = config.archive.keys_directory
    try:
        mode = stat.S_IMODE(folder.stat().st_mode)
    except OSError as error:
        words = Bilingual(zh=f"{folder} 无法打开。", en=f"{folder}: {error.strerror}.")
        action = Bilingual(
            zh="从备份恢复密钥文件夹。", en="Restore the folder from the keys' backup."
        )
        yield fail("keys", words, action)
        return
    if mode & _OTHERS:
        words = Bilingual(
            zh=f"其他用户可以进入 {folder}（{mode:o}）。",
            en=f"Others may enter {folder} ({mode:o}).",
        )
        yield warn("keys", words, Bilingual(zh=f"chmod 700 {folder}", en=f"chmod 700 {folder}"))
    try:
        key = load_log_key(folder).verifier
    except EvidenceError as error:
        words = Bilingual(zh=f"签名密钥无法使用：{error.detail}", en=error.detail)
        yield fail("key", words, error.action)
        return
    yield ok(
        "key",
        zh=f"签名密钥 {folder / LOG_KEY} 可用，仅限本用户：{key}",
        en=f"The signing key {folder / LOG_KEY} can be used, by this user only: {key}",
    )


def _log(config: Config, layout: Layout) -> Observation:
    files = LogFiles(layout.log)
    try:
        note = files.checkpoint()
        size = files.head().size
        open_checkpoint(note, load_log_key(config.archive.keys_directory).verifier)
    except EvidenceError as error:
        words = Bilingual(zh=f"日志末端有问题：{error.detail}", en=f"The log: {error.detail}")
        action = Bilingual(
            zh="运行 evd verify；不要改动任何文件。", en="Run evd verify; change nothing."
        )
        return fail("log", words, action)
    return ok(
        "log",
        zh=f"日志 {size} 条，检查点由本站密钥签名。",
        en=f"The log has {size} entries; its checkpoint is signed by this station's key.",
    )


def _catalog_and_space(config: Config, layout: Layout) -> Iterator[Observation]:
    reserve_bytes = config.intake.minimum_free_bytes
    free = max(0, free_bytes(layout.root) - reserve_bytes)
    if not layout.catalog.exists():
        yield _no_catalog()
        yield _space(Space(free, None, warning=free == 0))
        return
    try:
        with Catalog.open(layout.catalog, read_only=True) as catalog:
            known, read_us = catalog.log_size, whole_since_us(catalog.fixity(LANDING))
            space = forecast(
                catalog,
                layout.root,
                now_us(),
                reserve_bytes=reserve_bytes,
                warning_h=config.intake.warning_h,
            )
    except StorageError as error:
        words = Bilingual(zh=f"目录无法读取：{error.detail}", en=f"The catalog: {error.detail}")
        rebuild = Bilingual(zh="运行 evd catalog rebuild。", en="Run evd catalog rebuild.")
        yield fail("catalog", words, rebuild)
        yield _space(Space(free, None, warning=free == 0))
        return
    with suppress(EvidenceError):  # of a head that cannot be read the log's observation tells
        yield _catalog(known, LogFiles(layout.log).head().size)
    yield _space(space)
    yield _fixity(read_us, config.fixity.every_days)


def _no_catalog() -> Observation:
    words = Bilingual(
        zh="目录尚不存在；它由日志生成，不含证据。",
        en="There is no catalog yet; it is made from the log and holds no evidence.",
    )
    action = Bilingual(
        zh="下次打开档案库时会自动生成。", en="The next opening of the archive makes it."
    )
    return warn("catalog", words, action)


def _fixity(read_us: int | None, every_days: float) -> Observation:
    """When every object was last read again."""
    if read_us is not None:
        since = format_time(read_us)
        return ok(
            "fixity",
            zh=f"自 {since} 起，本地存储的每件原件都重读过。",
            en=f"Every object in the landing store was read again since {since}.",
        )
    words = Bilingual(
        zh="本地存储的原件尚未全部重读过（入库时均已回读）。",
        en="Not every object in the landing store was read again yet (each was read back when "
        "it came in).",
    )
    if every_days:
        return ok("fixity", zh=words.zh, en=words.en)
    action = Bilingual(
        zh="设置 fixity.every_days，让采集站定期重读。",
        en="Set fixity.every_days, so that the station reads them on a schedule.",
    )
    return warn("fixity", words, action)


def _catalog(known: int, size: int) -> Observation:
    if known == size:
        return ok("catalog", zh=f"目录与日志同步（{size} 条）。", en=f"The catalog has all {size}.")
    words = Bilingual(
        zh=f"目录有 {known} 条，日志有 {size} 条。",
        en=f"The catalog has {known} of {size} entries.",
    )
    action = Bilingual(
        zh="下次启动时会自动补齐；也可运行 evd catalog rebuild。",
        en="The next start catches up; evd catalog rebuild does too.",
    )
    return warn("catalog", words, action)


def _space(space: Space) -> Observation:
    gib = space.free_bytes / 2**30
    if space.hours is None:
        words = Bilingual(
            zh=f"采集停止前剩余 {gib:.1f} GiB。", en=f"{gib:.1f} GiB are left before intake stops."
        )
    else:
        words = Bilingual(
            zh=f"采集停止前剩余 {gib:.1f} GiB，按近期速度约 {space.hours:.0f} 小时。",
            en=f"{gib:.1f} GiB are left before intake stops: {space.hours:.0f} hours at the "
            "recent rate.",
        )
    action = Bilingual(
        zh="增加存储空间；系统不会为腾出空间而删除证据。",
        en="Add storage; evidence is never deleted to make room.",
    )
    if not space.free_bytes:
        return fail("space", words, action)
    return warn("space", words, action) if space.warning else ok("space", zh=words.zh, en=words.en)


def _state(file: Path) -> Observation:
    if file.is_file():
        return ok("state", zh=f"状态库 {file} 存在。", en=f"The state database {file} is there.")
    words = Bilingual(zh=f"状态库 {file} 不存在。", en=f"The state database {file} is not there.")
    action = Bilingual(
        zh="下次启动时会新建；如有备份请先恢复。",
        en="The next start makes one; restore it from a backup first if there is one.",
    )
    return warn("state", words, action)
