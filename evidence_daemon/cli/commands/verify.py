"""``evd verify``: an archive judged from its folder alone."""

import contextlib
import os
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

import click

from evidence_daemon.cli.frame import Command
from evidence_daemon.cli.help import by_example
from evidence_daemon.cli.invocation import Invocation, pass_invocation
from evidence_daemon.cli.known import (
    key_option,
    known_option,
    policy_option,
    read_key,
    read_known,
    read_known_token,
    read_policy,
    read_root_files,
    tsa_root_option,
)
from evidence_daemon.cli.language import say
from evidence_daemon.cli.progress import Unit
from evidence_daemon.errors import UsageError

if TYPE_CHECKING:
    from archive.verify.archive import Question
    from archive.verify.journal import Journal
    from archive.verify.known import KnownCheckpoint
    from hashing.digest import Algorithm
    from hashing.note import VerifierKey

_ARCHIVE = "archive"
"""What ``evd init`` calls the archive inside its folder."""


@click.command(
    "verify",
    cls=Command,
    help=by_example(
        "evd verify /srv/evidence --deep --key 'haidian/dock-1/02ec9ccd+472981b0+AQLs…'",
        zh="离线校验档案库：不需要服务、密钥或写权限，也不写入任何内容。--deep 读取每件原件并核对"
        "目录。没有锁定密钥或信任策略时，结论只是“自身一致，来源未证明”（退出码 101）。",
        en="Verify an archive offline: no service, no signing key, no lock, and nothing is "
        "written. --deep reads every object and compares the catalog. Without a pinned key or a "
        "policy the verdict is only self-consistent, origin not proven (exit code 101).",
    ),
)
@click.argument(
    "path",
    metavar="[PATH]",
    required=False,
    type=click.Path(path_type=Path),
    help=say(
        zh="档案库、evd init 所建的文件夹、证据数据包或审计数据包；默认为配置中的档案库。",
        en="An archive, the folder that evd init made, an evidence package or an audit pack; else "
        "the configured archive.",
    ),
)
@click.option(
    "--deep",
    is_flag=True,
    help=say(zh="读取每件原件，核对目录。", en="Read every object, compare the catalog."),
)
@click.option(
    "--digests",
    type=click.Choice(["sha256", "all"]),
    default="sha256",
    show_default=True,
    help=say(zh="--deep 核对的摘要；all 包括 SM3。", en="What --deep compares; all adds SM3."),
)
@click.option(
    "--resume",
    "journal_file",
    metavar="FILE",
    type=click.Path(dir_okay=False, path_type=Path),
    help=say(
        zh="记下 --deep 已读过的原件；中断后再用同一文件即可接着校验。",
        en="Note in this file what --deep has read; after an interruption go on with it.",
    ),
)
@click.option(
    "--bodies",
    is_flag=True,
    help=say(zh="还核对条目内容的格式。", en="Hold entries against their schemas too."),
)
@key_option
@policy_option
@known_option
@tsa_root_option
@pass_invocation
def command(
    invocation: Invocation,
    path: Path | None,
    deep: bool,
    digests: str,
    journal_file: Path | None,
    bodies: bool,
    key_text: str | None,
    policy_file: Path | None,
    known_files: tuple[Path, ...],
    root_files: tuple[Path, ...],
) -> int:
    """Verify an archive or a package."""
    from archive.verify.package import is_package
    from hashing.digest import Algorithm

    if digests == "all" and not deep:
        raise UsageError("--digests all reads objects, which only --deep does")
    if journal_file is not None and not deep:
        raise UsageError("--resume is about reading objects, which only --deep does")
    config = invocation.load_config().config
    root = _archive_in(path or config.archive.directory)
    asked = _Asked.of(
        key=read_key(key_text or config.verify.key),
        policy_file=policy_file or config.verify.policy,
        known_files=known_files,
        root_files=root_files or [each.roots for each in config.timestamps if each.roots],
    )
    algorithms = tuple(Algorithm) if digests == "all" else (Algorithm.SHA256,)
    asked.question = replace(asked.question, deep=deep, algorithms=algorithms, bodies=bodies)
    if not is_package(root):
        return _verify_archive(invocation, root, asked, journal_file)
    if journal_file is not None:
        raise UsageError("--resume is for archives; a package is verified in one go")
    return _verify_package(invocation, root, asked)


@dataclass(slots=True)
class _Asked:
    """What is asked, and the checkpoints brought along whose signers are judged at the end."""

    question: "Question"
    known: "list[KnownCheckpoint]"

    @classmethod
    def of(
        cls,
        *,
        key: "VerifierKey | None",
        policy_file: Path | None,
        known_files: Sequence[Path],
        root_files: Sequence[Path],
    ) -> "_Asked":
        from archive.verify.archive import Question

        tokens = {file: read_known_token(file) for file in known_files}
        known = [read_known(file) for file, token in tokens.items() if token is None]
        question = Question(
            key=key,
            known=[one.checkpoint for one in known],
            policy=read_policy(policy_file),
            others=[one.named for one in known],
            roots=read_root_files(root_files),
            tokens=[token for token in tokens.values() if token is not None],
        )
        return cls(question, known)


def _verify_archive(
    invocation: Invocation, root: Path, asked: _Asked, journal_file: Path | None
) -> int:
    from archive.layout import Layout
    from archive.verify.archive import verify_archive
    from archive.verify.known import judge_signers
    from evidence_daemon.cli.verdict import Report
    from evidence_daemon.cli.verifying import watch

    question, deep = asked.question, asked.question.deep
    with contextlib.ExitStack() as stack:
        if journal_file is not None:
            journal = stack.enter_context(_journal(journal_file, root, question.algorithms))
            question = replace(question, journal=journal)
        progress = stack.enter_context(
            invocation.output.progress(Unit.BYTES if deep else Unit.ITEMS)
        )
        watched = watch(progress, _stored_bytes(root) if deep else None)
        verdict = judge_signers(verify_archive(root, question, watched), asked.known, question.key)
    Report(verdict, question, Layout(root).catalog.exists()).print(invocation.output)
    return verdict.exit_code


def _verify_package(invocation: Invocation, root: Path, asked: _Asked) -> int:
    from archive.verify.known import judge_signers
    from archive.verify.package import verify_package
    from evidence_daemon.cli.package_report import PackageReport
    from evidence_daemon.cli.verifying import watch

    question = asked.question
    with invocation.output.progress(Unit.BYTES) as progress:
        watched = watch(progress, _bytes_below(root))
        verdict = judge_signers(verify_package(root, question, watched), asked.known, question.key)
    PackageReport.of(verdict, replace(question, deep=True)).print(invocation.output)
    return verdict.exit_code


def _journal(file: Path, root: Path, algorithms: "Sequence[Algorithm]") -> "Journal":
    """The journal of the verification of this log."""
    from archive.layout import Layout
    from archive.log.reader import LogFiles
    from archive.verify.journal import Journal

    return Journal.open(file, LogFiles(Layout(root).log).head().origin, algorithms)


def _archive_in(path: Path) -> Path:
    """The archive that a path names: itself, or the one that ``evd init`` made inside it."""
    inner = path / _ARCHIVE
    is_station = (inner / "log").is_dir() and not (path / "log").is_dir()
    return inner if is_station else path


def _bytes_below(folder: Path) -> int:
    """How much there is to read in a package, for its bar."""
    sizes = 0
    for place, _, names in os.walk(folder):
        for name in names:
            with contextlib.suppress(OSError):  # the verification itself says what is wrong
                sizes += os.lstat(os.path.join(place, name)).st_size
    return sizes


def _stored_bytes(root: Path) -> int:
    """How much a deep run will read, for its bar."""
    from archive.errors import StorageError
    from archive.layout import Layout
    from archive.stores.landing import LandingStore
    from archive.streams.buffers import BufferPool

    try:
        stored = LandingStore(Layout(root), BufferPool()).list_objects()
        return sum(one.size_bytes for one in stored)
    except StorageError:  # the verification itself says what is wrong
        return 0
