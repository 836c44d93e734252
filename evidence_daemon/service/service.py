"""The service behind the API: one opened archive and its station."""

from collections import Counter
from collections.abc import Mapping
from typing import Any, Self

from archive.archive import Archive
from archive.clock import now_us
from evidence_daemon.config.schema import Config
from evidence_daemon.service.intake import Intake
from evidence_daemon.service.opening import grammars, open_archive
from evidence_daemon.service.reading import Reading
from evidence_daemon.service.space import Space, forecast
from evidence_daemon.station.station import Station


class ArchiveService:
    """Everything that can be asked of a station.

    Attributes:
        archive: The opened archive.
        station: Runs dockings.
        intake: Takes folders and cards in.
        reading: Answers questions.
        rules_sha256: Digest of the file-name grammars in force.

    Args:
        archive: Opened by the caller; closed by :meth:`close`.
        config: The settings.
    """

    def __init__(self, archive: Archive, config: Config) -> None:
        self.archive = archive
        settings = config.station
        self._config = config
        names = grammars(config)
        self.rules_sha256 = names.sha256
        self.station = Station(archive, names, settings.workers, settings.copies_per_controller)
        self.intake = Intake(self.station, settings.timezone)
        self.reading = Reading(archive)

    @classmethod
    def open(cls, config: Config, *, sweep: bool) -> Self:
        """Open the configured archive and stand before it; errors as :meth:`Archive.open`."""
        archive = open_archive(config, sweep=sweep)
        try:
            return cls(archive, config)
        except BaseException:
            archive.close()
            raise

    def close(self) -> None:
        """Let dockings finish what they are at, then let others write."""
        self.station.stop()
        self.archive.close()

    def health(self) -> Mapping[str, object]:
        """What a supervisor wants to know."""
        return {
            "origin": self.archive.log.origin,
            "entries": self.archive.log.size,
            "space": self.space().as_json(),
        }

    def space(self) -> Space:
        """Room on the archive's disk, and how long it lasts."""
        intake = self._config.intake
        return forecast(
            self.archive.catalog,
            self.archive.layout.root,
            now_us(),
            reserve_bytes=intake.minimum_free_bytes,
            warning_h=intake.warning_h,
        )

    def slots(self) -> list[dict[str, Any]]:
        """Every slot as it is now."""
        return [view.as_json() for view in self.station.board.views()]

    def status_line(self) -> str:
        """The station in one line, for the supervisor."""
        counted = Counter(view.status.status for view in self.station.board.views())
        slots = ", ".join(f"{count} {status}" for status, count in sorted(counted.items()))
        return slots or "no recorder docked"
