"""One call of ``evd``: the global options, and what commands reach through them."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from evidence_daemon.cli.output import Output
    from evidence_daemon.config.load import LoadedConfig


@dataclass
class Invocation:
    """What holds for the whole call.

    Attributes:
        config_file: The file given with ``--config``.
        as_json: Whether data is written as JSON lines.
    """

    config_file: Path | None = None
    as_json: bool = False

    @cached_property
    def output(self) -> "Output":
        """Where the command writes."""
        from evidence_daemon.cli.output import Output

        return Output(as_json=self.as_json)

    def load_config(
        self, options: Mapping[tuple[str | int, ...], object] | None = None
    ) -> "LoadedConfig":
        """Read the configuration, with settings that the command's own options override.

        Raises:
            ConfigError: It cannot be used.
        """
        from evidence_daemon.config.load import load

        return load(self.config_file, options)


pass_invocation = click.make_pass_decorator(Invocation)
