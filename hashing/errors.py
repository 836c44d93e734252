"""The root of the program's one error tree.

Errors are grouped by who must act (recorder, storage, integrity, policy, access,
configuration, service). Every class carries a stable code, an exit code, and in both
languages what it means for the evidence and what to do next; ``docs/errors.md`` is generated
from these classes. The groups that belong to other rooms stand in ``drivers.errors``,
``archive.errors`` and ``evidence_daemon.errors``.

Exit codes: 10-19 and 30-39 integrity, 40-49 recorder, 50-59 storage, 60-69 policy,
70-79 access, 80-89 configuration, 90-99 service, 100-127 warnings.
"""

from dataclasses import dataclass
from typing import ClassVar


@dataclass(frozen=True, slots=True)
class Bilingual:
    """One sentence in the two languages of the program."""

    zh: str
    en: str

    def in_language(self, language: str) -> str:
        """The sentence in ``"zh"`` or ``"en"``; anything else gives English."""
        return self.zh if language == "zh" else self.en


class EvidenceError(Exception):
    """Base of every error this program raises on purpose.

    Args:
        detail: What happened, in one English sentence without a full stop, naming the
            file, entry or setting concerned.
    """

    code: ClassVar[str] = "EVIDENCE_ERROR"
    exit_code: ClassVar[int] = 3
    meaning: ClassVar[Bilingual] = Bilingual(
        zh="操作未完成；已归档的证据没有改变。",
        en="The operation did not finish; evidence already archived is unchanged.",
    )
    action: ClassVar[Bilingual] = Bilingual(
        zh="查看说明后重试；若再次出现，请联系管理员。",
        en="Read the detail and try again; if it comes back, call the administrator.",
    )

    def __init__(self, detail: str) -> None:
        super().__init__(detail)
        self.detail = detail


class IntegrityError(EvidenceError):
    """Something is not what the log says it was."""

    code = "INTEGRITY"
    exit_code = 30
    meaning = Bilingual(
        zh="档案与其日志不一致；不一致之处以外的证据不受影响。",
        en="The archive disagrees with its log; evidence outside the finding is not affected.",
    )
    action = Bilingual(
        zh="不要修改任何文件；保存副本并运行 evd verify --deep。",
        en="Change nothing; keep a copy and run evd verify --deep.",
    )
