"""The closed vocabulary in which a slot's state is told, everywhere the same.

API, page, command line, log and metrics carry the values; words stand only at the edge,
taken from :data:`WORDS` and :data:`REASON_WORDS`.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType

from evidence_daemon.errors import ServiceBroken
from hashing.errors import Bilingual


class Status(StrEnum):
    """What a slot is doing, or what may be done with its recorder."""

    EMPTY = "empty"
    IDENTIFYING = "identifying"
    QUEUED = "queued"
    COPYING = "copying"
    VERIFYING = "verifying"
    CHARGING = "charging"
    SAFE_TO_REMOVE = "safe_to_remove"
    REMOVABLE_INCOMPLETE = "removable_incomplete"
    ATTENTION = "attention"


class AttentionReason(StrEnum):
    """Why a slot needs a person."""

    ARCHIVE_FULL = "archive_full"
    ARCHIVE_FAILED = "archive_failed"
    RECORDER_VANISHED = "recorder_vanished"
    RECORDER_UNREADABLE = "recorder_unreadable"
    NOT_A_RECORDER = "not_a_recorder"
    FILES_FAILED = "files_failed"
    INTERNAL = "internal"


WORDS: Mapping[Status, Bilingual] = MappingProxyType(
    {
        Status.EMPTY: Bilingual(zh="空闲", en="empty"),
        Status.IDENTIFYING: Bilingual(zh="识别中", en="identifying"),
        Status.QUEUED: Bilingual(zh="排队中", en="queued"),
        Status.COPYING: Bilingual(zh="采集中", en="copying"),
        Status.VERIFYING: Bilingual(zh="校验中", en="verifying"),
        Status.CHARGING: Bilingual(zh="充电中", en="charging"),
        Status.SAFE_TO_REMOVE: Bilingual(zh="采集完成，可以取出", en="safe to remove"),
        Status.REMOVABLE_INCOMPLETE: Bilingual(
            zh="可以取出，但未全部采集", en="may be removed, not everything is archived"
        ),
        Status.ATTENTION: Bilingual(zh="需要处理", en="needs attention"),
    }
)

REASON_WORDS: Mapping[AttentionReason, Bilingual] = MappingProxyType(
    {
        AttentionReason.ARCHIVE_FULL: Bilingual(
            zh="档案磁盘已满，采集已停止", en="the archive's disk is full, intake has stopped"
        ),
        AttentionReason.ARCHIVE_FAILED: Bilingual(
            zh="写入档案库失败", en="writing to the archive failed"
        ),
        AttentionReason.RECORDER_VANISHED: Bilingual(
            zh="记录仪在读取时断开", en="the recorder went away while it was read"
        ),
        AttentionReason.RECORDER_UNREADABLE: Bilingual(
            zh="无法读取记录仪", en="the recorder cannot be read"
        ),
        AttentionReason.NOT_A_RECORDER: Bilingual(
            zh="插入的设备不是记录仪", en="what is docked is not a recorder"
        ),
        AttentionReason.FILES_FAILED: Bilingual(
            zh="部分文件未能采集", en="some files could not be archived"
        ),
        AttentionReason.INTERNAL: Bilingual(zh="程序内部错误", en="internal error"),
    }
)


@dataclass(frozen=True, slots=True)
class SlotStatus:
    """A slot's state; attention, and only attention, has a reason.

    Attributes:
        status: The state.
        reason: Why a person is needed.
    """

    status: Status
    reason: AttentionReason | None = None

    def __post_init__(self) -> None:
        assert (self.status is Status.ATTENTION) == (self.reason is not None)

    def __str__(self) -> str:
        """The state as every interface spells it: ``copying``, ``attention(archive_full)``."""
        return f"{self.status}({self.reason})" if self.reason else str(self.status)

    @classmethod
    def parse(cls, text: str) -> "SlotStatus":
        """Read what :meth:`__str__` spells.

        Raises:
            ServiceBroken: It is not a state of the vocabulary: the service is of another version.
        """
        status, _, reason = text.removesuffix(")").partition("(")
        try:
            return cls(Status(status), AttentionReason(reason) if reason else None)
        except (ValueError, AssertionError) as error:
            raise ServiceBroken(
                f"the service tells a state that is unknown: {text[:80]}"
            ) from error

    def words(self, language: str) -> str:
        """The state for people, in ``"zh"`` or ``"en"``."""
        text = WORDS[self.status].in_language(language)
        if self.reason is None:
            return text
        separator = "：" if language == "zh" else ": "
        return text + separator + REASON_WORDS[self.reason].in_language(language)
