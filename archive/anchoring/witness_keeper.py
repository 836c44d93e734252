"""Keeps one witness up to date: in a thread of its own, woken by every commit.

A checkpoint is handed over when an entry other than ``stamp`` or ``witness`` is not cosigned
yet, no more often than :data:`SPACING_S`; one checkpoint covers everything before it. What
fails is tried again, less and less often. Nothing ever waits for a witness.
"""

import threading
from collections.abc import Callable
from typing import Final

import structlog

from archive.anchoring.witnessing import Witness, Witnessing
from archive.archive import Archive
from archive.log.reader import LogFiles
from hashing.entry import Act
from hashing.errors import EvidenceError, RolledBack

SPACING_S: Final = 10.0
"""How long two checkpoints handed to one witness lie apart, in seconds."""
FIRST_RETRY_S: Final = 5.0
LONGEST_RETRY_S: Final = 3600.0
STOP_S: Final = 3.0
"""How long a stop waits for an answer that is under way."""
_NOT_COUNTED: Final = frozenset({Act.STAMP, Act.WITNESS})

_log = structlog.get_logger(__name__)


class WitnessKeeper:
    """Hands checkpoints to one witness, again and again.

    Args:
        archive: The archive, opened for writing.
        witnessing: Has its checkpoints cosigned.
        witness: By whom.
        on_rolled_back: Told, once, that the witness knows a log that ours is not the whole of:
            nothing more may be signed. The keeper has stopped then.
        spacing_s: How long two checkpoints lie apart.
    """

    def __init__(
        self,
        archive: Archive,
        witnessing: Witnessing,
        witness: Witness,
        on_rolled_back: Callable[[RolledBack], None],
        *,
        spacing_s: float = SPACING_S,
    ) -> None:
        self._archive = archive
        self._witnessing = witnessing
        self._witness = witness
        self._on_rolled_back = on_rolled_back
        self._spacing_s = spacing_s
        self._failures = 0
        self._wake = threading.Event()
        self._stopping = threading.Event()
        name = f"witness-{witness.key.name}"
        self._thread = threading.Thread(target=self._run, name=name, daemon=True)
        self.trouble: str | None = None
        """Why the newest entries are not cosigned, for the status; None while they are."""

    @property
    def name(self) -> str:
        """The witness's name."""
        return self._witness.key.name

    @property
    def cosigned_size(self) -> int:
        """How many entries the witness has cosigned, as far as the log knows."""
        return self._witnessing.cosigned_size(self._witness)

    def start(self) -> None:
        """Work in a thread until :meth:`stop`."""
        self._thread.start()

    def wake(self) -> None:
        """Say that the log has gone on. Returns at once."""
        self._wake.set()

    def stop(self) -> None:
        """Stop; an answer under way is waited for a little, and left behind then."""
        self._stopping.set()
        self._wake.set()
        self._thread.join(STOP_S)

    def step(self) -> float | None:
        """Hand over the newest checkpoint if it is due.

        Returns:
            The seconds until it is worth trying again; None: when the log goes on.

        Raises:
            RolledBack: The witness knows a log that ours is not the whole of.
        """
        try:
            if self._is_due():
                self._witnessing.submit(self._witness)
        except RolledBack:
            raise
        except EvidenceError as error:
            self.trouble = error.detail
            self._failures += 1
            _log.warning("not_cosigned", witness=self.name, error=error.detail)
            return min(FIRST_RETRY_S * (1 << min(self._failures - 1, 20)), LONGEST_RETRY_S)
        self._failures, self.trouble = 0, None
        return None

    def _run(self) -> None:
        while not self._stopping.is_set():
            self._wake.clear()
            try:
                pause_s = self.step()
            except RolledBack as error:
                self.trouble = error.detail
                self._on_rolled_back(error)
                return
            if pause_s is None:
                self._wake.wait()
                self._stopping.wait(self._spacing_s)
            else:
                self._stopping.wait(pause_s)

    def _is_due(self) -> bool:
        """Whether an entry that counts is not cosigned yet."""
        entries = LogFiles(self._archive.layout.log).entries(self.cosigned_size)
        return any(entry.act not in _NOT_COUNTED for entry in entries)
