"""What every section of the settings is: frozen, and closed against unknown keys."""

from typing import ClassVar

from pydantic import BaseModel, ConfigDict

from hashing.errors import Bilingual


class Section(BaseModel):
    """A table of the configuration file."""

    model_config = ConfigDict(
        extra="forbid", frozen=True, validate_default=True, allow_inf_nan=False
    )

    words: ClassVar[Bilingual]
