"""The names of the acts, and the form of the tables that say what their bodies hold."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from hashing.schema import COUNT, HEX32, HEX64, TEXT, Field, optional, record


class Act(StrEnum):
    """What an entry is about."""

    START = "start"
    STOP = "stop"
    CONFIG = "config"
    KEY = "key"
    REGISTRY = "registry"
    DOCK = "dock"
    IDENTIFY = "identify"
    CLOCK_READ = "clock_read"
    CLOCK_SET = "clock_set"
    INVENTORY = "inventory"
    INGEST = "ingest"
    IMPORT = "import"
    SIGHTING = "sighting"
    QUARANTINE = "quarantine"
    PROBE = "probe"
    UNDOCK = "undock"
    WIPE_INTENT = "wipe_intent"
    WIPED = "wiped"
    RECEIPT = "receipt"
    ASSIGN = "assign"
    CASE = "case"
    LINK = "link"
    UNLINK = "unlink"
    SUGGEST = "suggest"
    MARK = "mark"
    GAP_REASON = "gap_reason"
    NOTE = "note"
    ERASE = "erase"
    REVIEW = "review"
    PUBLISH = "publish"
    REQUEST = "request"
    HOLD = "hold"
    RELEASE = "release"
    VIEW = "view"
    EXPORT = "export"
    APPROVE = "approve"
    DENY = "deny"
    DERIVE = "derive"
    RESEAL = "reseal"
    DISPOSE_PROPOSE = "dispose_propose"
    DISPOSE_APPROVE = "dispose_approve"
    DISPOSE = "dispose"
    FIXITY = "fixity"
    REPLICATE = "replicate"
    STAMP = "stamp"
    WITNESS = "witness"
    ALARM = "alarm"
    ACK = "ack"
    RECOVER = "recover"
    RESTORE = "restore"


Rule = Callable[[Mapping[str, Any]], bool]


@dataclass(frozen=True, slots=True)
class ActSchema:
    """What the body of an act holds.

    Attributes:
        doc: What the entry states.
        fields: Its fields, in the order of the documentation.
        rule: A condition across fields, given that each of them is well-formed.
        rule_doc: The condition in words.
    """

    doc: str
    fields: tuple[Field, ...]
    rule: Rule | None = None
    rule_doc: str = ""


OBJECT = record(
    "object",
    [
        Field("sha256", HEX64, "SHA-256 of the bytes."),
        optional("sm3", HEX64, "SM3 of the bytes."),
        Field("size_bytes", COUNT, "Number of bytes."),
    ],
)
DOCKING = Field("docking", HEX32, "The docking it happened in.")
RECORDER = Field("recorder", TEXT, "The recorder's identity.")
