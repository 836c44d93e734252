"""A commented configuration file, made from the schema.

Every setting stands in it with its meaning, what is allowed and its default. Settings that
are given a value are active, the others are commented out, so that the file says exactly
what was decided and a later default still applies to what was not.
"""

from collections.abc import Iterator, Mapping

from evidence_daemon.config.describe import SectionInfo, Setting, sections, toml_value
from evidence_daemon.config.shape import Key

_HEADER = """\
# evidence-daemon 的配置。每一项均显示其默认值；去掉行首的 # 并修改即可。
# Configuration of evidence-daemon. Every setting is shown with its default;
# take the # away to change one. Check with: evd config check
"""


def render(values: Mapping[Key, object] | None = None) -> str:
    """The text of a configuration file.

    Args:
        values: Settings that are given a value, by key; ``evd init`` gives its paths.
    """
    given = values or {}
    parts = [_HEADER]
    parts += ["\n".join(_section(section, given)) + "\n" for section in sections()]
    return "\n".join(parts)


def _section(section: SectionInfo, given: Mapping[Key, object]) -> Iterator[str]:
    yield f"# {section.words.zh}"
    yield f"# {section.words.en}"
    yield f"# [[{section.name}]]" if section.repeated else f"[{section.name}]"
    for setting in section.settings:
        yield ""
        yield f"# {setting.words.zh}（{setting.allowed.zh}）"
        yield f"# {setting.words.en} ({setting.allowed.en})"
        yield _assignment(setting, given.get((section.name, setting.name)))


def _assignment(setting: Setting, value: object) -> str:
    if value is not None:
        return f"{setting.name} = {toml_value(value)}"
    return f"# {setting.name} = {setting.default}".rstrip()
