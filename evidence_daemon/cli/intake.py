"""An intake as it is watched: bars while it goes on, then what was taken from each recorder."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from evidence_daemon.cli.boundary import tell
from evidence_daemon.cli.door import open_door
from evidence_daemon.cli.invocation import Invocation
from evidence_daemon.cli.language import say
from evidence_daemon.cli.output import Column, Output
from evidence_daemon.cli.progress import Progress, Unit
from evidence_daemon.cli.spelling import size, status_words
from evidence_daemon.purpose import Purpose
from hashing.errors import EvidenceError

_TROUBLES_TOLD = 20
_NOT_BEGUN = frozenset({"queued", "identifying"})


def take_in(invocation: Invocation, request: Mapping[str, Any]) -> int:
    """Ask for an intake and watch it to its end.

    With ``--json`` every record but those of the progress is printed. The summary is the last
    line; an error of the intake stands before it.

    Args:
        invocation: The call.
        request: The body of ``POST /v1/ingest``.

    Returns:
        The exit code.

    Raises:
        EvidenceError: It could not begin, or went wrong and people are to be told.
    """
    watch = _Watch(invocation.output)
    failure = None
    with open_door(invocation, Purpose.INTAKE) as door:
        try:
            with invocation.output.progress(Unit.BYTES) as progress:
                watch.follow(door.client.lines("POST", "/ingest", body=request), progress)
        except EvidenceError as error:
            if watch.summary is None:
                raise
            failure = error
    assert watch.summary is not None
    if invocation.as_json:
        code = tell(failure, invocation) if failure else 0
        invocation.output.json_line(watch.summary)
        return code
    watch.print_result()
    if failure:
        raise failure
    return 0


class _Watch:
    """What an intake has told so far.

    Attributes:
        summary: The balance over everything, once it is known.
    """

    def __init__(self, output: Output) -> None:
        self.summary: dict[str, Any] | None = None
        self._output = output
        self._slots: dict[str, dict[str, Any]] = {}
        self._dockings: list[dict[str, Any]] = []
        self._manifest: dict[str, Any] | None = None
        self._troubles: list[str] = []

    def follow(self, records: Iterable[dict[str, Any]], progress: Progress) -> None:
        """Take every record to the end of the stream."""
        for record in records:
            match record["type"]:
                case "slot":
                    self._slots[record["docking"]] = record
                    _show(record, progress)
                case "summary":
                    self.summary = record
                case _:
                    self._note(record)

    def _note(self, record: dict[str, Any]) -> None:
        if self._output.as_json:
            self._output.json_line(record)
        match record["type"]:
            case "docking":
                self._dockings.append(record)
            case "manifest":
                self._manifest = record
            case "manifest_finding":
                self._troubles.append(f"{record['path']}: {record['detail']}")
            case "file" if record["result"] == "failed":
                reason = record.get("detail") or record.get("reason")
                self._troubles.append(f"{record['recorder']}: {record['path']}: {reason}")

    def print_result(self) -> None:
        """What was taken from each recorder as data; what was not, and the sum, as messages."""
        rows = ({**self._slots.get(each["docking"], {}), **each} for each in self._dockings)
        self._output.table(_columns(), rows)
        for trouble in self._troubles[:_TROUBLES_TOLD]:
            self._output.message(trouble)
        more = len(self._troubles) - _TROUBLES_TOLD
        if more > 0:
            self._output.message(say(zh=f"另有 {more} 项。", en=f"and {more} more"))
        if self._manifest is not None:
            self._output.message(_manifest_words(self._manifest))
        if self.summary is not None:
            self._output.message(_summary_words(self.summary))


def _show(slot: Mapping[str, Any], progress: Progress) -> None:
    """Move a slot's bar; one that has not begun is not done, whatever little it has to do."""
    total = slot["bytes_total"] or int(slot["status"] in _NOT_BEGUN)
    files = f"{slot['files_done']}/{slot['files_total']}"
    note = f"{slot['recorder']} {status_words(slot['status'])} {files}"
    progress.update(slot["slot"], slot["bytes_done"], total, note.strip())


def _columns() -> Sequence[Column]:
    return (
        Column("recorder", say(zh="记录仪", en="Recorder")),
        Column("officer", say(zh="警员", en="Officer")),
        Column("found", say(zh="发现", en="Found"), numeric=True),
        Column("new", say(zh="新增", en="New"), numeric=True),
        Column("known", say(zh="已有", en="Known"), numeric=True),
        Column("failed", say(zh="失败", en="Failed"), numeric=True),
        Column("skipped", say(zh="跳过", en="Skipped"), numeric=True),
        Column("bytes", say(zh="大小", en="Size"), show=size, numeric=True),
        Column("status", say(zh="状态", en="State"), show=status_words),
        Column("source", say(zh="来源", en="Source")),
    )


def _summary_words(total: Mapping[str, Any]) -> str:
    return say(
        zh=f"发现 {total['found']}：新增 {total['new']}，已有 {total['known']}，"
        f"失败 {total['failed']}，跳过 {total['skipped']}。",
        en=f"Found {total['found']}: {total['new']} new, {total['known']} known, "
        f"{total['failed']} failed, {total['skipped']} skipped.",
    )


def _manifest_words(told: Mapping[str, Any]) -> str:
    return say(
        zh=f"清单 {told['named']} 个文件：相符 {told['matched']}，不符 {told['mismatched']}，"
        f"缺失 {told['missing']}；另有 {told['not_named']} 个文件未列入清单。",
        en=f"Manifest of {told['named']} files: {told['matched']} match, {told['mismatched']} "
        f"differ, {told['missing']} missing; {told['not_named']} files are not in it.",
    )
