"""What can be wrong beside the log itself."""

from hashing.errors import Bilingual, EvidenceError, IntegrityError, SignatureInvalid


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


class Stamped(EvidenceError):  # noqa: N818 - named for the event
    """A time-stamping authority vouches for the time of entries."""

    code = "STAMPED"
    exit_code = 0
    meaning = Bilingual(
        zh="所示条目至迟在该时间已存在，无论采集站的时钟或密钥如何。",
        en="The entries shown existed by that time, whatever the station's clock or key.",
    )
    action = Bilingual(
        zh="保留时间戳文件与机构的根证书。", en="Keep the token's file and the authority's roots."
    )


class TimestampExpired(EvidenceError):  # noqa: N818 - named for the state
    """The certificate of a token has ended, and no later token renewed its proof in time."""

    code = "TIMESTAMP_EXPIRED"
    exit_code = 104
    meaning = Bilingual(
        zh="该时间戳在其签发时有效；证书到期后，没有后续时间戳证明它当时已存在。",
        en="The token was valid when it was issued; since its certificate has ended, no later "
        "token shows that it existed before that.",
    )
    action = Bilingual(
        zh="运行 evd log stamp 取得新的时间戳；保留外部副本。",
        en="Have a new token with evd log stamp; keep copies elsewhere.",
    )


class QuorumNotReached(SignatureInvalid):
    """No checkpoint of the log carries the cosignatures that the policy asks for."""

    code = "QUORUM_NOT_REACHED"
    meaning = Bilingual(
        zh="没有足够的见证方确认过这段历史；采集站可能向不同的人出示不同的日志。",
        en="Too few witnesses have confirmed this history; the station may show different logs "
        "to different people.",
    )
    action = Bilingual(
        zh="核对策略文件与见证方；向采集站索取带有见证签名的检查点。",
        en="Check the policy and its witnesses; ask the station for a cosigned checkpoint.",
    )


class Witnessed(EvidenceError):  # noqa: N818 - named for the event
    """A witness has cosigned a checkpoint of the log."""

    code = "WITNESSED"
    exit_code = 0
    meaning = Bilingual(
        zh="该见证方在所示时间之前已见过这段历史，此后的改写会与之矛盾。",
        en="This witness had seen the history by the time shown; rewriting it later would "
        "contradict what it signed.",
    )
    action = Bilingual(zh="保留带有见证签名的检查点。", en="Keep the cosigned checkpoint.")


class BagMismatch(IntegrityError):  # noqa: N818 - named for the defect
    """A package holds something that its manifests or its index do not say, or not so."""

    code = "BAG_MISMATCH"
    exit_code = 12
    meaning = Bilingual(
        zh="数据包不是导出时的样子；未被清单点名的文件不是证据。",
        en="The package is not as it was exported; a file that no manifest names is no evidence.",
    )
    action = Bilingual(
        zh="向出具方索取完整的数据包；保留收到的这一份。",
        en="Ask whoever gave the package for a whole one; keep the one you have.",
    )
