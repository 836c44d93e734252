"""How a command reaches the archive: through the API, whoever serves it.

A daemon that listens is asked; where none does, the archive's owner opens the archive within
this process, for as long as the command runs. Everything that this costs (the web framework,
the database) is imported only then.
"""

import os
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from evidence_daemon.api.client import ApiClient, connect
from evidence_daemon.cli.invocation import Invocation
from evidence_daemon.config.schema import Config
from evidence_daemon.errors import AccessError
from evidence_daemon.purpose import Purpose

if TYPE_CHECKING:
    from fastapi import FastAPI

NOBODY = -1
"""An owner that no process can be."""


@dataclass(frozen=True, slots=True)
class Door:
    """The way in, while a command runs.

    Attributes:
        client: Calls of the API.
        config: The settings in force.
    """

    client: ApiClient
    config: Config


@contextmanager
def open_door(invocation: Invocation, purpose: Purpose) -> Iterator[Door]:
    """Reach the archive.

    Args:
        invocation: Says which configuration.
        purpose: What for; it matters where the archive is opened here.

    Raises:
        ConfigError: The configuration cannot be used.
        ServiceNotRunning: Nobody serves the archive, and this user does not own it.
        SocketForbidden: A daemon serves it, but not this user.
        EvidenceError: The archive cannot be opened here.
    """
    config = invocation.load_config().config
    with connect(
        config.station.socket,
        owner_uid=owner_of(config.archive.directory),
        in_process=lambda: _opened_here(config, purpose),
    ) as client:
        yield Door(client, config)


def owner_of(directory: Path) -> int:
    """Who owns an archive: its folder's owner.

    A folder that is not there counts as one's own, so that opening it says what is wrong; one
    that may not be looked at is somebody else's.
    """
    try:
        return directory.stat().st_uid
    except FileNotFoundError:
        return os.geteuid()
    except OSError:
        return NOBODY


def require_owner(directory: Path) -> None:
    """Refuse to write into somebody else's archive, root included: files would change hands.

    Raises:
        AccessError: This process does not run as the archive's owner.
    """
    owner = owner_of(directory)
    if owner != os.geteuid():
        whose = "another user" if owner == NOBODY else f"user {owner}"
        raise AccessError(f"{directory} belongs to {whose}; run this as its owner")


@contextmanager
def _opened_here(config: Config, purpose: Purpose) -> Iterator["FastAPI"]:
    from evidence_daemon.api.app import create_app
    from evidence_daemon.logs import configure
    from evidence_daemon.service.read_only import ReadOnlyService, is_read_only
    from evidence_daemon.service.service import ArchiveService

    configure("error")  # what a person must know, the answers and errors of the API say
    if is_read_only(config.archive.directory):
        with closing(ReadOnlyService.open(config)) as read_only:
            yield create_app(read_only)
        return
    with closing(ArchiveService(config, purpose)) as service:
        yield create_app(service)
