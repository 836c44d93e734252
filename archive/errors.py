"""Errors of storage and of policy: the administrator or the archivist must act."""

from hashing.errors import Bilingual, EvidenceError


class StorageError(EvidenceError):
    """A disk, a store or a file system did not do what was asked of it."""

    code = "STORAGE"
    exit_code = 50
    meaning = Bilingual(
        zh="写入未完成，未写成的内容不会被当作证据；记录仪上的原件未受影响。",
        en="The write did not finish and counts for nothing; originals on recorders are untouched.",
    )
    action = Bilingual(
        zh="检查磁盘与挂载，运行 evd doctor。", en="Check disks and mounts; run evd doctor."
    )


class ArchiveBusy(StorageError):  # noqa: N818 - named for the state
    """Another process is the archive's one writer."""

    code = "ARCHIVE_BUSY"
    exit_code = 51
    meaning = Bilingual(
        zh="另一个进程正在写入此档案库；没有任何改变。",
        en="Another process is writing to this archive; nothing was changed.",
    )
    action = Bilingual(
        zh="等待其结束，或通过正在运行的服务操作。",
        en="Wait for it to end, or go through the running service.",
    )


class DiskFull(StorageError):  # noqa: N818 - named for the state
    """The archive's disk has no room for more."""

    code = "DISK_FULL"
    exit_code = 52
    meaning = Bilingual(
        zh="已停止采集；没有删除任何内容，未归档的文件仍在记录仪上。",
        en="Intake has stopped; nothing was deleted, what is not archived is still on recorders.",
    )
    action = Bilingual(
        zh="增加存储空间；系统不会为腾出空间而删除证据。",
        en="Add storage; evidence is never deleted to make room.",
    )


class NetworkFileSystem(StorageError):  # noqa: N818 - named for the defect
    """A part that needs a local disk lies on a network file system."""

    code = "NETWORK_FILE_SYSTEM"
    exit_code = 53
    action = Bilingual(
        zh="将档案库放在本地磁盘上；网络共享只能作为附加存储。",
        en="Put the archive on a local disk; a share can only be a further store.",
    )


class StoreUnavailable(StorageError):  # noqa: N818 - named for the state
    """A further store is not mounted, hangs, is stale, or is not the one it should be."""

    code = "STORE_UNAVAILABLE"
    exit_code = 54
    meaning = Bilingual(
        zh="该附加存储未被写入、校验或计数；本地副本完好保留。",
        en="That store was neither written, verified nor counted; the local copy stays.",
    )
    action = Bilingual(
        zh="检查共享是否已挂载并含有 store.json。",
        en="Check that the share is mounted and holds its store.json.",
    )


class ReadBackMismatch(StorageError):  # noqa: N818 - named for the defect
    """What came back from the disk is not what was written to it."""

    code = "READ_BACK_MISMATCH"
    exit_code = 55


class NotAnArchive(StorageError):  # noqa: N818 - named for the defect
    """The folder holds no archive, or not the one expected."""

    code = "NOT_AN_ARCHIVE"
    exit_code = 56
    action = Bilingual(
        zh="检查路径，或用 evd init 新建档案库。", en="Check the path, or make one with evd init."
    )


class CatalogDamaged(StorageError):  # noqa: N818 - named for the state
    """The catalog cannot be read."""

    code = "CATALOG_DAMAGED"
    exit_code = 57
    meaning = Bilingual(
        zh="目录只是索引；证据与日志不受影响。",
        en="The catalog is only an index; evidence and log are not affected.",
    )
    action = Bilingual(zh="运行 evd catalog rebuild。", en="Run evd catalog rebuild.")


class NoSuchRecording(EvidenceError):  # noqa: N818 - named for the defect
    """No recording has this id."""

    code = "NO_SUCH_RECORDING"
    exit_code = 60
    meaning = Bilingual(zh="没有任何改变。", en="Nothing was changed.")
    action = Bilingual(zh="用 evd find 查找编号。", en="Look the id up with evd find.")


class NoReceipt(EvidenceError):  # noqa: N818 - named for the state
    """No receipt was issued for this docking."""

    code = "NO_RECEIPT"
    exit_code = 64
    meaning = Bilingual(
        zh="该次停靠未正常结束、发生在开具回执之前，或不存在；证据不受影响。",
        en="The docking was cut off, came before receipts were issued, or never was; evidence is "
        "not affected.",
    )
    action = Bilingual(
        zh="用 evd receipt 列出各次停靠；经过见 evd custody。",
        en="List dockings with evd receipt; evd custody tells what happened.",
    )


class PolicyError(EvidenceError):
    """A rule forbids what was asked."""

    code = "POLICY"
    exit_code = 61
    meaning = Bilingual(
        zh="规则不允许此操作；没有任何改变。", en="A rule forbids it; nothing was changed."
    )


class KeyUnavailable(EvidenceError):  # noqa: N818 - named for the state
    """The station's signing key cannot be used."""

    code = "KEY_UNAVAILABLE"
    exit_code = 85
    meaning = Bilingual(
        zh="没有密钥就不能写入新的记录；已归档的证据不受影响，仍可校验。",
        en="Without the key nothing can be added; archived evidence is unaffected and verifiable.",
    )
    action = Bilingual(
        zh="从备份恢复密钥文件，并将权限设为 0600。",
        en="Restore the key file from its backup and set its mode to 0600.",
    )
