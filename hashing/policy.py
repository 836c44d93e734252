r"""A trust policy: which logs, which witnesses, what quorum (C2SP tlog-policy).

The file is lines of words parted by spaces and tabs; empty lines and lines that begin with
``#`` say nothing::

    log <vkey> [<url>]
    witness <name> <vkey> [<url>]
    group <name> all|any|<k> <name>...
    quorum <name>|none

* A checkpoint is acceptable when one of the logs signed it and the quorum cosigned it.
* Names are bytes that mean nothing outside of the file. Witnesses and groups share them;
  ``none`` is taken. A line refers to earlier lines only, and a name is a member of one group
  at most, so that a witness counts once.
* There is exactly one quorum line. Two logs, or two witnesses, are never of one public key.
* Log keys are of type 01 or 06, keys of witnesses of type 04 or 06.
* Control characters other than tab and newline are refused, and so is a last line without a
  newline. Every refusal names its line.
"""

import re
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Self

from hashing.cosignature import (
    Cosignature,
    CosignatureType,
    CosignerKey,
    cosignatures,
    parse_vkey,
)
from hashing.errors import Bilingual, EvidenceError
from hashing.note import MalformedKey, SignedNote, VerifierKey

MAX_POLICY_BYTES = 1 << 20
MAX_LINES = 4096
NO_QUORUM = b"none"

_FORBIDDEN = re.compile(rb"[\x00-\x08\x0b-\x1f\x7f]").search
_NUMBER = re.compile(rb"[1-9][0-9]{0,5}").fullmatch


class MalformedPolicy(EvidenceError):  # noqa: N818 - named for the defect
    """A file that should be a trust policy is not one."""

    code = "MALFORMED_POLICY"
    exit_code = 88
    meaning = Bilingual(
        zh="信任策略无法读取；没有按它检查任何内容。",
        en="The trust policy cannot be read; nothing was checked by it.",
    )
    action = Bilingual(
        zh="按说明指出的行改正策略文件，或重新取得该文件。",
        en="Correct the line that the detail names, or obtain the file again.",
    )


@dataclass(frozen=True, slots=True)
class PolicyLog:
    """A log that the policy accepts.

    Attributes:
        key: Its verifier key; the key's name is the log's origin.
        url: Where to ask it; None where the file does not say.
    """

    key: VerifierKey | CosignerKey
    url: str | None


@dataclass(frozen=True, slots=True)
class PolicyWitness:
    """A witness that the policy knows.

    Attributes:
        name: What the file calls it.
        key: Its verifier key.
        url: Where to ask it; None where the file does not say.
    """

    name: bytes
    key: CosignerKey
    url: str | None


@dataclass(frozen=True, slots=True)
class PolicyGroup:
    """Witnesses and groups of which at least ``threshold`` must have cosigned."""

    name: bytes
    threshold: int
    members: tuple[bytes, ...]


@dataclass(frozen=True, slots=True)
class Policy:
    """What it takes to believe a checkpoint.

    Attributes:
        logs: The accepted logs.
        witnesses: The known witnesses.
        groups: Groups of them, each after its members.
        quorum: The witness or group that must have cosigned; None where none need.
    """

    logs: tuple[PolicyLog, ...]
    witnesses: tuple[PolicyWitness, ...]
    groups: tuple[PolicyGroup, ...]
    quorum: bytes | None

    @classmethod
    def parse(cls, data: bytes) -> Self:
        """Read a policy file.

        Raises:
            MalformedPolicy: It is none; the detail names the line.
        """
        reader = _Reader()
        lines = _lines(data)
        for number, line in enumerate(lines, 1):
            try:
                reader.read(line)
            except (MalformedPolicy, MalformedKey) as error:
                raise MalformedPolicy(f"line {number}: {error.detail}") from error
        if not reader.has_quorum:
            raise MalformedPolicy(f"line {len(lines)}: the file ends without a quorum line")
        return cls(tuple(reader.logs), tuple(reader.witnesses), tuple(reader.groups), reader.quorum)

    def log_keys(self, origin: str) -> tuple[VerifierKey, ...]:
        """The accepted keys of a log, of signature type 01."""
        keys = (log.key for log in self.logs if log.key.name == origin)
        return tuple(key for key in keys if isinstance(key, VerifierKey))

    @property
    def witness_keys(self) -> tuple[CosignerKey, ...]:
        """The keys of all known witnesses."""
        return tuple(witness.key for witness in self.witnesses)

    def cosignatures(self, note: SignedNote) -> tuple[Cosignature, ...]:
        """The cosignatures by known witnesses that a checkpoint carries.

        Raises:
            SignatureInvalid: A line of a known witness is wrong.
            MalformedCheckpoint: The note is no checkpoint.
            AlgorithmUnavailable: ML-DSA-44 cannot be computed here.
        """
        return cosignatures(note, self.witness_keys)

    def satisfied_by(self, keys: Collection[CosignerKey]) -> bool:
        """Whether the witnesses with these keys make the quorum."""
        if self.quorum is None:
            return True
        stands = {witness.name: witness.key in keys for witness in self.witnesses}
        for group in self.groups:
            stands[group.name] = sum(stands[name] for name in group.members) >= group.threshold
        return stands[self.quorum]


class _Reader:
    """Takes lines in turn and holds each against those before."""

    def __init__(self) -> None:
        self.logs: list[PolicyLog] = []
        self.witnesses: list[PolicyWitness] = []
        self.groups: list[PolicyGroup] = []
        self.quorum: bytes | None = None
        self.has_quorum = False
        self._names: set[bytes] = set()
        self._members: set[bytes] = set()

    def read(self, line: bytes) -> None:
        """Take one line without its newline."""
        words = re.split(rb"[ \t]+", line.strip(b" \t"))
        if words == [b""] or words[0].startswith(b"#"):
            return
        read = _READ.get(words[0])
        if read is None:
            raise MalformedPolicy(f"neither log, witness, group nor quorum: {_shown(words[0])}")
        read(self, words[1:])

    def log(self, words: Sequence[bytes]) -> None:
        """``log <vkey> [<url>]``."""
        if len(words) not in (1, 2):
            raise MalformedPolicy("a log line is: log <vkey> [<url>]")
        key = parse_vkey(_text(words[0]))
        if isinstance(key, CosignerKey) and key.kind is CosignatureType.ED25519:
            raise MalformedPolicy("the key is a witness's, of type 04, not a log's")
        if any(key.public == log.key.public for log in self.logs):
            raise MalformedPolicy("another log line has the same public key")
        self.logs.append(PolicyLog(key, _url(words[1:])))

    def witness(self, words: Sequence[bytes]) -> None:
        """``witness <name> <vkey> [<url>]``."""
        if len(words) not in (2, 3):
            raise MalformedPolicy("a witness line is: witness <name> <vkey> [<url>]")
        key = CosignerKey.parse(_text(words[1]))
        if any(key.public == witness.key.public for witness in self.witnesses):
            raise MalformedPolicy("another witness line has the same public key")
        self._define(words[0])
        self.witnesses.append(PolicyWitness(words[0], key, _url(words[2:])))

    def group(self, words: Sequence[bytes]) -> None:
        """``group <name> all|any|<k> <name>...``."""
        if len(words) < 3:  # noqa: PLR2004 - name, threshold and a member
            raise MalformedPolicy("a group line is: group <name> all|any|<k> <name>...")
        name, kind, *members = words
        for member in members:
            self._take_member(member)
        threshold = _threshold(kind, len(members))
        self._define(name)
        self.groups.append(PolicyGroup(name, threshold, tuple(members)))

    def set_quorum(self, words: Sequence[bytes]) -> None:
        """``quorum <name>|none``."""
        if len(words) != 1:
            raise MalformedPolicy("a quorum line is: quorum <name>|none")
        if self.has_quorum:
            raise MalformedPolicy("there is a quorum line already")
        if words[0] != NO_QUORUM:
            self._require(words[0])
            self.quorum = words[0]
        self.has_quorum = True

    def _define(self, name: bytes) -> None:
        if name == NO_QUORUM or name in self._names:
            raise MalformedPolicy(f"the name {_shown(name)} is taken")
        self._names.add(name)

    def _require(self, name: bytes) -> None:
        if name not in self._names:
            raise MalformedPolicy(f"no line before names {_shown(name)}")

    def _take_member(self, name: bytes) -> None:
        self._require(name)
        if name in self._members:
            raise MalformedPolicy(f"{_shown(name)} is a member of a group already")
        self._members.add(name)


_READ: Mapping[bytes, Callable[[_Reader, Sequence[bytes]], None]] = MappingProxyType(
    {
        b"log": _Reader.log,
        b"witness": _Reader.witness,
        b"group": _Reader.group,
        b"quorum": _Reader.set_quorum,
    }
)


def _lines(data: bytes) -> list[bytes]:
    if len(data) > MAX_POLICY_BYTES:
        raise MalformedPolicy(f"longer than {MAX_POLICY_BYTES} bytes")
    lines = data.split(b"\n")
    if len(lines) > MAX_LINES:
        raise MalformedPolicy(f"more than {MAX_LINES} lines")
    for number, line in enumerate(lines, 1):
        if _FORBIDDEN(line):
            raise MalformedPolicy(f"line {number}: it holds a control character")
    if lines.pop() != b"":
        raise MalformedPolicy(f"line {len(lines) + 1}: it does not end in a newline")
    return lines


def _threshold(word: bytes, members: int) -> int:
    if word in (b"all", b"any"):
        return members if word == b"all" else 1
    if not _NUMBER(word) or int(word) > members:
        raise MalformedPolicy(f"not all, any, or a number from 1 to {members}: {_shown(word)}")
    return int(word)


def _text(word: bytes) -> str:
    try:
        return word.decode("utf-8")
    except UnicodeDecodeError as error:
        raise MalformedPolicy("a key's name is not UTF-8") from error


def _url(words: Sequence[bytes]) -> str | None:
    return words[0].decode("utf-8", "backslashreplace") if words else None


def _shown(word: bytes) -> str:
    return repr(word[:80].decode("utf-8", "backslashreplace"))
