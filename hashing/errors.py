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


class MissingFile(IntegrityError):  # noqa: N818 - named for the defect
    """A file that the log says is there is not."""

    code = "MISSING_FILE"
    exit_code = 10
    meaning = Bilingual(
        zh="日志要求存在的文件缺失；它所承载的内容无法在此处证明。",
        en="A file the log needs is missing; what it held cannot be proven from here.",
    )
    action = Bilingual(
        zh="从备份或附加存储中取回该文件，然后重新校验。",
        en="Fetch the file back from a backup or a further store, then verify again.",
    )


class DigestMismatch(IntegrityError):  # noqa: N818 - named for the defect
    """Stored bytes do not hash to the digest that names them."""

    code = "DIGEST_MISMATCH"
    exit_code = 11
    meaning = Bilingual(
        zh="文件内容与记录时不同，不能再作为原件使用。",
        en="The file is not the one that was recorded; it no longer counts as the original.",
    )
    action = Bilingual(
        zh="不要覆盖该文件；从备份或附加存储中取回完好的副本。",
        en="Do not overwrite it; fetch an intact copy from a backup or a further store.",
    )


class LogInconsistent(IntegrityError):  # noqa: N818 - named for the defect
    """Entries, tiles and checkpoint of the log do not agree."""

    code = "LOG_INCONSISTENT"
    exit_code = 30
    meaning = Bilingual(
        zh="日志在写入之后被改动或损坏；说明中指出了具体位置。",
        en="The log was changed or damaged after it was written; the detail says where.",
    )


class SignatureInvalid(IntegrityError):  # noqa: N818 - named for the defect
    """A signature is missing, wrong, or by a key that is not the log's."""

    code = "SIGNATURE"
    exit_code = 31
    meaning = Bilingual(
        zh="该日志没有有效的签名，不能证明它出自这台采集站。",
        en="The log is not validly signed; nothing proves that this station wrote it.",
    )
    action = Bilingual(
        zh="核对验证密钥；若密钥无误，请保存副本并视为被篡改。",
        en="Check the verifier key; if it is right, keep a copy and treat the log as forged.",
    )


class RolledBack(IntegrityError):  # noqa: N818 - named for the defect
    """The log is shorter than, or differs from, a checkpoint known from elsewhere."""

    code = "ROLLED_BACK"
    exit_code = 33
    meaning = Bilingual(
        zh="日志与外部保存的检查点不符：历史被回退或改写。",
        en="The log contradicts a checkpoint kept elsewhere: history was rolled back or rewritten.",
    )
    action = Bilingual(
        zh="停止采集；从持有较长日志的备份、存储或见证方恢复。",
        en="Stop intake; restore from the backup, store or witness that holds the longer log.",
    )


class OriginNotProven(EvidenceError):  # noqa: N818 - named for the verdict
    """Everything agrees with itself, but nothing pinned the log's first key."""

    code = "ORIGIN_NOT_PROVEN"
    exit_code = 101
    meaning = Bilingual(
        zh="档案自身一致，但未证明出自哪台采集站。",
        en="The archive is consistent with itself; which station wrote it is not proven.",
    )
    action = Bilingual(
        zh="用 --key 给出 evd init 时打印的验证密钥。",
        en="Give the verifier key printed by evd init with --key.",
    )
