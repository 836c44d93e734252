"""The service behind the API: one opened archive and its station."""

from collections import Counter
from collections.abc import Mapping
from contextlib import ExitStack
from typing import Any

from archive.clock import now_us
from archive.fixity.coverage import whole_since_us
from archive.layout import Layout
from archive.log.writer import STATION_ACTOR, Draft
from archive.stores.landing import LANDING
from evidence_daemon.config.load import settings_sha256
from evidence_daemon.config.schema import Config
from evidence_daemon.purpose import Purpose
from evidence_daemon.service.authorities import configured_roots
from evidence_daemon.service.exporting import Exporting
from evidence_daemon.service.further import further_stores, log_keys
from evidence_daemon.service.intake import Intake
from evidence_daemon.service.opening import grammars, open_archive, rule_files
from evidence_daemon.service.reading import Reading
from evidence_daemon.service.receipts import Receipts
from evidence_daemon.service.space import Space, forecast
from evidence_daemon.service.stamping import Stamping
from evidence_daemon.service.witnesses import Witnesses
from evidence_daemon.station.station import Station
from hashing.entry import Act, format_time


class ArchiveService:
    """Everything that can be asked of a station.

    Attributes:
        archive: The opened archive.
        station: Runs dockings.
        intake: Takes folders and cards in.
        reading: Answers questions.
        exporting: Makes packages.
        receipts: Makes receipts of dockings again.
        witnesses: Has the log cosigned.
        stamping: Has the log stamped.
        rules_sha256: Digest of the file-name grammars in force.
        stores: The further stores of the configuration, each behind its deadline.
        keys: The keys that sign the archive's log.

    Args:
        config: The settings.
        purpose: What the archive is opened for.

    Raises:
        EvidenceError: As :func:`open_archive` and :func:`grammars` do.
    """

    def __init__(self, config: Config, purpose: Purpose) -> None:
        settings = config.station
        self._config = config
        names = grammars(config)
        self.rules_sha256 = names.sha256
        with ExitStack() as stack:
            log = Layout(config.archive.directory).log
            self.keys = log_keys(log, config.archive.keys_directory)
            self.stores = stack.enter_context(further_stores(config.stores, self.keys))
            self.archive = open_archive(config, self.stores, self.keys, purpose)
            stack.callback(self.archive.close)
            limits = (settings.workers, settings.copies_per_controller, settings.reread_days)
            self.station = Station(self.archive, names, *limits)
            stack.callback(self.station.stop)
            self._closing = stack.pop_all()
        self.intake = Intake(self.station, settings.timezone, self.log_new_settings)
        self.reading = Reading(self.archive, self.stores)
        rules = rule_files(config, self.rules_sha256)
        roots = configured_roots(config.timestamps)
        self.exporting = Exporting(self.archive, self.stores, roots, rules)
        self.witnesses = Witnesses(self.archive, self.keys, config.witnesses)
        self.receipts = Receipts(self.archive)
        self.stamping = Stamping(self.archive, config.timestamps)

    def close(self) -> None:
        """Let dockings finish what they are at, then let others write."""
        self._closing.close()

    def settings(self) -> Draft:
        """The ``config`` entry of the settings and rule files in force."""
        rules = {"file_names": self.rules_sha256}
        body = {"sha256": settings_sha256(self._config), "rules": rules}
        return Draft(Act.CONFIG, body, STATION_ACTOR)

    def log_new_settings(self) -> None:
        """Log the settings in force, unless the log's last word on them is the same."""
        settings = self.settings()
        if self.archive.catalog.last_settings() != settings.body:
            self.archive.log.submit([settings]).result()

    def health(self) -> Mapping[str, object]:
        """What a supervisor wants to know."""
        return {
            "origin": self.archive.log.origin,
            "entries": self.archive.log.size,
            "space": self.space().as_json(),
            "fixity": self._fixity(),
            "witnesses": self.witnesses.status(),
            "witnessing": list(self.witnesses.notices),
            "timestamps": self._timestamps(),
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

    def _fixity(self) -> Mapping[str, object]:
        """When the landing store's objects were read again, and how far the pass is."""
        catalog = self.archive.catalog
        since_us, last = whole_since_us(catalog.fixity(LANDING)), catalog.last_fixity(LANDING)
        return {
            "every_object_read_since": None if since_us is None else format_time(since_us),
            "last_read": None if last is None else format_time(last.time_us),
            "pass_percent": None if last is None else (int(last.through[:8], 16) + 1) * 100 >> 32,
        }

    def _timestamps(self) -> list[Mapping[str, object]]:
        """How far the tokens of each authority reach."""
        told: list[Mapping[str, object]] = []
        for authority in self.stamping.authorities:
            latest = self.archive.catalog.latest_anchor(authority.name)
            size, time_us = (0, None) if latest is None else (latest.size, latest.time_us)
            last = None if time_us is None else format_time(time_us)
            told.append({"authority": authority.name, "entries": size, "last": last})
        return told

    def slots(self) -> list[dict[str, Any]]:
        """Every slot as it is now."""
        return [view.as_json() for view in self.station.board.views()]

    def status_line(self) -> str:
        """The station in one line, for the supervisor."""
        counted = Counter(view.status.status for view in self.station.board.views())
        slots = ", ".join(f"{count} {status}" for status, count in sorted(counted.items()))
        return slots or "no recorder docked"
