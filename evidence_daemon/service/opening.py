"""From a configuration to an opened archive."""

from collections.abc import Sequence
from pathlib import Path

import structlog

from archive.archive import Archive
from archive.ingest.policy import IntakePolicy
from archive.layout import Layout
from archive.replication.heads import signed_by
from archive.replication.reconcile import reconcile
from archive.stores.interface import FurtherStore
from drivers import names
from drivers.grammar import NameGrammars
from evidence_daemon.config.schema import Config
from evidence_daemon.purpose import Purpose
from evidence_daemon.service.exporting import Rule
from hashing.digest import Algorithm
from hashing.note import VerifierKey

_log = structlog.get_logger(__name__)


def intake_policy(config: Config) -> IntakePolicy:
    """How files are taken in, as configured."""
    sm3 = (Algorithm.SM3,) if config.archive.sm3 else ()
    return IntakePolicy(
        algorithms=(Algorithm.SHA256, *sm3),
        read_back=config.archive.read_back,
        reserve_bytes=config.intake.minimum_free_bytes,
        buffer_bytes=config.intake.buffer_pool_bytes,
    )


def open_archive(
    config: Config,
    stores: Sequence[FurtherStore],
    keys: Sequence[VerifierKey],
    purpose: Purpose,
) -> Archive:
    """Open the configured archive as its writer; errors as :meth:`Archive.open`.

    Where a further store holds a longer log of this archive, that log is adopted before
    anything is signed. For questions nothing is signed, and no store is waited for, unless
    there is something to recover.

    Args:
        config: The settings.
        stores: The further stores.
        keys: The keys that sign the archive's log.
        purpose: What it is opened for.

    Raises:
        RolledBack: A further store holds a log that ours cannot become.
    """

    def adopt(layout: Layout) -> None:
        done = reconcile(layout, signed_by(keys), stores)
        if done.adopted:
            _log.warning("longer_log_adopted", store=done.adopted_from, entries=done.adopted)

    directories = (Path(config.archive.directory), Path(config.archive.keys_directory))
    policy = intake_policy(config)
    if purpose is Purpose.QUESTIONS:
        archive = Archive.open_for_questions(*directories, policy)
        if archive is not None:
            return archive
    sweep = purpose is Purpose.INTAKE
    return Archive.open(*directories, policy, sweep=sweep, before_log=adopt)


def grammars(config: Config) -> NameGrammars:
    """The file-name grammars, the bureau's own or the built-in ones."""
    file = config.rules.file_names
    return names.load(None if file is None else str(file))


def rule_files(config: Config, file_names_sha256: str) -> dict[str, Rule]:
    """The rule files of a configuration, by the names that ``config`` entries give them.

    Args:
        config: The settings.
        file_names_sha256: The digest of the file-name grammars in force.
    """
    path = Path(config.rules.file_names or names.DEFAULT_PATH)
    try:
        data = path.read_bytes()
    except OSError:  # it went away since it was read: the pack says that it is not in it
        data = b""
    return {"file_names": Rule(data, file_names_sha256)}
