"""The sections of who vouches for the log: witnesses, authorities, and what is trusted."""

from typing import Annotated, Literal

from pydantic import Field

from evidence_daemon.config.section import Section
from evidence_daemon.config.types import (
    AbsolutePath,
    HttpAddress,
    ListenAddress,
    LogKeyText,
    NamePart,
    ObjectIdentifier,
    ShortName,
    VerifierKeyText,
    WitnessKeyText,
)
from hashing.errors import Bilingual


class WitnessesSection(Section):
    """One ``[[witnesses]]`` table."""

    words = Bilingual(
        zh="见证方（C2SP tlog-witness）：它们确认日志只增不改；送出的只有检查点与证明。",
        en="Witnesses (C2SP tlog-witness): they confirm that the log only grows; what leaves is "
        "the checkpoint and a proof.",
    )

    name: Annotated[NamePart, Bilingual(zh="在命令中的名称。", en="What commands call it.")]
    vkey: Annotated[
        WitnessKeyText,
        Bilingual(
            zh="其验证密钥，由对方 evd log witness init 打印。",
            en="Its verifier key, as evd log witness init prints it there.",
        ),
    ]
    url: Annotated[
        HttpAddress | None,
        Bilingual(
            zh="其地址；留空则用文件传递（evd log witness request）。它若称知道更长的日志，"
            "本站即停止签名，故须是可信的网络或 https。",
            en="Its address; without one, files are carried (evd log witness request). This "
            "station signs nothing more once it says that it knows a longer log, so let the "
            "network be trusted, or use https.",
        ),
    ] = None
    timeout_s: Annotated[
        float,
        Field(ge=1, le=600),
        Bilingual(
            zh="多少秒没有答复即放弃，稍后再试。",
            en="Seconds without an answer after which it is tried again later.",
        ),
    ] = 10.0


class WitnessSection(Section):
    """``[witness]``."""

    words = Bilingual(
        zh="为别的采集站作见证；密钥用 evd log witness init 生成。",
        en="Being a witness of other stations; evd log witness init makes the key.",
    )

    listen: Annotated[
        ListenAddress | None,
        Bilingual(
            zh="在此地址应答见证请求；留空则不应答。",
            en="Where requests of other logs are answered; nowhere when absent.",
        ),
    ] = None
    logs: Annotated[
        tuple[LogKeyText, ...],
        Bilingual(
            zh="为哪些日志作见证：它们的验证密钥。",
            en="Which logs are witnessed: their verifier keys.",
        ),
    ] = ()


class VerifySection(Section):
    """``[verify]``."""

    words = Bilingual(zh="校验以什么为准。", en="What verification trusts.")

    key: Annotated[
        VerifierKeyText | None,
        Bilingual(
            zh="锁定的验证密钥；没有它，校验只能说明自身一致。",
            en="The pinned verifier key; without it a verdict is only self-consistent.",
        ),
    ] = None
    policy: Annotated[
        AbsolutePath | None,
        Bilingual(
            zh="信任策略文件（C2SP tlog-policy）：认可的日志密钥、见证方与所需数量。",
            en="A trust policy file (C2SP tlog-policy): accepted log keys, witnesses, quorum.",
        ),
    ] = None


class TimestampsSection(Section):
    """One ``[[timestamps]]`` table."""

    words = Bilingual(
        zh="时间戳机构（RFC 3161）：由它们证明条目最迟何时已存在；送出的只有摘要。",
        en="Time-stamping authorities (RFC 3161): they say by when entries existed; only a digest "
        "leaves.",
    )

    name: Annotated[
        ShortName,
        Bilingual(
            zh="机构的短名；其时间戳以此名存放，请勿改用于别的机构。",
            en="The authority's short name; its tokens are filed under it, so never give it to "
            "another.",
        ),
    ]
    url: Annotated[HttpAddress, Bilingual(zh="机构的地址。", en="Where it is asked.")]
    roots: Annotated[
        AbsolutePath | None,
        Bilingual(
            zh="机构根证书（PEM），另行取得；没有它只能核对摘要，不能核对签名。",
            en="The authority's root certificates in PEM, obtained elsewhere; without them only "
            "the digest is checked, not the signature.",
        ),
    ] = None
    digest: Annotated[
        Literal["sha256", "sha384", "sha512", "sm3"],
        Bilingual(zh="送出的摘要算法。", en="The digest that is sent."),
    ] = "sha256"
    policy: Annotated[
        ObjectIdentifier | None,
        Bilingual(
            zh="要求的策略；留空由机构决定。",
            en="The policy asked for; the authority's own if absent.",
        ),
    ] = None
    timeout_s: Annotated[
        float,
        Field(ge=1, le=600),
        Bilingual(
            zh="多少秒没有得到完整答复即放弃，稍后再试。",
            en="Seconds for the whole answer; after them it is given up and tried again later.",
        ),
    ] = 30.0


class AnchoringSection(Section):
    """``[anchoring]``."""

    words = Bilingual(
        zh="何时请求时间戳；离线时排队，从不妨碍采集。",
        en="When tokens are asked for; they queue while offline and never hold up intake.",
    )

    after_each_shift: Annotated[
        bool,
        Bilingual(
            zh="最后一台记录仪取下并安静一段时间后即请求。",
            en="Ask when the last docked recorder has been quiet for a while.",
        ),
    ] = True
    quiet_min: Annotated[
        float,
        Field(ge=0, le=1440),
        Bilingual(
            zh="多少分钟没有插入记录仪视为交接班结束。",
            en="Minutes without a docked recorder after which a shift has ended.",
        ),
    ] = 15.0
    every_h: Annotated[
        float,
        Field(ge=0.1, le=8760),
        Bilingual(
            zh="有条目尚无时间戳时，至迟多少小时请求一次。",
            en="Hours after which an entry that has no token is the reason to ask, at the latest.",
        ),
    ] = 6.0
    alarm_h: Annotated[
        float,
        Field(ge=0.1, le=8760),
        Bilingual(
            zh="条目超过多少小时没有时间戳即报警。",
            en="Hours without a token after which an alarm is logged.",
        ),
    ] = 24.0
    renew_days: Annotated[
        float,
        Field(ge=0, le=3650),
        Bilingual(
            zh="时间戳证书到期前多少天续期。",
            en="Days before the end of a token's certificate at which its proof is renewed.",
        ),
    ] = 90.0
