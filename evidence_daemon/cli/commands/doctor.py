"""``evd doctor``: whether the station can do its work, and what to do where it cannot."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

import click

from evidence_daemon.cli.frame import Command
from evidence_daemon.cli.help import by_example
from evidence_daemon.cli.invocation import Invocation, pass_invocation
from evidence_daemon.cli.language import current, say
from evidence_daemon.errors import ConfigError
from hashing.errors import Bilingual

if TYPE_CHECKING:
    from evidence_daemon.doctor.observation import Observation


@click.command(
    "doctor",
    cls=Command,
    help=by_example(
        "evd doctor",
        zh="检查配置、档案库、磁盘、密钥、日志、目录、空间、时钟、ffmpeg、服务和附加存储，"
        "逐项说明结果与办法。不改变任何内容；有一项失败即以非零码退出。",
        en="Look at configuration, archive, disk, keys, log, catalog, space, clock, ffmpeg, "
        "service and further stores, and say what to do. Nothing is changed; one failure is "
        "enough for an exit code that is not zero.",
    ),
)
@pass_invocation
def command(invocation: Invocation) -> int:
    """Examine the station."""
    from evidence_daemon.doctor.observation import Level, StationUnfit

    counted = dict.fromkeys(Level, 0)
    for observation in _examined(invocation):
        counted[observation.level] += 1
        invocation.output.data(_record(observation), _words(observation))
    failures, warnings = counted[Level.FAIL], counted[Level.WARN]
    summary = {
        "type": "summary",
        "ok": failures == 0,
        "failures": failures,
        "warnings": warnings,
    }
    conclusion = say(
        zh=f"{failures} 项失败，{warnings} 项需注意。",
        en=f"{failures} failed, {warnings} need a look.",
    )
    invocation.output.data(summary, conclusion)
    return StationUnfit.exit_code if failures else 0


def _examined(invocation: Invocation) -> "Iterator[Observation]":
    from evidence_daemon.doctor.archive import examine_archive
    from evidence_daemon.doctor.machine import examine_machine
    from evidence_daemon.doctor.observation import fail, ok
    from evidence_daemon.doctor.stores import examine_stores
    from evidence_daemon.doctor.timestamps import examine_timestamps
    from evidence_daemon.doctor.witnesses import examine_witnesses

    try:
        loaded = invocation.load_config()
    except ConfigError as error:
        words = Bilingual(zh=f"配置无法使用：{error.detail}", en=error.detail)
        yield fail("config", words, error.action)
        return
    zh, en = (str(loaded.file),) * 2 if loaded.file else ("仅默认值", "defaults only")
    yield ok("config", zh=f"配置有效（{zh}）。", en=f"The configuration is valid ({en}).")
    yield from examine_archive(loaded.config)
    yield from examine_machine(loaded.config)
    yield from examine_stores(loaded.config)
    yield from examine_timestamps(loaded.config)
    yield from examine_witnesses(loaded.config)


def _record(observation: "Observation") -> dict[str, object]:
    action = observation.action
    return {
        "type": "observation",
        "name": observation.name,
        "level": observation.level.value,
        "words": {"zh": observation.words.zh, "en": observation.words.en},
        "action": None if action is None else {"zh": action.zh, "en": action.en},
    }


def _words(observation: "Observation") -> str:
    words = observation.words.in_language(current())
    text = f"[{observation.level.upper()}] {observation.name}: {words}"
    if observation.action is not None:
        text += f" → {observation.action.in_language(current())}"
    return text
