"""The process ``evd``."""

import os
import sys
from collections.abc import Sequence
from io import TextIOWrapper

import click

from evidence_daemon import __version__
from evidence_daemon.cli import language
from evidence_daemon.cli.boundary import guard
from evidence_daemon.cli.invocation import Invocation


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command.

    Args:
        argv: The words after the program's name; those of the process when absent.

    Returns:
        The exit code.
    """
    arguments = list(sys.argv[1:] if argv is None else argv)
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, TextIOWrapper):  # a terminal's encoding may not spell every name
            stream.reconfigure(errors="backslashreplace")
    language.use(language.choose(arguments, os.environ))
    invocation = Invocation(as_json="--json" in arguments)
    return guard(lambda: _invoke(arguments, invocation), invocation)


def _invoke(arguments: list[str], invocation: Invocation) -> int:
    root = root_command()
    with root.make_context("evd", arguments or ["--help"], obj=invocation) as context:
        result = root.invoke(context)
    return result if isinstance(result, int) else 0


def root_command() -> click.Group:
    """The tree of commands, in the language in force."""
    from evidence_daemon.cli.frame import LazyGroup
    from evidence_daemon.cli.registry import REGISTRY

    group = LazyGroup(
        "evd",
        registry=REGISTRY,
        help=language.say(
            zh="将执法记录仪的影像归档，任何人都可以验证其历史。",
            en="Archives footage from body cameras so that anyone can verify its history.",
        ),
    )
    version = click.version_option(
        __version__,
        message="evd %(version)s",
        help=language.say(zh="显示版本。", en="Show the version."),
    )
    return version(group)
