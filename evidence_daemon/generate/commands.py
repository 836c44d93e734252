"""``docs/commands.md``: every command with its arguments and options."""

from collections.abc import Iterator, Sequence

import click

from evidence_daemon.cli.frame import GlobalOption
from evidence_daemon.cli.main import root_command
from evidence_daemon.generate.markdown import NOTICE, code, table

_HEAD = f"""\
{NOTICE}

# Commands

Data goes to standard output, messages and progress to standard error. The options below
may stand before or after any command.
"""


def page() -> str:
    """The whole page."""
    root = root_command()
    context = click.Context(root, info_name="evd")
    shared = [option for option in root.params if isinstance(option, GlobalOption)]
    parts = [f"{_HEAD}\n{_options(context, shared)}"]
    parts += [_command(leaf) for leaf in _leaves(context)]
    return "\n".join(parts)


def _leaves(context: click.Context) -> Iterator[click.Context]:
    command = context.command
    if not isinstance(command, click.Group):
        yield context
        return
    for name in command.list_commands(context):
        child = command.get_command(context, name)
        assert child is not None
        yield from _leaves(click.Context(child, info_name=name, parent=context))


def _command(context: click.Context) -> str:
    command = context.command
    usage = " ".join([context.command_path, *command.collect_usage_pieces(context)])
    own = [option for option in command.params if not isinstance(option, GlobalOption)]
    options = _options(context, own)
    return (
        "\n".join(
            [f"## `{context.command_path}`\n", f"{_help(command)}\n", f"    {usage}\n", options]
        ).rstrip("\n")
        + "\n"
    )


def _help(command: click.Command) -> str:
    """The help without the mark that tells a terminal not to wrap a paragraph."""
    return (command.help or "").replace("\b\n", "")


def _options(context: click.Context, parameters: Sequence[click.Parameter]) -> str:
    records = [parameter.get_help_record(context) for parameter in parameters]
    rows = [(code(record[0]), record[1]) for record in records if record]
    return table(("Option", "Meaning"), rows) if rows else ""
