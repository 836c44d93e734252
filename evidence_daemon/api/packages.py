"""The other end of :mod:`evidence_daemon.api.frames`: a package as its client takes it."""

from collections.abc import Iterator, Mapping
from typing import Any

import orjson

from archive.export.parts import Package, Part
from evidence_daemon.error_report import RelayedError, parse_report
from evidence_daemon.errors import ServiceBroken
from hashing.digest import ObjectDigests
from hashing.errors import EvidenceError

_LONGEST_LINE = 1 << 20


class PackageReader:
    """Reads a package's stream. Its parts are taken in turn, each to its end.

    Args:
        chunks: The bytes as they come.
    """

    def __init__(self, chunks: Iterator[bytes]) -> None:
        self._chunks = chunks
        self._rest = b""

    def package(self) -> Package:
        """The package; only what it begins with has been read.

        Raises:
            EvidenceError: Whatever the service met.
            ServiceBroken: The stream broke off or cannot be understood.
        """
        plan = self._record()
        if plan.get("type") != "plan" or not isinstance(plan.get("info"), dict):
            raise ServiceBroken("the service's package does not begin with a plan")
        info = plan.pop("info")
        return Package(plan, self._parts(), {str(name): str(info[name]) for name in info})

    def _parts(self) -> Iterator[Part]:
        record = self._record()
        while record.get("type") == "part":
            following: list[dict[str, Any]] = []
            yield Part(str(record.get("path")), self._pieces(following), _digests(record))
            if not following:
                raise ServiceBroken("a part of the package was not read to its end")
            record = following[0]
        if record.get("type") != "end":
            raise ServiceBroken("the service's package has a part that is none")

    def _pieces(self, following: list[dict[str, Any]]) -> Iterator[bytes]:
        """The bytes of a part; the record behind it is put into ``following``."""
        record = self._record()
        while record.get("type") == "data":
            left = record.get("bytes")
            if type(left) is not int or left < 0:
                raise ServiceBroken("the service announced no number of bytes")
            yield from self._bytes(left)
            record = self._record()
        following.append(record)

    def _bytes(self, left: int) -> Iterator[bytes]:
        while left:
            if not self._rest:
                self._rest = self._more()
            piece, self._rest = self._rest[:left], self._rest[left:]
            left -= len(piece)
            yield piece

    def _record(self) -> dict[str, Any]:
        line, separator, rest = self._rest.partition(b"\n")
        while not separator:
            if len(line) > _LONGEST_LINE:
                raise ServiceBroken("the service's package has an endless line")
            line, separator, rest = (line + self._more()).partition(b"\n")
        self._rest = rest
        return _object(line)

    def _more(self) -> bytes:
        for chunk in self._chunks:
            if chunk:
                return chunk
        raise ServiceBroken("the service broke off in the midst of a package")


def _object(line: bytes) -> dict[str, Any]:
    try:
        record = orjson.loads(line)
    except orjson.JSONDecodeError as error:
        raise ServiceBroken("the service answered something that is not JSON") from error
    if not isinstance(record, dict):
        raise ServiceBroken("the service answered something that is not an object")
    if record.get("type") == "error":
        raise RelayedError(parse_report(record))
    return record


def _digests(record: Mapping[str, Any]) -> ObjectDigests | None:
    body = record.get("object")
    try:
        return None if body is None else ObjectDigests.from_body(body)
    except (EvidenceError, AttributeError, TypeError) as error:
        raise ServiceBroken("the service named digests that are none") from error
