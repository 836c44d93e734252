"""Time-stamping authorities over HTTP (RFC 3161 §3.4): asked carefully, believed not at all.

* Redirects are not followed, answers above a size are cut off, compressed ones refused, and an
  answer of another content type is none.
* The whole exchange has one deadline, and gives way at once when the station stops: it runs in
  a thread of its own that nobody waits for any longer.
* Addresses are never logged nor told in errors: they may carry what a contract grants.

What an answer says is judged by :mod:`hashing.timestamp`.
"""

import contextlib
import queue
import threading
import time
from collections.abc import Callable, Sequence
from typing import Final

import httpx
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from archive.anchoring.authority import Authority
from evidence_daemon.config.sections_proof import TimestampsSection
from evidence_daemon.errors import ConfigError, ServiceError
from hashing.errors import Bilingual, EvidenceError
from hashing.timestamp import (
    ANSWER_TYPE,
    MAX_ANSWER_BYTES,
    REQUEST_TYPE,
    Imprint,
    read_roots,
)

_WAIT_S: Final = 0.1
_OK: Final = 200


class AuthorityUnavailable(ServiceError):  # noqa: N818 - named for the state
    """A time-stamping authority cannot be reached, or does not answer as one."""

    code = "AUTHORITY_UNAVAILABLE"
    exit_code = 98
    meaning = Bilingual(
        zh="没有得到时间戳；证据与日志不受影响，采集照常，稍后会再次请求。",
        en="No token was had; evidence and log are not affected, intake goes on, and it is asked "
        "for again.",
    )
    action = Bilingual(
        zh="检查网络、机构地址与代理设置。", en="Check the network, the address, and the proxy."
    )


class HttpAuthority:
    """Asks one authority. Threads may share it.

    Args:
        section: Its settings.
        stopping: Set when the station stops: whoever waits for an answer gets an error.
    """

    def __init__(self, section: TimestampsSection, stopping: threading.Event) -> None:
        self._section = section
        self._stopping = stopping

    def __call__(self, request: bytes) -> bytes:
        """Send a request and return the answer.

        Raises:
            AuthorityUnavailable: There is none in time, or none that is one.
        """
        answers: queue.SimpleQueue[bytes | EvidenceError] = queue.SimpleQueue()
        deadline_s = time.monotonic() + self._section.timeout_s
        exchange = threading.Thread(
            target=self._exchange, args=(request, deadline_s, answers), daemon=True
        )
        exchange.start()
        while not self._stopping.is_set() and time.monotonic() < deadline_s:
            try:
                answer = answers.get(timeout=_WAIT_S)
            except queue.Empty:
                continue
            if isinstance(answer, EvidenceError):
                raise answer
            return answer
        raise self._unavailable(
            "the station stops" if self._stopping.is_set() else "no whole answer in time"
        )

    def _exchange(
        self,
        request: bytes,
        deadline_s: float,
        answers: "queue.SimpleQueue[bytes | EvidenceError]",
    ) -> None:
        try:
            answers.put(self._post(request, deadline_s))
        except EvidenceError as error:
            answers.put(error)
        except httpx.TransportError as error:
            answers.put(self._unavailable(f"{type(error).__name__}: {error}"))
        except Exception as error:  # whatever it is, somebody waits; its words may hold the address
            answers.put(self._unavailable(type(error).__name__))

    def _post(self, request: bytes, deadline_s: float) -> bytes:
        headers = {
            "Content-Type": REQUEST_TYPE,
            "Accept": ANSWER_TYPE,
            "Accept-Encoding": "identity",
        }
        url, timeout_s = self._section.url, self._section.timeout_s
        with (
            httpx.Client(timeout=timeout_s, follow_redirects=False) as client,
            client.stream("POST", url, content=request, headers=headers) as response,
        ):
            self._require_answer(response)
            answer = bytearray()
            for chunk in response.iter_raw():
                answer += chunk
                if len(answer) > MAX_ANSWER_BYTES:
                    raise self._unavailable(f"the answer has more than {MAX_ANSWER_BYTES} bytes")
                if time.monotonic() > deadline_s:
                    raise self._unavailable("no whole answer in time")
        return bytes(answer)

    def _require_answer(self, response: httpx.Response) -> None:
        if response.status_code != _OK:
            raise self._unavailable(f"it answers with HTTP status {response.status_code}")
        content_type = response.headers.get("Content-Type", "").partition(";")[0].strip().lower()
        if content_type != ANSWER_TYPE:
            raise self._unavailable(f"its answer is {content_type[:80] or 'of no type'}")
        if response.headers.get("Content-Encoding", "identity") != "identity":
            raise self._unavailable("its answer is compressed")

    def _unavailable(self, why: str) -> AuthorityUnavailable:
        return AuthorityUnavailable(f"authority {self._section.name}: {why}")


def authorities(
    sections: Sequence[TimestampsSection], stopping: threading.Event
) -> list[Authority]:
    """The authorities of a configuration.

    One whose roots cannot be read is listed, and says so when it is asked: a missing file
    must not keep the station from starting.
    """
    return [_authority(section, stopping) for section in sections]


def _authority(section: TimestampsSection, stopping: threading.Event) -> Authority:
    imprint = Imprint(section.digest)
    try:
        roots = tuple(read_root_file(section))
    except EvidenceError as error:
        return Authority(section.name, _refusing(error), imprint, section.policy)
    return Authority(section.name, HttpAuthority(section, stopping), imprint, section.policy, roots)


def read_root_file(section: TimestampsSection) -> list[x509.Certificate]:
    """The root certificates of an authority; none where no file is named.

    Raises:
        ConfigError: The file cannot be read, or holds no certificate.
    """
    if section.roots is None:
        return []
    try:
        return read_roots(section.roots.read_bytes())
    except OSError as error:
        raise ConfigError(f"{section.roots} cannot be read: {error.strerror}") from error
    except EvidenceError as error:
        raise ConfigError(f"{section.roots}: {error.detail}") from error


def configured_roots(sections: Sequence[TimestampsSection]) -> dict[str, bytes]:
    """The roots of each authority in PEM, for packages; without those that cannot be read."""
    found = {}
    for section in sections:
        with contextlib.suppress(ConfigError):
            if roots := read_root_file(section):
                found[section.name] = b"".join(root.public_bytes(Encoding.PEM) for root in roots)
    return found


def _refusing(error: EvidenceError) -> Callable[[bytes], bytes]:
    def ask(_: bytes) -> bytes:
        raise type(error)(error.detail)

    return ask
