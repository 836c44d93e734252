"""Having the log stamped when somebody asks for it."""

import threading
from collections.abc import Iterator, Sequence
from typing import Any

from archive.anchoring.stamping import Stamped, Stamper
from archive.archive import Archive
from evidence_daemon.config.sections_proof import TimestampsSection
from evidence_daemon.errors import ConfigError, UsageError
from evidence_daemon.service.authorities import authorities
from hashing.entry import format_time
from hashing.errors import EvidenceError


class Stamping:
    """The authorities of a station, and what has its checkpoints stamped.

    Attributes:
        stamper: Has checkpoints stamped.
        authorities: By whom.

    Args:
        archive: The archive, opened for writing.
        sections: The settings.
    """

    def __init__(self, archive: Archive, sections: Sequence[TimestampsSection]) -> None:
        self._stopping = threading.Event()
        self.stamper = Stamper(archive)
        self.authorities = authorities(sections, self._stopping)

    def stop(self) -> None:
        """Wait for no answer any longer."""
        self._stopping.set()

    def stamp(self, name: str | None, actor: str) -> Iterator[dict[str, Any]]:
        """Have the newest checkpoint stamped, by one authority or by all in turn.

        Yields:
            A record for each token.

        Raises:
            UsageError: There is no such authority.
            ConfigError: None is configured.
            EvidenceError: One gave no token; the others were asked all the same.
        """
        wanted = [one for one in self.authorities if name in {None, one.name}]
        if not self.authorities:
            raise ConfigError("no time-stamping authority is configured: [[timestamps]]")
        if not wanted:
            raise UsageError(f"no authority is called {name}")
        fault: EvidenceError | None = None
        for authority in wanted:
            try:
                yield _record(self.stamper.stamp(authority, actor=actor))
            except EvidenceError as error:
                fault = fault or error
        if fault is not None:
            raise fault


def _record(stamped: Stamped) -> dict[str, Any]:
    token = stamped.token
    return {
        "type": "stamp",
        "authority": stamped.authority,
        "size": stamped.size,
        "seq": stamped.seq,
        "time": format_time(token.info.gen_time_us),
        "policy": token.info.policy,
        "serial": str(token.info.serial),
        "token_sha256": token.sha256,
        "signature": "not_checked" if stamped.judgement is None else stamped.judgement.value,
    }
