"""``docs/errors.md``: every error with its exit code, meaning and remedy, in both languages."""

import pkgutil
from collections.abc import Iterator
from importlib import import_module

from evidence_daemon.cli.boundary import BROKEN_PIPE, INTERRUPTED
from evidence_daemon.generate.markdown import NOTICE, code, table
from hashing.errors import EvidenceError

_PACKAGES = ("hashing", "drivers", "archive", "evidence_daemon")

_SCRIPTS = {"__main__", "migrations"}
"""Modules that do something when they are imported, and define no errors."""

_HEAD = f"""\
{NOTICE}

# 错误与退出码 / Errors and exit codes

Every error has a stable code, an exit code, and says what it means for the evidence and
what to do. With `--json` it is the last line: `{{"type": "error", "code": …, "exit_code": …,
"detail": …, "meaning": {{"zh": …, "en": …}}, "action": {{"zh": …, "en": …}}}}`.

| | |
| --- | --- |
| 0 | 成功 fine |
| 2 | 用法错误 usage |
| 3–99 | 错误 errors: 10–19, 30–39 integrity · 40–49 recorder · 50–59 storage · 60–69 policy · \
70–79 access · 80–89 configuration · 90–99 service |
| 100–127 | 警告 warnings |
| {INTERRUPTED} | 被中断 interrupted |
| {BROKEN_PIPE} | 输出被读者关闭 the reader of the output went away |
"""


def page() -> str:
    """The whole page."""
    classes = sorted(error_classes(), key=lambda kind: (kind.exit_code, kind.code))
    english = table(
        ("Exit", "Code", "What happened", "For the evidence", "What to do"),
        ((str(k.exit_code), code(k.code), _summary(k), k.meaning.en, k.action.en) for k in classes),
    )
    chinese = table(
        ("退出码", "代码", "对证据的影响", "下一步"),
        ((str(k.exit_code), code(k.code), k.meaning.zh, k.action.zh) for k in classes),
    )
    return f"{_HEAD}\n## 中文\n\n{chinese}\n## English\n\n{english}"


def error_classes() -> Iterator[type[EvidenceError]]:
    """Every class of the tree that has a code of its own, from all modules of the program."""
    for package in _PACKAGES:
        root = import_module(package)
        for module in pkgutil.walk_packages(root.__path__, f"{package}."):
            if not _SCRIPTS & set(module.name.split(".")):
                import_module(module.name)
    yield from filter(_is_ours, _below(EvidenceError))


def _is_ours(kind: type[EvidenceError]) -> bool:
    """Whether a class has a code of its own and belongs to the program, not to a test."""
    return "code" in vars(kind) and kind.__module__.split(".")[0] in _PACKAGES


def _below(kind: type[EvidenceError]) -> Iterator[type[EvidenceError]]:
    yield kind
    for child in kind.__subclasses__():
        yield from _below(child)


def _summary(kind: type[EvidenceError]) -> str:
    return (kind.__doc__ or "").strip().split("\n\n")[0]
