"""What can be wrong with the state database."""

from archive.errors import StorageError
from hashing.errors import Bilingual


class StateTooNew(StorageError):  # noqa: N818 - named for the state
    """A later version of the program has changed the state database."""

    code = "STATE_TOO_NEW"
    exit_code = 59
    meaning = Bilingual(
        zh="状态库未被改动；证据与日志不受影响。",
        en="The state database is unchanged; evidence and log are not affected.",
    )
    action = Bilingual(
        zh="请使用更新它的那个版本，或从备份恢复较早的 state.sqlite。",
        en="Use the version that changed it, or restore an earlier state.sqlite.",
    )


class StateDamaged(StorageError):  # noqa: N818 - named for the state
    """The state database cannot be read."""

    code = "STATE_DAMAGED"
    meaning = Bilingual(
        zh="证据与日志不受影响；未完成任务的清单无法读出。",
        en="Evidence and log are not affected; the list of unfinished work cannot be read.",
    )
    action = Bilingual(
        zh="从备份恢复 state.sqlite，或将其移开后重新启动。",
        en="Restore state.sqlite from the backup, or move it away and start again.",
    )
