"""The time-stamping authorities: how far their tokens reach, and whether their roots are there.

No authority is asked: that costs something at some of them, and says nothing of tomorrow.
"""

import os
from collections.abc import Iterator

from archive.catalog.catalog import Catalog
from archive.catalog.rows import AnchorRow
from archive.clock import now_us
from archive.errors import StorageError
from archive.layout import Layout
from evidence_daemon.config.schema import Config
from evidence_daemon.config.sections_proof import TimestampsSection
from evidence_daemon.doctor.observation import Observation, fail, ok, warn
from evidence_daemon.errors import ConfigError
from evidence_daemon.service.authorities import read_root_file
from hashing.entry import format_time
from hashing.errors import Bilingual

_HOUR_US = 3_600_000_000


def examine_timestamps(config: Config) -> Iterator[Observation]:
    """Look at every configured authority, as far as this user may."""
    layout = Layout(config.archive.directory)
    if not config.timestamps:
        yield _none()
    for section in config.timestamps:
        yield from _roots(section)
    if layout.catalog.is_file() and os.access(layout.catalog, os.R_OK):
        try:
            with Catalog.open(layout.catalog, read_only=True) as catalog:
                for section in config.timestamps:
                    latest = catalog.latest_anchor(section.name)
                    yield _reach(section, latest, catalog.log_size, config.anchoring.alarm_h)
        except StorageError:  # of a catalog that cannot be read its own observation tells
            return


def _none() -> Observation:
    words = Bilingual(
        zh="未配置时间戳机构：时间只是采集站自己的说法。",
        en="No time-stamping authority is configured: times are the station's own claim.",
    )
    action = Bilingual(
        zh="在配置中加入 [[timestamps]]。", en="Add [[timestamps]] to the configuration."
    )
    return warn("timestamps", words, action)


def _roots(section: TimestampsSection) -> Iterator[Observation]:
    try:
        roots = read_root_file(section)
    except ConfigError as error:
        words = Bilingual(
            zh=f"时间戳机构 {section.name} 的根证书无法读取：{error.detail}",
            en=f"The roots of authority {section.name}: {error.detail}",
        )
        yield fail("timestamps", words, error.action)
        return
    if not roots:
        words = Bilingual(
            zh=f"时间戳机构 {section.name} 未配置根证书，其签名不会被核对。",
            en=f"Authority {section.name} has no roots configured: its signatures are not checked.",
        )
        action = Bilingual(
            zh=f"从该机构另行取得根证书，设置 timestamps 中 {section.name} 的 roots。",
            en=f"Obtain its root certificates and set roots in the table of {section.name}.",
        )
        yield warn("timestamps", words, action)


def _reach(
    section: TimestampsSection, latest: AnchorRow | None, size: int, alarm_h: float
) -> Observation:
    """When the last token was had, and what waits for one."""
    if latest is None:
        words = Bilingual(
            zh=f"尚无 {section.name} 的时间戳；{size} 条在等待。",
            en=f"There is no token of {section.name} yet; {size} entries wait for one.",
        )
        action = Bilingual(
            zh="启动采集站，或运行 evd log stamp。", en="Start the station, or run evd log stamp."
        )
        return warn("timestamps", words, action)
    waiting = size - max(latest.size, latest.seq + 1)
    last = format_time(latest.time_us)
    words = Bilingual(
        zh=f"{section.name} 的最新时间戳为 {last}，覆盖前 {latest.size} 条；其后有 {waiting} 条。",
        en=f"The last token of {section.name} is of {last} over {latest.size} entries; "
        f"{waiting} came after it.",
    )
    if waiting <= 0 or now_us() - latest.time_us < alarm_h * _HOUR_US:
        return ok("timestamps", zh=words.zh, en=words.en)
    action = Bilingual(
        zh="查看网络与机构地址；可用 evd log stamp 立即请求。",
        en="See about the network and the address; evd log stamp asks at once.",
    )
    return warn("timestamps", words, action)
