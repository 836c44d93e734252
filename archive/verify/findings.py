"""What can be wrong beside the log itself."""

from hashing.errors import Bilingual, EvidenceError, IntegrityError


class CatalogDiffers(IntegrityError):  # noqa: N818 - named for the defect
    """The catalog says something else than the log."""

    code = "CATALOG_DIFFERS"
    exit_code = 34
    meaning = Bilingual(
        zh="目录与日志不符：证据不受影响，但查询结果不可信。",
        en="The catalog disagrees with the log: evidence is unaffected, its answers are not "
        "to be trusted.",
    )
    action = Bilingual(
        zh="运行 evd catalog rebuild，并查明谁改动了目录。",
        en="Run evd catalog rebuild, and find out who changed the catalog.",
    )


class UnloggedObject(EvidenceError):  # noqa: N818 - named for the defect
    """A file lies among the objects that no entry speaks of."""

    code = "UNLOGGED_OBJECT"
    exit_code = 102
    meaning = Bilingual(
        zh="该文件不是证据：日志从未提及它。",
        en="The file is not evidence: the log never speaks of it.",
    )
    action = Bilingual(
        zh="下次启动采集站时它会被移入隔离区并记录。",
        en="The station sets it aside, with an entry, when it next starts.",
    )
