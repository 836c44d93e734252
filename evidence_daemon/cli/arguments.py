"""Arguments that several commands take."""

import os
import re
from typing import Any

import click

from evidence_daemon.cli.language import say

_ID = re.compile(r"[0-9a-f]{1,32}", re.ASCII)


class RecordingId(click.ParamType):
    """A recording's id or its beginning."""

    name = "id"

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> str:
        """The id in lower case; anything but hexadecimal digits is wrong usage."""
        text = str(value).lower()
        if not _ID.fullmatch(text):
            self.fail(f"{text[:80]!r} is not a recording's id: up to 32 hexadecimal digits", param, ctx)
        return text


class AbsolutePath(click.ParamType):
    """A path, made absolute here: whoever serves the archive works in another folder."""

    name = "path"

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> str:
        """The absolute path; one that UTF-8 cannot spell could not be asked for."""
        path = os.path.abspath(os.fspath(value))
        try:
            path.encode("utf-8")
        except UnicodeEncodeError:
            self.fail("a path that is not UTF-8; give the folder above it", param, ctx)
        return path


recording_argument = click.argument("recording", metavar="ID", type=RecordingId())
officer_option = click.option(
    "--officer",
    metavar="ID",
    help=say(zh="执法人员，如已知。", en="The officer, where known."),
)
recorder_option = click.option(
    "--recorder",
    metavar="ID",
    help=say(
        zh="记录仪编号；不给出时由证据推断。", en="The recorder; found from evidence when not given."
    ),
)
