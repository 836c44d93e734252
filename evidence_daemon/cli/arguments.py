"""Arguments and options that several commands take."""

import os
import re

import click

from evidence_daemon.cli.language import say

_ID = re.compile(r"[0-9a-f]{1,32}", re.ASCII)


def hexadecimal_id(context: click.Context, parameter: click.Parameter, value: str) -> str:
    """An id or its beginning, in lower case."""
    text = value.lower()
    if not _ID.fullmatch(text):
        wrong = f"{text[:80]!r} is not an id: up to 32 hexadecimal digits"
        raise click.BadParameter(wrong, context, parameter)
    return text


def recording_ids(
    context: click.Context, parameter: click.Parameter, values: tuple[str, ...]
) -> list[str]:
    """Ids of recordings, each once."""
    return list(dict.fromkeys(hexadecimal_id(context, parameter, value) for value in values))


def absolute_path(context: click.Context, parameter: click.Parameter, value: str) -> str:
    """A path made absolute here: whoever serves the archive works in another folder."""
    path = os.path.abspath(value)
    try:
        path.encode("utf-8")
    except UnicodeEncodeError as error:
        wrong = "the path is not UTF-8; name the folder above it"
        raise click.BadParameter(wrong, context, parameter) from error
    return path


def absolute_paths(
    context: click.Context, parameter: click.Parameter, values: tuple[str, ...]
) -> list[str]:
    """Several paths made absolute, each once."""
    return list(dict.fromkeys(absolute_path(context, parameter, value) for value in values))


recording_argument = click.argument(
    "recording",
    metavar="ID",
    callback=hexadecimal_id,
    help=say(zh="录像编号，或其唯一的开头。", en="A recording's id, or a unique beginning of it."),
)
recording_argument_or_none = click.argument(
    "recording",
    metavar="[ID]",
    required=False,
    callback=lambda context, parameter, value: (
        None if value is None else hexadecimal_id(context, parameter, value)
    ),
    help=say(zh="录像编号，或其唯一的开头。", en="A recording's id, or a unique beginning of it."),
)
officer_option = click.option(
    "--officer", metavar="ID", help=say(zh="执法人员，如已知。", en="The officer, where known.")
)
recorder_option = click.option(
    "--recorder",
    metavar="ID",
    help=say(
        zh="记录仪编号；不给出时由证据推断。",
        en="The recorder; found from the evidence when not given.",
    ),
)
