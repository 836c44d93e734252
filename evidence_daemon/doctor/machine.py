"""What the station needs of its machine: a clock, ffmpeg, rules, a service, its folders."""

import shutil
from collections.abc import Iterator

from archive.clock import clock_state
from drivers.errors import GrammarError
from evidence_daemon.api.listener import is_listening
from evidence_daemon.config.schema import Config
from evidence_daemon.doctor.observation import Observation, fail, ok, warn
from evidence_daemon.service.opening import grammars
from hashing.errors import Bilingual


def examine_machine(config: Config) -> Iterator[Observation]:
    """Look at everything that is neither archive nor store."""
    yield _clock()
    yield _ffmpeg()
    yield _rules(config)
    yield _service(config)
    yield from _drop_folders(config)


def _clock() -> Observation:
    state = clock_state()
    if state == "synchronised":
        return ok("clock", zh="时钟已同步。", en="The clock is synchronised.")
    words = Bilingual(zh="时钟未同步，或无法得知。", en=f"The clock is {state}.")
    if state == "unknown":
        words = Bilingual(
            zh="无法得知时钟是否同步。", en="Whether the clock is synchronised cannot be told."
        )
    action = Bilingual(
        zh="启用 NTP（如 systemd-timesyncd 或 chrony）；在此之前条目会注明时钟未同步。",
        en="Run an NTP client (systemd-timesyncd or chrony); until then entries say that the "
        "clock is not synchronised.",
    )
    return warn("clock", words, action)


def _ffmpeg() -> Observation:
    found = shutil.which("ffmpeg") or _bundled_ffmpeg()
    if found is not None:
        return ok("ffmpeg", zh=f"ffmpeg：{found}", en=f"ffmpeg: {found}")
    words = Bilingual(zh="没有 ffmpeg。", en="There is no ffmpeg.")
    action = Bilingual(
        zh="安装 ffmpeg；采集不需要它，预览和演示需要。",
        en="Install ffmpeg. Intake does not need it, previews and the demo do.",
    )
    return warn("ffmpeg", words, action)


def _bundled_ffmpeg() -> str | None:
    try:
        import imageio_ffmpeg

        return str(imageio_ffmpeg.get_ffmpeg_exe())
    except (ImportError, RuntimeError):
        return None


def _rules(config: Config) -> Observation:
    try:
        found = grammars(config)
    except GrammarError as error:
        words = Bilingual(
            zh=f"文件名规则无法使用：{error.detail}", en=f"The grammars fail: {error.detail}"
        )
        return fail("rules", words, error.action)
    where = config.rules.file_names or "built-in"
    return ok(
        "rules",
        zh=f"文件名规则可用（{where}，{found.sha256[:12]}）。",
        en=f"The file-name grammars can be used ({where}, {found.sha256[:12]}).",
    )


def _service(config: Config) -> Observation:
    socket = config.station.socket
    try:
        if is_listening(socket):
            return ok("service", zh=f"服务正在 {socket} 监听。", en=f"It listens on {socket}.")
    except OSError as error:
        words = Bilingual(
            zh=f"无法连接 {socket}：{error.strerror}",
            en=f"Cannot connect to {socket}: {error.strerror}",
        )
        action = Bilingual(
            zh="将本用户加入套接字所属的用户组。", en="Join the group that owns the socket."
        )
        return warn("service", words, action)
    words = Bilingual(zh=f"没有服务在 {socket} 监听。", en=f"Nobody listens on {socket}.")
    action = Bilingual(
        zh="用 evd station run（或 systemd 单元 evidence-station）启动；此前只有档案库所有者"
        "能使用 evd，也不会自动采集。",
        en="Start it with evd station run or the systemd unit evidence-station. Until then only "
        "the archive's owner can use evd, and nothing is taken in by itself.",
    )
    return warn("service", words, action)


def _drop_folders(config: Config) -> Iterator[Observation]:
    for folder in config.station.drop_folders:
        if folder.is_dir():
            yield ok("drop_folder", zh=f"投放文件夹 {folder} 存在。", en=f"{folder} is there.")
        else:
            words = Bilingual(
                zh=f"投放文件夹 {folder} 不存在。", en=f"The drop folder {folder} is not there."
            )
            action = Bilingual(
                zh="新建该文件夹，或从 station.drop_folders 中去掉。",
                en="Make it, or take it out of station.drop_folders.",
            )
            yield fail("drop_folder", words, action)
