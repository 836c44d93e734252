"""The witnesses of a configuration: asked over HTTP, or served with files that are carried.

Redirects are not followed, answers above a size are cut off. Addresses are not told in errors.
"""

import threading
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

import httpx

from archive.anchoring.witness_keeper import WitnessKeeper
from archive.anchoring.witnessing import (
    CARRIED,
    Answer,
    Cosigned,
    Witness,
    Witnessing,
    WitnessUnavailable,
)
from archive.archive import Archive
from evidence_daemon.config.sections_proof import WitnessesSection
from evidence_daemon.errors import ConfigError, UsageError
from hashing.cosignature import CosignerKey
from hashing.entry import format_time
from hashing.errors import RolledBack
from hashing.note import SignedNote, VerifierKey

MAX_ANSWER_BYTES: Final = 1 << 16
"""A cosignature has a few kilobytes; nothing above this is read."""
_PATH: Final = "/add-checkpoint"
_MICROSECONDS: Final = 1_000_000


class HttpWitness:
    """Asks one witness (C2SP tlog-witness). Threads may share it.

    Args:
        section: Its settings.
        url: The submission prefix.
        stopping: Set when the station stops.
    """

    def __init__(self, section: WitnessesSection, url: str, stopping: threading.Event) -> None:
        self._section = section
        self._url = url.rstrip("/") + _PATH
        self._stopping = stopping

    def __call__(self, request: bytes) -> Answer:
        """Send a request and return the answer.

        Raises:
            WitnessUnavailable: There is none.
        """
        try:
            answer = self._post(request)
        except (httpx.HTTPError, httpx.InvalidURL, httpx.StreamError) as error:
            raise self._unavailable(type(error).__name__) from None
        if self._stopping.is_set():
            raise self._unavailable("the station stops")
        return answer

    def _post(self, request: bytes) -> Answer:
        headers = {"Content-Type": "text/plain; charset=utf-8", "Accept-Encoding": "identity"}
        timeout_s = self._section.timeout_s
        with (
            httpx.Client(timeout=timeout_s, follow_redirects=False) as client,
            client.stream("POST", self._url, content=request, headers=headers) as response,
        ):
            body = bytearray()
            for chunk in response.iter_raw():
                body += chunk
                if len(body) > MAX_ANSWER_BYTES:
                    raise self._unavailable(f"the answer has more than {MAX_ANSWER_BYTES} bytes")
            return Answer(response.status_code, bytes(body))

    def _unavailable(self, why: str) -> WitnessUnavailable:
        return WitnessUnavailable(f"witness {self._section.name}: {why}")


class Witnesses:
    """The witnesses of a station.

    Attributes:
        witnessing: Has checkpoints cosigned.
        named: The witnesses, by what commands call them.
        keepers: What hands checkpoints to them while the station runs.
        notices: What is wrong with this station as a witness of others, in sentences.

    Args:
        archive: The archive, opened for writing.
        keys: The keys that sign its log.
        sections: The settings.
    """

    def __init__(
        self, archive: Archive, keys: Sequence[VerifierKey], sections: Sequence[WitnessesSection]
    ) -> None:
        self._archive = archive
        self._stopping = threading.Event()
        self.witnessing = Witnessing(archive, keys)
        self.named = {section.name: self._witness(section) for section in sections}
        self.keepers: dict[str, WitnessKeeper] = {}
        self.notices: list[str] = []

    def _witness(self, section: WitnessesSection) -> Witness:
        key = CosignerKey.parse(section.vkey)
        if section.url is None:
            return Witness(key)
        return Witness(key, HttpWitness(section, section.url, self._stopping))

    def start(self, on_rolled_back: Callable[[RolledBack], None]) -> None:
        """Hand checkpoints to the witnesses that have an address, until :meth:`stop`."""
        for name, witness in self.named.items():
            if witness.ask is not None:
                parts = (self._archive, self.witnessing, witness, on_rolled_back)
                keeper = WitnessKeeper(*parts)
                self._archive.on_commit(keeper.wake)
                self.keepers[name] = keeper
                keeper.start()

    def stop(self) -> None:
        """Hand over nothing more, and take no answer that is under way."""
        self._stopping.set()
        for keeper in self.keepers.values():
            keeper.stop()

    def status(self) -> list[Mapping[str, object]]:
        """How far each witness has cosigned, and what is wrong if something is."""
        told: list[Mapping[str, object]] = []
        for name, witness in self.named.items():
            keeper = self.keepers.get(name)
            trouble = None if keeper is None else keeper.trouble
            size = self.witnessing.cosigned_size(witness)
            told.append({"witness": name, "entries": size, "trouble": trouble})
        return told

    def troubles(self) -> list[str]:
        """Why cosignatures are missing, here or for others, one sentence each."""
        missing = [str(each["trouble"]) for each in self.status() if each["trouble"] is not None]
        return [*self.notices, *missing]

    def request(self, name: str | None, old_size: int | None) -> dict[str, Any]:
        """A request to carry to a witness.

        Raises:
            UsageError: There is no such witness, or several and none is named.
            ConfigError: None is configured.
            NoSuchProof: The log has fewer entries than the old size.
        """
        name = self._one_name() if name is None else name
        if name not in self.named:
            raise UsageError(f"no witness is called {name}")
        request = self.witnessing.request(self.named[name], old_size)
        return {
            "witness": name,
            "from": request.old_size,
            "to": request.checkpoint.size,
            "request": request.encode().decode(),
        }

    def add(self, data: bytes, actor: str) -> list[dict[str, Any]]:
        """Take a cosigned checkpoint that was carried back.

        Raises:
            IntegrityError: It is none, or this log did not sign it, or a cosignature is wrong.
            RolledBack: This log signed it, and has lost it since; it signs nothing more.
            UsageError: None of the configured witnesses cosigned it.
        """
        note = SignedNote.parse(data)
        cosigners = [
            (name, witness)
            for name, witness in self.named.items()
            if note.lines_of(witness.key.name, witness.key.key_hash)
        ]
        if not cosigners:
            raise UsageError("no configured witness cosigned this checkpoint")
        try:
            return [
                _record(name, self.witnessing.accept(witness, note, CARRIED, actor))
                for name, witness in cosigners
            ]
        except RolledBack as error:
            self._archive.log.refuse(error)
            raise

    def _one_name(self) -> str:
        if not self.named:
            raise ConfigError("no witness is configured: [[witnesses]]")
        if len(self.named) > 1:
            raise UsageError(f"name one of the witnesses: {', '.join(self.named)}")
        return next(iter(self.named))


def _record(name: str, cosigned: Cosigned) -> dict[str, Any]:
    return {
        "type": "cosignature",
        "witness": name,
        "key_name": cosigned.witness,
        "size": cosigned.size,
        "time": format_time(cosigned.time_s * _MICROSECONDS),
        "seq": cosigned.seq,
    }


def trusted_logs(texts: Sequence[str]) -> dict[str, list[VerifierKey]]:
    """The logs that this station witnesses, by their origins."""
    trusted: dict[str, list[VerifierKey]] = {}
    for text in texts:
        key = VerifierKey.parse(text)
        trusted.setdefault(key.name, []).append(key)
    return trusted
