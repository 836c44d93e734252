"""What can be wrong with a question to the catalog, or with what it is told."""

from archive.errors import StorageError
from hashing.errors import Bilingual, EvidenceError


class AmbiguousId(EvidenceError):  # noqa: N818 - named for the defect
    """A shortened id begins the ids of several recordings.

    Args:
        detail: What was asked and what it could mean.
        matches: Ids that begin so, the first few of them.
    """

    code = "AMBIGUOUS_ID"
    exit_code = 62
    meaning = Bilingual(zh="没有任何改变。", en="Nothing was changed.")
    action = Bilingual(zh="请输入更多位编号。", en="Give more characters of the id.")

    def __init__(self, detail: str, matches: tuple[str, ...] = ()) -> None:
        super().__init__(detail)
        self.matches = matches


class CatalogGap(StorageError):  # noqa: N818 - named for the defect
    """Entries were offered to the catalog that do not follow the last one it knows."""

    code = "CATALOG_GAP"
    meaning = Bilingual(
        zh="目录未改变；证据与日志不受影响。",
        en="The catalog is unchanged; evidence and log are not affected.",
    )
    action = Bilingual(zh="运行 evd catalog rebuild。", en="Run evd catalog rebuild.")
