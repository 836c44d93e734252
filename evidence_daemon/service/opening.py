"""From a configuration to an opened archive."""

from pathlib import Path

from archive.archive import Archive
from archive.ingest.policy import IntakePolicy
from drivers import names
from drivers.grammar import NameGrammars
from evidence_daemon.config.schema import Config
from hashing.digest import Algorithm


def intake_policy(config: Config) -> IntakePolicy:
    """How files are taken in, as configured."""
    sm3 = (Algorithm.SM3,) if config.archive.sm3 else ()
    return IntakePolicy(
        algorithms=(Algorithm.SHA256, *sm3),
        read_back=config.archive.read_back,
        reserve_bytes=config.intake.minimum_free_bytes,
        buffer_bytes=config.intake.buffer_pool_bytes,
    )


def open_archive(config: Config, *, sweep: bool) -> Archive:
    """Open the configured archive as its writer; errors as :meth:`Archive.open`.

    Args:
        config: The settings.
        sweep: Whether to look through the whole store for objects nobody vouches for.
    """
    directories = (Path(config.archive.directory), Path(config.archive.keys_directory))
    return Archive.open(*directories, intake_policy(config), sweep=sweep)


def grammars(config: Config) -> NameGrammars:
    """The file-name grammars, the bureau's own or the built-in ones."""
    file = config.rules.file_names
    return names.load(None if file is None else str(file))
