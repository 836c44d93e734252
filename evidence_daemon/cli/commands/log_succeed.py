"""``evd log succeed``: going on with a new log after a history is truly lost."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from evidence_daemon.cli.door import require_owner
from evidence_daemon.cli.frame import Command
from evidence_daemon.cli.help import by_example
from evidence_daemon.cli.invocation import Invocation, pass_invocation
from evidence_daemon.cli.known import key_option, known_option, read_key, read_known
from evidence_daemon.cli.language import say
from evidence_daemon.cli.progress import Unit
from evidence_daemon.errors import UsageError

if TYPE_CHECKING:
    from archive.backup.succession import Succeeded

SUMMARY = say(zh="历史确已丢失时另起新日志。", en="Go on with a new log; the old one is lost.")


@click.command(
    "succeed",
    cls=Command,
    short_help=SUMMARY,
    help=by_example(
        'evd log succeed --reason "disk and all backups burnt" --known checkpoint.txt',
        zh="仅当旧日志确已丢失或损坏、且无备份可恢复时使用：以新密钥、新来源名另起日志，其第 0 条"
        "写明旧日志的末端与原因；仍与旧日志相符的原件转入新日志。旧日志和旧密钥原样保留。"
        "完好的日志会被拒绝。",
        en="Only where the old log is truly lost and no backup can restore it: go on with a new "
        "key and a new origin, whose entry 0 names the old head and the reason. Objects that "
        "still are what the old log says are carried over; the old log and key are kept. A log "
        "that is whole is refused.",
    ),
)
@click.option(
    "--reason",
    required=True,
    metavar="TEXT",
    help=say(zh="原因，永久记入日志。", en="Why; the log keeps it for good."),
)
@known_option
@key_option
@pass_invocation
def succeed(
    invocation: Invocation, reason: str, known_files: tuple[Path, ...], key_text: str | None
) -> None:
    """Begin the log that follows."""
    from archive.backup.succession import succeed as begin
    from archive.layout import Layout
    from archive.rebuilding import rebuild_catalog
    from evidence_daemon.service.further import log_keys

    if not reason.strip():
        raise UsageError("say why the old log cannot go on")
    config = invocation.load_config().config
    settings = config.archive
    require_owner(settings.directory)
    notes = [read_known(file) for file in known_files]
    pinned = read_key(key_text or config.verify.key)
    keys = log_keys(Layout(settings.directory).log, settings.keys_directory)
    known = [note.verify([*keys, *([pinned] if pinned else [])]) for note in notes]
    job, looked_at = say(zh="原件", en="objects"), 0
    with invocation.output.progress(Unit.ITEMS) as progress:

        def an_object(count: int) -> None:
            nonlocal looked_at
            looked_at += count
            progress.update(job, looked_at, looked_at, str(looked_at))

        parts = (settings.directory, settings.keys_directory, reason.strip())
        succeeded = begin(*parts, known=known, progress=an_object)
        rebuild_catalog(settings.directory, lambda _done, _all: None)
    _tell(invocation, succeeded)


def _tell(invocation: Invocation, succeeded: "Succeeded") -> None:
    key, old, carried = succeeded.key, succeeded.predecessor, succeeded.carried
    record: dict[str, Any] = {
        "type": "summary",
        "origin": key.name,
        "verifier_key": str(key),
        "fingerprint": key.fingerprint,
        "succeeds": {"origin": old.origin, "size": old.size, "root": old.root.hex()},
        "kept_as": str(succeeded.kept_as),
        "recordings": carried.recordings,
        "objects": carried.objects,
        "failed": carried.failed,
    }
    carried_over = say(
        zh=f"{carried.recordings} 段录像，{carried.failed} 处失败",
        en=f"{carried.recordings} recordings, {carried.failed} failed",
    )
    facts = (
        (say(zh="新日志", en="New log"), key.name),
        (say(zh="接续", en="Follows"), f"{old.origin}, {old.size}, {old.root.hex()}"),
        (say(zh="旧日志保存于", en="Old log kept as"), str(succeeded.kept_as)),
        (say(zh="转入", en="Carried over"), carried_over),
        (say(zh="验证密钥", en="Verifier key"), str(key)),
        (say(zh="指纹（SHA-256）", en="Fingerprint (SHA-256)"), key.fingerprint),
    )
    invocation.output.facts(record, facts)
    if not invocation.as_json:
        invocation.output.message(
            say(
                zh="请将新的验证密钥保存在别处；附加存储须重新登记（evd store register）。",
                en="Keep the new verifier key elsewhere. Further stores are registered anew "
                "(evd store register).",
            )
        )
