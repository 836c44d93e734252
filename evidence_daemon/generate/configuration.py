"""``docs/configuration.md``: every setting, in both languages."""

from evidence_daemon.config.describe import SectionInfo, Setting, sections
from evidence_daemon.config.load import SYSTEM_FILE
from evidence_daemon.config.sources import RESERVED_VARIABLES
from evidence_daemon.generate.markdown import NOTICE, code, table

_HEAD = f"""\
{NOTICE}

# 配置 / Configuration

The file is TOML. It is the one named with `--config`, else by `EVD_CONFIG`, else
`{SYSTEM_FILE}` where that exists; the working folder
is not searched, because it may be a recorder's card. A value is taken from an option of the
command, else from the environment, else from the file, else it is the default. A relative
path in the file starts at the file's folder, one in the environment or an option at the
working folder. Lists in the environment are JSON. An unknown name or a value that is not
allowed stops the program with `CONFIG_INVALID`; `evd config check` names every mistake with
its place, and `evd config show --origin` says where each value in force comes from.

配置文件为 TOML 格式：由 `--config` 指定，否则由 `EVD_CONFIG` 指定，否则为
`{SYSTEM_FILE}`（如存在）；不搜索当前文件夹，因为它可能是记录仪的存储卡。
取值优先级：命令选项、环境变量、文件、默认值。文件中的相对路径以该文件所在文件夹为准，
环境变量和选项中的以当前文件夹为准；环境变量中的列表写作 JSON。
未知的名称或不允许的值会以 `CONFIG_INVALID` 停止程序；`evd config check` 逐一指出错误及其位置，
`evd config show --origin` 显示每个生效值的来源。

Not settings, but read from the environment / 不是设置但会读取的环境变量：
{", ".join(code(name) for name in sorted(RESERVED_VARIABLES))}.
"""


def page() -> str:
    """The whole page."""
    return "\n".join([_HEAD, *map(_section, sections())])


def _section(section: SectionInfo) -> str:
    title = f"[[{section.name}]]" if section.repeated else f"[{section.name}]"
    rows = map(_row, section.settings)
    headings = ("设置 Setting", "默认 Default", "允许 Allowed", "含义 Meaning")
    variables = f"`{section.settings[0].variable}` holds the whole list as JSON.\n\n"
    return (
        f"## `{title}`\n\n{section.words.zh} {section.words.en}\n\n"
        f"{variables if section.repeated else ''}{table(headings, rows)}"
    )


def _row(setting: Setting) -> tuple[str, str, str, str]:
    default = "必填 required" if setting.required else code(setting.default) or "–"
    name = f"{code(setting.name)}<br>{code(setting.variable)}"
    return (
        name,
        default,
        f"{setting.allowed.zh}<br>{setting.allowed.en}",
        f"{setting.words.zh}<br>{setting.words.en}",
    )
