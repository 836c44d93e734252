"""Errors of access, of configuration and of the running service.

Access is the archivist's business, configuration the administrator's, and the service
whoever runs the station. The rest of the tree stands in ``hashing.errors``,
``drivers.errors`` and ``archive.errors``.
"""

from hashing.errors import Bilingual, EvidenceError

_NOTHING_CHANGED = Bilingual(zh="没有任何改变。", en="Nothing was changed.")


class UsageError(EvidenceError):
    """What was asked is not something that can be asked."""

    code = "USAGE"
    exit_code = 2
    meaning = _NOTHING_CHANGED
    action = Bilingual(
        zh="用 --help 查看该命令的用法。", en="See how the command is used with --help."
    )


class InternalError(EvidenceError):
    """The program met a state it was not written for."""

    code = "INTERNAL"
    exit_code = 3
    meaning = Bilingual(
        zh="程序缺陷；已归档的证据由日志保护，未写成的内容不会被当作证据。",
        en="A defect of the program; archived evidence is guarded by its log, "
        "and what was not finished counts for nothing.",
    )
    action = Bilingual(
        zh="设置 EVD_DEBUG=1 重试并报告输出；可用 evd verify 确认档案库完好。",
        en="Try again with EVD_DEBUG=1 and report the output; evd verify confirms the archive.",
    )


class AccessError(EvidenceError):
    """Whoever asks may not have what they ask for."""

    code = "ACCESS_DENIED"
    exit_code = 70
    meaning = Bilingual(
        zh="请求被拒绝；没有读取或改变任何内容。",
        en="The request was refused; nothing was read or changed.",
    )
    action = Bilingual(
        zh="请管理员授予所需的权限。", en="Ask the administrator for the right you need."
    )


class PeerUnknown(AccessError):  # noqa: N818 - named for the state
    """A connection does not say which user it comes from."""

    code = "PEER_UNKNOWN"
    exit_code = 71
    action = Bilingual(
        zh="在本机通过服务的套接字连接。",
        en="Connect on this machine, through the service's socket.",
    )


class SocketForbidden(AccessError):  # noqa: N818 - named for the state
    """The service listens, but this user may not connect to it."""

    code = "SOCKET_FORBIDDEN"
    exit_code = 72
    action = Bilingual(
        zh="请管理员将您加入服务套接字所属的用户组。",
        en="Ask the administrator to add you to the group that owns the service's socket.",
    )


class ConfigError(EvidenceError):
    """The configuration cannot be used."""

    code = "CONFIG"
    exit_code = 80
    meaning = Bilingual(
        zh="程序未启动；没有任何改变。", en="The program did not start; nothing was changed."
    )
    action = Bilingual(
        zh="改正设置；可用 evd config check 检查。",
        en="Correct the setting; evd config check tells whether it is right.",
    )


class ConfigNotFound(ConfigError):  # noqa: N818 - named for the state
    """The configuration file that was named is not there."""

    code = "CONFIG_NOT_FOUND"
    exit_code = 81
    action = Bilingual(
        zh="检查 --config 或 EVD_CONFIG，或用 evd init 新建。",
        en="Check --config or EVD_CONFIG, or make one with evd init.",
    )


class ConfigUnreadable(ConfigError):  # noqa: N818 - named for the defect
    """The configuration file cannot be read, or is not TOML."""

    code = "CONFIG_UNREADABLE"
    exit_code = 82


class ServiceError(EvidenceError):
    """The running service did not do what was asked of it."""

    code = "SERVICE"
    exit_code = 90
    action = Bilingual(
        zh="运行 evd doctor，并查看服务日志。", en="Run evd doctor and read the service's log."
    )


class ServiceNotRunning(ServiceError):  # noqa: N818 - named for the state
    """Nobody serves this archive, and this user may not open it without a service."""

    code = "SERVICE_NOT_RUNNING"
    exit_code = 91
    meaning = _NOTHING_CHANGED
    action = Bilingual(
        zh="启动 evidence-station 服务，或以档案库所有者的身份运行。",
        en="Start the evidence-station service, or run as the user who owns the archive.",
    )


class ServiceAlreadyRunning(ServiceError):  # noqa: N818 - named for the state
    """Another process already listens where the service would."""

    code = "SERVICE_ALREADY_RUNNING"
    exit_code = 92
    meaning = Bilingual(
        zh="本进程未启动；正在运行的服务不受影响。",
        en="This process did not start; the running service is not affected.",
    )
    action = Bilingual(
        zh="使用正在运行的服务，或先将其停止。", en="Use the running service, or stop it first."
    )


class ServiceBroken(ServiceError):  # noqa: N818 - named for the defect
    """The service went away, fell silent, or gave an answer that cannot be understood."""

    code = "SERVICE_BROKEN"
    exit_code = 93
    meaning = Bilingual(
        zh="结果未知：服务可能已完成，也可能没有；已归档的证据由日志保护。",
        en="The outcome is unknown: the service may or may not have finished; "
        "archived evidence is guarded by its log.",
    )
