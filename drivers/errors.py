"""Errors at the recorder: the officer or the administrator at the dock must act."""

from hashing.errors import Bilingual, EvidenceError


class RecorderError(EvidenceError):
    """A docked recorder did not do what was asked of it."""

    code = "RECORDER"
    exit_code = 40
    meaning = Bilingual(
        zh="记录仪上的文件未受影响；尚未归档的文件仍在记录仪上。",
        en="The files on the recorder are untouched; what is not archived yet is still on it.",
    )
    action = Bilingual(zh="请重新插入记录仪。", en="Dock the recorder again.")


class RecorderVanished(RecorderError):  # noqa: N818 - named for the event
    """The recorder went away while it was read."""

    code = "RECORDER_VANISHED"
    exit_code = 41


class NotARecorder(RecorderError):  # noqa: N818 - named for the defect
    """The path is not a folder, card or image that a driver can read."""

    code = "NOT_A_RECORDER"
    exit_code = 42
    meaning = Bilingual(zh="没有读取任何内容。", en="Nothing was read.")
    action = Bilingual(
        zh="检查路径，指定存储卡所在的文件夹。", en="Check the path; name the card's folder."
    )


class UnreadableExtent(RecorderError):  # noqa: N818 - named for the defect
    """The medium refused to give bytes while the recorder is still there (a bad sector)."""

    code = "UNREADABLE_EXTENT"
    exit_code = 43
    meaning = Bilingual(
        zh="该处字节无法读出；其余部分会被保存，并记录缺失范围。",
        en="These bytes cannot be read; the rest is kept, with a map of what is missing.",
    )
    action = Bilingual(
        zh="更换存储卡，并保留旧卡备查。", en="Replace the card, and keep the old one."
    )


class TooManyNames(RecorderError):  # noqa: N818 - named for the defect
    """A recorder claims more names than any recorder holds; it is broken or hostile."""

    code = "TOO_MANY_NAMES"
    exit_code = 44
    meaning = Bilingual(
        zh="没有采集任何文件；记录仪上的内容未受影响。",
        en="No file was taken; what is on the recorder is untouched.",
    )
    action = Bilingual(
        zh="将存储卡单独交由管理员检查。", en="Hand the card to the administrator for examination."
    )


class GrammarError(EvidenceError):
    """The file of file-name grammars does not say what it must."""

    code = "GRAMMAR"
    exit_code = 84
    meaning = Bilingual(
        zh="没有采集任何文件；文件名规则未被采用。",
        en="No file was taken; the file-name grammars were not adopted.",
    )
    action = Bilingual(
        zh="按说明修改文件名规则文件后重试。",
        en="Correct the named grammar in the file and try again.",
    )
