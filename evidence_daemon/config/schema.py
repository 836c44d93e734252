"""The settings: one model per section, frozen, closed against unknown keys.

Names carry units. The words beside each field are its documentation in both languages;
``config.example.toml`` and ``docs/configuration.md`` are generated from them.
"""

from pathlib import Path
from typing import Annotated, ClassVar, Literal, LiteralString, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator
from pydantic_core import PydanticCustomError
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict

from evidence_daemon.config.shape import Key
from evidence_daemon.config.types import (
    AbsolutePath,
    HttpAddress,
    ListenAddress,
    LogKeyText,
    NamePart,
    ObjectIdentifier,
    ShortName,
    SocketPath,
    VerifierKeyText,
    WitnessKeyText,
    ZoneName,
)
from hashing.errors import Bilingual

ENV_PREFIX = "EVD_"
ENV_DELIMITER = "__"
_MIB = 1 << 20
_GIB = 1 << 30
_STATE_DIRECTORY = Path("/var/lib/evidence-daemon")


class Section(BaseModel):
    """A table of the configuration file."""

    model_config = ConfigDict(
        extra="forbid", frozen=True, validate_default=True, allow_inf_nan=False
    )

    words: ClassVar[Bilingual]


class ArchiveSection(Section):
    """``[archive]``."""

    words = Bilingual(
        zh="档案库：证据所在之处，以及谁在为它签名。",
        en="The archive: where evidence lies, and who signs for it.",
    )

    directory: Annotated[
        AbsolutePath,
        Bilingual(zh="档案库文件夹，须在本地磁盘上。", en="The archive's folder, on a local disk."),
    ] = _STATE_DIRECTORY / "archive"
    keys_directory: Annotated[
        AbsolutePath,
        Bilingual(
            zh="签名密钥所在的文件夹；不得位于档案库内。",
            en="Folder of the signing keys; never inside the archive.",
        ),
    ] = _STATE_DIRECTORY / "keys"
    state_file: Annotated[
        AbsolutePath,
        Bilingual(
            zh="既非证据又无法推导的状态（任务等）。",
            en="State that is neither evidence nor derivable (jobs and the like).",
        ),
    ] = _STATE_DIRECTORY / "state.sqlite"
    organisation: Annotated[
        NamePart,
        Bilingual(
            zh="单位名称，日志来源名的第一部分；evd init 之后不再改变。",
            en="The organisation, first part of the log's origin; fixed by evd init.",
        ),
    ] = "local"
    station: Annotated[
        NamePart,
        Bilingual(
            zh="采集站名称，日志来源名的第二部分；evd init 之后不再改变。",
            en="The station, second part of the log's origin; fixed by evd init.",
        ),
    ] = "station-1"
    sm3: Annotated[
        bool,
        Bilingual(
            zh="除 SHA-256 外，同一次读取中还计算 SM3。",
            en="Compute SM3 beside SHA-256, in the same pass over the bytes.",
        ),
    ] = True
    read_back: Annotated[
        bool,
        Bilingual(
            zh="写入后从磁盘（而非缓存）读回并比对，然后才登记。",
            en="Read every copy back from the disk, not the cache, and log it only if it is equal.",
        ),
    ] = True
    evict_after_days: Annotated[
        float | None,
        Field(ge=1, le=36500),
        Bilingual(
            zh="在所有“必需”附加存储中存放多少天后移除本地副本；留空则永不移除。",
            en="Days a copy must have lain in every required store before the local one is let "
            "go; never when absent.",
        ),
    ] = None


class StationSection(Section):
    """``[station]``."""

    words = Bilingual(
        zh="采集站：如何发现并读取插入的记录仪。",
        en="The station: how docked recorders are found and read.",
    )

    timezone: Annotated[
        ZoneName,
        Bilingual(
            zh="解读文件名和记录仪时钟中的时间数字所用的时区。",
            en="Zone in which the digits of file names and recorder clocks are read.",
        ),
    ] = "Asia/Shanghai"
    drop_folders: Annotated[
        tuple[AbsolutePath, ...],
        Bilingual(
            zh="投放文件夹：其中每个子文件夹视为一台已插入的记录仪。",
            en="Drop folders: each folder inside one is taken as a docked recorder.",
        ),
    ] = ()
    rescan_s: Annotated[
        float,
        Field(ge=1, le=3600),
        Bilingual(
            zh="每隔多少秒重新扫描；事件只是提示，扫描才是依据。",
            en="Seconds between scans; events are only hints, the scan is the truth.",
        ),
    ] = 10.0
    stable_s: Annotated[
        float,
        Field(ge=0, le=3600),
        Bilingual(
            zh="投放的文件夹在多少秒内没有变化才开始采集。",
            en="Seconds for which a dropped folder must not have changed before it is read.",
        ),
    ] = 5.0
    copies_per_controller: Annotated[
        int,
        Field(ge=1, le=64),
        Bilingual(
            zh="同一 USB 控制器上同时复制的记录仪数量上限；不经 USB 读取的文件夹不受此限。",
            en="Recorders copied at the same time on one USB controller, at most; folders that "
            "are read through none are not limited.",
        ),
    ] = 8
    workers: Annotated[
        int,
        Field(ge=1, le=512),
        Bilingual(
            zh="同时处理的记录仪数量上限。", en="Recorders served at the same time, at most."
        ),
    ] = 128
    reread_days: Annotated[
        float,
        Field(ge=0, le=36500),
        Bilingual(
            zh="仅凭元数据识别的文件，上次整读已过多少天则空闲时再整读一次；0 表示从不。",
            en="A known file is read whole again, in idle time, once so many days have gone since "
            "it last was; 0 means never.",
        ),
    ] = 30.0
    socket: Annotated[
        SocketPath,
        Bilingual(
            zh="服务监听的 Unix 套接字；其用户组成员可以连接。",
            en="Unix socket the service listens on; members of its group may connect.",
        ),
    ] = Path("/run/evidence-daemon/api.sock")


class RecordersSection(Section):
    """``[recorders]``."""

    words = Bilingual(zh="如何对待记录仪本身。", en="What is done to recorders themselves.")

    wipe: Annotated[
        Literal["never"],
        Bilingual(
            zh="是否清除记录仪上的文件；从不。",
            en="Whether files on a recorder are erased; they never are.",
        ),
    ] = "never"


class StoreSection(Section):
    """One ``[[stores]]`` table."""

    words = Bilingual(
        zh="附加存储：每件原件在本地归档后再复制到这里。",
        en="Further stores: every original is copied there once it is archived locally.",
    )

    name: Annotated[NamePart, Bilingual(zh="存储名称。", en="The store's name.")]
    kind: Annotated[
        Literal["directory"],
        Bilingual(
            zh="存储类型：文件夹，如已挂载的 NAS 共享。",
            en="Kind of store: a folder, such as a mounted NAS share.",
        ),
    ] = "directory"
    path: Annotated[
        AbsolutePath,
        Bilingual(
            zh="存储所在文件夹；其中须有 store.json 才会被使用。",
            en="The store's folder; used only while it holds its store.json.",
        ),
    ]
    deadline_s: Annotated[
        float,
        Field(ge=1, le=3600),
        Bilingual(
            zh="多少秒没有响应即视为不可用。",
            en="Seconds without an answer after which the store counts as unavailable.",
        ),
    ] = 30.0
    required: Annotated[
        bool,
        Bilingual(
            zh="在此存储有副本之前，不得移除本地副本。",
            en="The local copy is never let go before this store has one.",
        ),
    ] = False


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


class IntakeSection(Section):
    """``[intake]``."""

    words = Bilingual(
        zh="采集的资源界限；空间不足时停止采集，绝不删除。",
        en="Limits of intake; when space is short intake stops, nothing is ever deleted for room.",
    )

    minimum_free_bytes: Annotated[
        int,
        Field(ge=64 * _MIB, le=1 << 50),
        Bilingual(
            zh="档案磁盘剩余空间低于此值时停止采集。",
            en="Intake stops while the archive's disk has fewer free bytes than this.",
        ),
    ] = 2 * _GIB
    warning_h: Annotated[
        float,
        Field(ge=0, le=8760),
        Bilingual(
            zh="按近期速度预计多少小时内写满即开始警告。",
            en="Warn once the disk will be full within so many hours at the recent rate.",
        ),
    ] = 48.0
    buffer_pool_bytes: Annotated[
        int,
        Field(ge=8 * _MIB, le=64 * _MIB),
        Bilingual(
            zh="所有复制共用的缓冲区总量。", en="Size of the one buffer pool that all copies share."
        ),
    ] = 64 * _MIB


class FixitySection(Section):
    """``[fixity]``."""

    words = Bilingual(
        zh="定期重读已归档的原件；每一段都记入日志。",
        en="Reading stored originals again on a schedule; every stretch of it is logged.",
    )

    every_days: Annotated[
        float,
        Field(ge=0, le=3650),
        Bilingual(
            zh="每隔多少天开始新一轮；0 表示从不。",
            en="A new pass over everything begins every so many days; 0: never.",
        ),
    ] = 30.0
    mib_per_s: Annotated[
        float,
        Field(gt=0, le=100_000),
        Bilingual(
            zh="读取速度上限，MiB/秒；有记录仪在采集时暂停。",
            en="Read no faster than this, in MiB per second; reading pauses while a recorder "
            "is taken in.",
        ),
    ] = 50.0


class RulesSection(Section):
    """``[rules]``."""

    words = Bilingual(
        zh="规则文件：单位可自行替换的数据；其摘要记入日志。",
        en="Rule files: data a bureau may replace; their digests are logged.",
    )

    file_names: Annotated[
        AbsolutePath | None,
        Bilingual(
            zh="文件名语法；留空则使用内置语法。",
            en="Grammars of file names; the built-in ones when absent.",
        ),
    ] = None


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


class LoggingSection(Section):
    """``[logging]``."""

    words = Bilingual(
        zh="程序自身的运行日志（标准错误），与证据日志无关。",
        en="The program's own messages on standard error; not the evidence log.",
    )

    level: Annotated[
        Literal["debug", "info", "warning", "error"],
        Bilingual(zh="最低级别。", en="Lowest level that is written."),
    ] = "info"
    format: Annotated[
        Literal["auto", "json", "console"],
        Bilingual(
            zh="输出格式；auto：在 systemd 下为 JSON，否则为便于阅读的文本。",
            en="How lines are written; auto is JSON under systemd and readable text elsewhere.",
        ),
    ] = "auto"


class Config(BaseSettings):
    """Every setting of the program."""

    model_config = SettingsConfigDict(
        env_prefix=ENV_PREFIX,
        env_nested_delimiter=ENV_DELIMITER,
        extra="forbid",
        frozen=True,
        validate_default=True,
    )

    archive: ArchiveSection = ArchiveSection()
    station: StationSection = StationSection()
    recorders: RecordersSection = RecordersSection()
    stores: tuple[StoreSection, ...] = ()
    witnesses: tuple[WitnessesSection, ...] = ()
    witness: WitnessSection = WitnessSection()
    intake: IntakeSection = IntakeSection()
    fixity: FixitySection = FixitySection()
    rules: RulesSection = RulesSection()
    verify: VerifySection = VerifySection()
    timestamps: tuple[TimestampsSection, ...] = ()
    anchoring: AnchoringSection = AnchoringSection()
    logging: LoggingSection = LoggingSection()

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],  # noqa: ARG003 - the signature is pydantic's
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,  # noqa: ARG003
        dotenv_settings: PydanticBaseSettingsSource,  # noqa: ARG003
        file_secret_settings: PydanticBaseSettingsSource,  # noqa: ARG003
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Only what the loader hands over: it has merged the sources and knows their origins."""
        return (init_settings,)

    @model_validator(mode="after")
    def _places_apart(self) -> Self:
        outside: dict[Key, Path] = {
            ("archive", "keys_directory"): self.archive.keys_directory,
            ("archive", "state_file"): self.archive.state_file,
        }
        outside |= {("stores", index, "path"): s.path for index, s in enumerate(self.stores)}
        for key, path in outside.items():
            if path.is_relative_to(self.archive.directory):
                raise _conflict(key, "lies inside archive.directory")
        return self

    @model_validator(mode="after")
    def _stores_distinct(self) -> Self:
        for index, store in enumerate(self.stores):
            earlier = self.stores[:index]
            if any(store.name == other.name for other in earlier):
                raise _conflict(("stores", index, "name"), "is the name of another store")
            if any(store.path == other.path for other in earlier):
                raise _conflict(("stores", index, "path"), "is the path of another store")
        return self

    @model_validator(mode="after")
    def _witnesses_distinct(self) -> Self:
        for index, witness in enumerate(self.witnesses):
            earlier = self.witnesses[:index]
            if any(witness.name == other.name for other in earlier):
                raise _conflict(("witnesses", index, "name"), "is the name of another witness")
            if any(witness.vkey == other.vkey for other in earlier):
                raise _conflict(("witnesses", index, "vkey"), "is the key of another witness")
        return self

    @model_validator(mode="after")
    def _authorities_distinct(self) -> Self:
        names = [authority.name for authority in self.timestamps]
        for index, name in enumerate(names):
            if name in names[:index]:
                raise _conflict(("timestamps", index, "name"), "is the name of another authority")
        return self


def _conflict(key: Key, message: LiteralString) -> PydanticCustomError:
    """A mistake that only shows when settings are seen together, told at one of them."""
    return PydanticCustomError("conflict", message, {"key": key})
