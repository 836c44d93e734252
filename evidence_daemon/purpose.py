"""What an archive is opened for: how much an opening does depends on it."""

from enum import Enum, auto


class Purpose(Enum):
    """What an archive is opened for."""

    QUESTIONS = auto()
    """To be asked. Nothing is signed, so no further store is asked for a longer log."""
    COPY = auto()
    """To have copies, cosignatures or tokens logged: further stores are asked first."""
    INTAKE = auto()
    """To take footage in: further stores are asked first, the whole store is looked through for
    objects that nobody vouches for."""
