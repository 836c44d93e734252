"""How every command of ``evd`` looks: global options anywhere, help in two languages.

:class:`Command` and :class:`Group` stand in for click's. They accept ``--config``,
``--json`` and ``--lang`` wherever they are written, and head their help in the language in
force. :class:`LazyGroup` lists commands without importing them.
"""

from collections.abc import Mapping
from importlib import import_module
from pathlib import Path
from typing import Any

import click

from evidence_daemon.cli import language
from evidence_daemon.cli.invocation import Invocation
from evidence_daemon.cli.language import say
from evidence_daemon.cli.registry import Entry


def _set_config(context: click.Context, _: click.Parameter, value: Path | None) -> None:
    if value is not None:
        context.ensure_object(Invocation).config_file = value


def _set_json(context: click.Context, _: click.Parameter, value: bool) -> None:
    if value:
        context.ensure_object(Invocation).as_json = True


def _set_language(_: click.Context, __: click.Parameter, value: str | None) -> None:
    if value is not None:
        language.use(value)


class GlobalOption(click.Option):
    """An option of the whole program, which every command takes."""


def _global_options() -> list[click.Parameter]:
    return [
        GlobalOption(
            ["--config"],
            type=click.Path(path_type=Path),
            metavar="FILE",
            expose_value=False,
            callback=_set_config,
            help=say(zh="配置文件。", en="Configuration file."),
        ),
        GlobalOption(
            ["--json"],
            is_flag=True,
            expose_value=False,
            callback=_set_json,
            help=say(zh="以 JSON 行输出数据。", en="Write data as JSON lines."),
        ),
        GlobalOption(
            ["--lang"],
            type=click.Choice(language.LANGUAGES),
            expose_value=False,
            callback=_set_language,
            help=say(zh="界面语言。", en="Language of messages."),
        ),
    ]


class Command(click.Command):
    """A command that takes the global options and helps in the language in force."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.params += _global_options()

    def get_help_option(self, ctx: click.Context) -> click.Option | None:
        """The ``--help`` option."""
        option = super().get_help_option(ctx)
        if option is not None:
            option.help = say(zh="显示本帮助。", en="Show this help.")
        return option

    def format_usage(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the usage line."""
        pieces = " ".join(self.collect_usage_pieces(ctx))
        formatter.write_usage(ctx.command_path, pieces, prefix=say(zh="用法：", en="Usage: "))

    def format_arguments(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write what each argument means."""
        self._write_records(ctx, formatter, say(zh="参数", en="Arguments"), click.Argument)

    def format_options(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write what each option means."""
        self._write_records(ctx, formatter, say(zh="选项", en="Options"), click.Option)

    def _write_records(
        self,
        ctx: click.Context,
        formatter: click.HelpFormatter,
        heading: str,
        kind: type[click.Parameter],
    ) -> None:
        found = (each for each in self.get_params(ctx) if isinstance(each, kind))
        records = [record for each in found if (record := each.get_help_record(ctx)) is not None]
        if records:
            with formatter.section(heading):
                formatter.write_dl(records)


class Group(Command, click.Group):
    """A command with commands of its own."""

    command_class = Command

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, no_args_is_help=False, **kwargs)

    def format_options(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the options, then the commands."""
        super().format_options(ctx, formatter)
        self.format_commands(ctx, formatter)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write one line for each command."""
        with formatter.section(say(zh="命令", en="Commands")):
            formatter.write_dl(self.summaries(ctx))

    def summaries(self, ctx: click.Context) -> list[tuple[str, str]]:
        """Name and one line of help of each command."""
        found = ((name, self.get_command(ctx, name)) for name in self.list_commands(ctx))
        return [(name, command.get_short_help_str(200)) for name, command in found if command]


class LazyGroup(Group):
    """A group whose commands are imported when they are called.

    Args:
        registry: The commands by name, in the order in which help lists them.
    """

    def __init__(self, *args: Any, registry: Mapping[str, Entry], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.registry = registry

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002
        """The names of all commands."""
        return list(self.registry)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002
        """Import a command."""
        entry = self.registry.get(cmd_name)
        if entry is None:
            return None
        command = import_module(entry.module).command
        assert isinstance(command, click.Command)
        return command

    def summaries(self, ctx: click.Context) -> list[tuple[str, str]]:  # noqa: ARG002
        """Name and one line of help of each command, from the registry alone."""
        return [
            (name, entry.summary.in_language(language.current()))
            for name, entry in self.registry.items()
        ]
