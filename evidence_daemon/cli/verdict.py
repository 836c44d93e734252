"""A verification as a report: numbered checks, what each means, and the verdict.

The numbers are those of :mod:`hashing.verifier` (1 to 10) and :mod:`archive.verify` (11 to
18); a finding carries the number of its check, its stable code, and what it means for the
evidence.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType
from typing import Any

from archive.verify.archive import CHECK_CATALOG, ArchiveVerdict, Question
from archive.verify.bag import CHECK_BAG
from archive.verify.objects import CHECK_DIGESTS, CHECK_PRESENT, CHECK_UNLOGGED
from archive.verify.package_entries import CHECK_INCLUSION
from evidence_daemon.cli.language import current, say
from evidence_daemon.cli.output import Output
from hashing.errors import Bilingual
from hashing.findings import Check, Finding, Severity
from hashing.note import VerifierKey


class Status(StrEnum):
    """How a check ended."""

    PASS = "pass"  # noqa: S105 - a verdict, not a password
    WARN = "warn"
    FAIL = "fail"
    NOT_CHECKED = "not_checked"


CHECKS: Mapping[int, Bilingual] = MappingProxyType(
    {
        Check.CHECKPOINT: Bilingual(
            zh="检查点存在且可读：日志有确定的末端。",
            en="The checkpoint is there and can be read: the log has a definite end.",
        ),
        Check.SIGNATURE: Bilingual(
            zh="检查点由日志的密钥签名：有人为整段历史负责。",
            en="The checkpoint is signed by the log's key: someone answers for this history.",
        ),
        Check.BUNDLES: Bilingual(
            zh="所有条目文件齐全：没有条目缺失。",
            en="Every bundle of entries is there and full: no entry is missing.",
        ),
        Check.ENTRIES: Bilingual(
            zh="每个条目格式规范、编号连续、承接前一条：没有增删、调换或修改。",
            en="Every entry is well formed, numbered, and follows the one before: none was "
            "edited, removed, inserted or moved.",
        ),
        Check.ROOT: Bilingual(
            zh="条目算出的根与检查点一致：签名覆盖的正是这些条目。",
            en="The entries hash to the checkpoint's root: they are what was signed.",
        ),
        Check.TILES: Bilingual(
            zh="各级哈希文件与条目一致：由它们出具的证明有效。",
            en="Every stored tile is the one the entries make: proofs made from them hold.",
        ),
        Check.KEYS: Bilingual(
            zh="密钥的更替均由新旧密钥共同签署。",
            en="The keys follow one another, each rotation signed by both.",
        ),
        Check.TIME: Bilingual(
            zh="每次开机期间时间不倒退（仅供参考）。",
            en="Within a boot, time does not go back (for information).",
        ),
        Check.KNOWN: Bilingual(
            zh="外部保存的检查点属于此日志：历史未被回退或改写。",
            en="Checkpoints kept elsewhere are of this log's past: nothing was rolled back.",
        ),
        Check.BODIES: Bilingual(
            zh="条目内容符合各自的格式定义。",
            en="The bodies of entries are what their schemas say.",
        ),
        CHECK_PRESENT: Bilingual(
            zh="日志提到的原件都在。", en="Every object that the log names is there."
        ),
        CHECK_DIGESTS: Bilingual(
            zh="每件原件的字节与归档时相同。",
            en="The bytes of every object are those that were archived.",
        ),
        CHECK_UNLOGGED: Bilingual(
            zh="原件文件夹中没有日志未提及的文件。",
            en="No file lies among the objects that the log never speaks of.",
        ),
        CHECK_CATALOG: Bilingual(
            zh="目录与日志一致：查询结果可信。",
            en="The catalog is what the log says: its answers can be trusted.",
        ),
        Check.TIMESTAMPS: Bilingual(
            zh="时间戳完好、覆盖此日志的检查点，并由锁定的根证书核对：条目存在的时间有旁证。",
            en="The timestamps are intact, over checkpoints of this log, and verify under pinned "
            "roots: others vouch for when entries existed.",
        ),
        Check.WITNESSES: Bilingual(
            zh="策略要求的见证方确认过这段历史：采集站无法再改写它而不被发现。",
            en="The witnesses that the policy asks for confirmed this history: the station can "
            "no longer rewrite it unnoticed.",
        ),
        CHECK_INCLUSION: Bilingual(
            zh="数据包中的每个条目都在检查点之下的日志里，每段录像都是其条目所归档的那一段。",
            en="Every entry of the package is in the log under its checkpoint, and every recording "
            "is the one that its entry archived.",
        ),
        CHECK_BAG: Bilingual(
            zh="数据包中清单点名的文件都在且未变，没有多余的文件。",
            en="Every file that the package's manifests name is there unchanged, and no other.",
        ),
    }
)
"""What it means for the evidence that a check passes."""

_FINDINGS_TOLD = 10
_DEEP_ONLY = frozenset({CHECK_DIGESTS, CHECK_UNLOGGED, CHECK_CATALOG})

_STATUS_WORDS: Mapping[Status, Bilingual] = MappingProxyType(
    {
        Status.PASS: Bilingual(zh="通过", en="PASS"),
        Status.WARN: Bilingual(zh="注意", en="WARN"),
        Status.FAIL: Bilingual(zh="失败", en="FAIL"),
        Status.NOT_CHECKED: Bilingual(zh="未检查", en="NOT CHECKED"),
    }
)


@dataclass(frozen=True, slots=True)
class Report:
    """A verdict, and what was asked for it.

    Attributes:
        verdict: The verdict.
        question: What was asked.
        has_catalog: Whether there is a catalog to compare.
    """

    verdict: ArchiveVerdict
    question: Question
    has_catalog: bool

    def status(self, check: int) -> Status:
        """How a check ended. One that found nothing and could not be made in full was not made."""
        found = {finding.severity for finding in self._of(check)}
        if Severity.ERROR in found:
            return Status.FAIL
        if Severity.WARNING in found:
            return Status.WARN
        return Status.PASS if self._was_made(check) else Status.NOT_CHECKED

    def _of(self, check: int) -> list[Finding]:
        return [finding for finding in self.verdict.findings if finding.check == check]

    def _was_made(self, check: int) -> bool:
        if not self.verdict.log.root:
            return False
        if check != Check.SIGNATURE and any(
            finding.severity is Severity.ERROR for finding in self._of(Check.BUNDLES)
        ):
            return False
        if check == CHECK_DIGESTS and self._of(CHECK_PRESENT):
            return False
        policy = self.question.policy
        asked = {
            Check.KNOWN: bool(self.question.known or self.question.tokens),
            Check.TIMESTAMPS: self.verdict.timestamps_verified,
            Check.BODIES: self.question.bodies,
            CHECK_INCLUSION: False,
            CHECK_BAG: False,
            CHECK_UNLOGGED: self.verdict.log.ok,
            CHECK_CATALOG: self.verdict.log.ok and self.has_catalog,
            Check.WITNESSES: policy is not None and policy.quorum is not None,
        }
        return asked.get(check, True) and (self.question.deep or check not in _DEEP_ONLY)

    @property
    def key(self) -> VerifierKey | None:
        """The log's first key, as the log itself names it."""
        keys = self.verdict.log.keys
        return keys[0][1] if keys else None

    def summary(self) -> dict[str, Any]:
        """The last line with ``--json``."""
        log = self.verdict.log
        return {
            "type": "summary",
            "ok": self.verdict.ok,
            "origin_proven": log.origin_proven,
            "origin": log.origin,
            "entries": log.size,
            "objects": self.verdict.objects,
            "size_bytes": self.verdict.size_bytes,
            "root": log.root.hex(),
            "verifier_key": str(self.key) if self.key else None,
            "fingerprint": self.key.fingerprint if self.key else None,
            "checks": [{"check": int(n), "status": self.status(n).value} for n in CHECKS],
            "not_checked": list(self.verdict.not_checked),
        }

    def print(self, output: Output) -> None:
        """Write the findings and the verdict."""
        if output.as_json:
            for finding in self.verdict.findings:
                output.json_line(_record(finding))
            output.json_line(self.summary())
            return
        for line in (*self._check_lines(), *self._verdict_lines()):
            output.line(line)

    def _check_lines(self) -> Iterator[str]:
        for check, words in CHECKS.items():
            status = _STATUS_WORDS[self.status(check)].in_language(current())
            yield f"[{status}] {check:d}. {words.in_language(current())}"
            found = self._of(check)
            for finding in found[:_FINDINGS_TOLD]:
                yield f"    {finding.code} · {finding.subject}: {finding.detail}"
            if (more := len(found) - _FINDINGS_TOLD) > 0:
                yield say(
                    zh=f"    另有 {more} 处，--json 列出。", en=f"    and {more} more; see --json"
                )
            for meaning in dict.fromkeys(finding.kind.meaning for finding in found):
                yield f"    → {meaning.in_language(current())}"

    def _verdict_lines(self) -> Iterator[str]:
        log = self.verdict.log
        yield ""
        yield say(
            zh=f"日志 {log.origin}：{log.size} 条，{self.verdict.objects} 件原件，"
            f"根 {log.root.hex()}",
            en=f"Log {log.origin}: {log.size} entries, {self.verdict.objects} objects, "
            f"root {log.root.hex()}",
        )
        yield from self._conclusion()
        for sentence in self.verdict.not_checked:
            yield say(zh=f"未检查：{sentence}", en=f"Not checked: {sentence}")

    def _conclusion(self) -> Iterator[str]:
        if not self.verdict.ok:
            count = sum(f.severity is Severity.ERROR for f in self.verdict.findings)
            yield say(
                zh=f"结论：发现 {count} 处不符，见上。不要修改任何文件。",
                en=f"Verdict: {count} findings, named above. Change nothing in the archive.",
            )
        elif self.verdict.log.origin_proven:
            yield say(
                zh="结论：所查各项均成立，且由锁定的密钥证明出自此采集站。",
                en="Verdict: all that was asked holds, and the pinned key proves its origin.",
            )
        else:
            yield say(
                zh="结论：自身一致，但未证明出自哪台采集站。请与 evd init 时抄录的指纹比对：",
                en="Verdict: self-consistent, origin not proven. Compare this fingerprint with "
                "the one that evd init printed:",
            )
            yield f"    {self.key.fingerprint if self.key else '–'}"


def _record(finding: Finding) -> dict[str, Any]:
    meaning, action = finding.kind.meaning, finding.kind.action
    return {
        "type": "finding",
        "check": int(finding.check),
        "code": finding.code,
        "exit_code": finding.exit_code,
        "severity": finding.severity.value,
        "subject": finding.subject,
        "detail": finding.detail,
        "meaning": {"zh": meaning.zh, "en": meaning.en},
        "action": {"zh": action.zh, "en": action.en},
    }
