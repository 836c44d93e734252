"""The settings as one: every section, and the rules that hold between them.

One model per section, frozen, closed against unknown keys; they lie in ``sections_archive``,
``sections_station`` and ``sections_proof``. Names carry units. The words beside each field are
its documentation in both languages; ``config.example.toml`` and ``docs/configuration.md`` are
generated from them.
"""

from pathlib import Path
from typing import LiteralString, Self

from pydantic import model_validator
from pydantic_core import PydanticCustomError
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict

from evidence_daemon.config.sections_archive import (
    ArchiveSection,
    FixitySection,
    StoreSection,
)
from evidence_daemon.config.sections_proof import (
    AnchoringSection,
    TimestampsSection,
    VerifySection,
    WitnessesSection,
    WitnessSection,
)
from evidence_daemon.config.sections_station import (
    IntakeSection,
    LoggingSection,
    RecordersSection,
    RulesSection,
    StationSection,
)
from evidence_daemon.config.shape import Key

ENV_PREFIX = "EVD_"
ENV_DELIMITER = "__"


class Config(BaseSettings):
    """Every setting of the program."""

    model_config = SettingsConfigDict(
        env_prefix=ENV_PREFIX,
        env_nested_delimiter=ENV_DELIMITER,
        extra="forbid",
        frozen=True,
        validate_default=True,
    )

    archive: ArchiveSection = ArchiveSection()
    station: StationSection = StationSection()
    recorders: RecordersSection = RecordersSection()
    stores: tuple[StoreSection, ...] = ()
    witnesses: tuple[WitnessesSection, ...] = ()
    witness: WitnessSection = WitnessSection()
    intake: IntakeSection = IntakeSection()
    fixity: FixitySection = FixitySection()
    rules: RulesSection = RulesSection()
    verify: VerifySection = VerifySection()
    timestamps: tuple[TimestampsSection, ...] = ()
    anchoring: AnchoringSection = AnchoringSection()
    logging: LoggingSection = LoggingSection()

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],  # noqa: ARG003 - the signature is pydantic's
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,  # noqa: ARG003
        dotenv_settings: PydanticBaseSettingsSource,  # noqa: ARG003
        file_secret_settings: PydanticBaseSettingsSource,  # noqa: ARG003
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Only what the loader hands over: it has merged the sources and knows their origins."""
        return (init_settings,)

    @model_validator(mode="after")
    def _places_apart(self) -> Self:
        outside: dict[Key, Path] = {
            ("archive", "keys_directory"): self.archive.keys_directory,
            ("archive", "state_file"): self.archive.state_file,
        }
        outside |= {("stores", index, "path"): s.path for index, s in enumerate(self.stores)}
        for key, path in outside.items():
            if path.is_relative_to(self.archive.directory):
                raise _conflict(key, "lies inside archive.directory")
        return self

    @model_validator(mode="after")
    def _stores_distinct(self) -> Self:
        for index, store in enumerate(self.stores):
            earlier = self.stores[:index]
            if any(store.name == other.name for other in earlier):
                raise _conflict(("stores", index, "name"), "is the name of another store")
            if any(store.path == other.path for other in earlier):
                raise _conflict(("stores", index, "path"), "is the path of another store")
        return self

    @model_validator(mode="after")
    def _witnesses_distinct(self) -> Self:
        for index, witness in enumerate(self.witnesses):
            earlier = self.witnesses[:index]
            if any(witness.name == other.name for other in earlier):
                raise _conflict(("witnesses", index, "name"), "is the name of another witness")
            if any(witness.vkey == other.vkey for other in earlier):
                raise _conflict(("witnesses", index, "vkey"), "is the key of another witness")
        return self

    @model_validator(mode="after")
    def _authorities_distinct(self) -> Self:
        names = [authority.name for authority in self.timestamps]
        for index, name in enumerate(names):
            if name in names[:index]:
                raise _conflict(("timestamps", index, "name"), "is the name of another authority")
        return self


def _conflict(key: Key, message: LiteralString) -> PydanticCustomError:
    """A mistake that only shows when settings are seen together, told at one of them."""
    return PydanticCustomError("conflict", message, {"key": key})
