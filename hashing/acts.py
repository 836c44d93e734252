"""The closed list of acts, and for each what its entry's body holds.

The tables here are checked whenever an entry is written (:func:`validate`) and printed in
``docs/formats.md`` (:mod:`hashing.acts_table`), so that the two cannot part.

* Acts are extended only by addition. A reader meeting an act or a field it does not know
  treats the entry as intact and does not interpret it.
* An act without a table here is reserved: its name is taken, its body is not defined, and
  no entry of it can be written.
* Validation happens at write time. A verifier asks for it; it does not need it.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType
from typing import Any

from hashing.errors import IntegrityError
from hashing.paths import path_bytes
from hashing.schema import (
    BASE64,
    BOOLEAN,
    COUNT,
    HEX32,
    HEX64,
    INTEGER,
    LOCAL_TIME,
    ORDINAL,
    TEXT,
    TRUE,
    Field,
    find_in_record,
    list_of,
    map_of,
    nullable,
    one_of,
    optional,
    record,
    tuple_of,
)


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


class BodyMismatch(IntegrityError):  # noqa: N818 - named for the defect
    """The body of an entry is not what its act's schema says."""

    code = "BODY_MISMATCH"


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


def validate(act: Act, body: Mapping[str, object]) -> None:
    """Check a body that is about to be written.

    Raises:
        BodyMismatch: A field is missing, malformed or unknown, the act's rule does not
            hold, or the act is reserved.
    """
    schema = SCHEMAS.get(act)
    if schema is None:
        raise BodyMismatch(f"{act} is reserved: it has no body yet")
    fault = find_in_record(schema.fields, body)
    if fault is not None:
        raise BodyMismatch(f"{act}{fault} is missing, malformed or not in the schema")
    if schema.rule is not None and not schema.rule(body):
        raise BodyMismatch(f"{act} breaks its rule: {schema.rule_doc}")


def _key_is_whole(body: Mapping[str, Any]) -> bool:
    rotation = {"previous_vkey", "endorsement", "acceptance"} & body.keys()
    return len(rotation) in {0, 3} and not (rotation and "succeeds" in body)


def _path_is_exact(body: Mapping[str, Any]) -> bool:
    path_bytes(body)
    return True


def _inventory_is_exact(body: Mapping[str, Any]) -> bool:
    return body["part"] <= body["parts"] and all(
        _path_is_exact(item) for name in ("files", "skipped", "unreadable") for item in body[name]
    )


def _undock_adds_up(body: Mapping[str, Any]) -> bool:
    ended: int = body["new"] + body["known"] + body["failed"] + sum(body["skipped"].values())
    return bool(body["found"] == ended)


_OBJECT = record(
    "object",
    [
        Field("sha256", HEX64, "SHA-256 of the bytes."),
        optional("sm3", HEX64, "SM3 of the bytes."),
        Field("size_bytes", COUNT, "Number of bytes."),
    ],
)
_NAME = record(
    "parsed name",
    [
        Field("grammar", TEXT, "Name of the grammar that matched."),
        Field(
            "media", one_of("video", "audio", "image", "log", "other"), "What the name says it is."
        ),
        Field("device", nullable(TEXT), "Device number in the name."),
        Field("officer_no", nullable(TEXT), "Officer number in the name."),
        Field("local_time", nullable(LOCAL_TIME), "The name's digits: wall clock, no zone."),
        Field("counter", nullable(COUNT), "The running number."),
        Field("important", BOOLEAN, "Whether the name carries the importance mark."),
        Field("prerecord", BOOLEAN, "Whether the file lies in the pre-record ring."),
    ],
)
_PATH = (
    Field("path", TEXT, "Path on the recorder, with U+FFFD for bytes that are not UTF-8."),
    optional("path_b64", BASE64, "The path's raw bytes, where the text is not exact."),
)
_DOCKING = Field("docking", HEX32, "The docking it happened in.")
_MTIME = (
    Field("mtime_us", INTEGER, "Modification time in microseconds since 1970."),
    Field(
        "mtime_zone",
        one_of("utc", "local_digits"),
        "Whether that is an instant, or the recorder's wall clock read as if it were UTC.",
    ),
)
_RECORDER = Field("recorder", TEXT, "The recorder's identity.")
_OCCURRENCE = (
    _DOCKING,
    Field("recording", HEX32, "The recording's id."),
    _RECORDER,
    Field("officer", nullable(TEXT), "Who had the recorder, as far as known."),
    Field("object", _OBJECT, "The bytes."),
    Field("complete", BOOLEAN, "False where extents of the file could not be read."),
    *_PATH,
    *_MTIME,
    Field("sample", HEX64, "SHA-256 over the sampled blocks, to recognise the file by."),
    Field("name", nullable(_NAME), "What the file's name says; null for an unknown grammar."),
)
_RECOVERED = optional("recovered", TRUE, "Written from the intent a crash had left.")

_SCHEMAS: dict[Act, ActSchema] = {
    Act.KEY: ActSchema(
        "The key that signs checkpoints from here on. Entry 0 is always one.",
        (
            Field("origin", TEXT, "The log's name, fixed for its life."),
            Field("vkey", TEXT, "The verifier key."),
            optional("previous_vkey", TEXT, "The key that signed until here."),
            optional("endorsement", BASE64, "Signature by the previous key."),
            optional("acceptance", BASE64, "Signature by the new key."),
            optional(
                "succeeds",
                record(
                    "predecessor",
                    [
                        Field("origin", TEXT, "The earlier log."),
                        Field("size", COUNT, "Its last known number of entries."),
                        Field("root", HEX64, "Its root at that size."),
                        Field("reason", TEXT, "Why it could not go on."),
                    ],
                ),
                "In entry 0 only: the lost log that this one follows.",
            ),
        ),
        _key_is_whole,
        "a rotation has previous_vkey, endorsement and acceptance together, and no succeeds",
    ),
    Act.START: ActSchema(
        "The program opened the archive for writing.",
        (
            Field("program", TEXT, "Its name."),
            Field("version", TEXT, "Its version."),
            Field("timezone", TEXT, "The station's zone, as an IANA name."),
        ),
    ),
    Act.STOP: ActSchema(
        "The program closed the archive in order.", (Field("reason", TEXT, "Why."),)
    ),
    Act.CONFIG: ActSchema(
        "The settings and rule files in force from here on.",
        (
            Field("sha256", HEX64, "SHA-256 of the effective configuration."),
            Field("rules", map_of(HEX64), "SHA-256 of each rule file, by its name."),
        ),
    ),
    Act.DOCK: ActSchema(
        "Something was docked.",
        (
            Field("docking", HEX32, "The docking's id, random."),
            Field("slot", nullable(TEXT), "The slot, where ports are bound to slots."),
            Field("driver", TEXT, "The driver that reads it."),
            Field("source", TEXT, "Where it is: a port or a path."),
            Field("timezone", TEXT, "IANA name of the zone its wall-clock digits are read in."),
        ),
    ),
    Act.IDENTIFY: ActSchema(
        "Which recorder it is held to be, and on what evidence.",
        (
            _DOCKING,
            _RECORDER,
            Field("basis", one_of("option", "evidence", "fallback"), "What decided."),
            Field(
                "evidence",
                list_of(
                    record(
                        "observation",
                        [
                            Field("kind", TEXT, "What was observed."),
                            Field("value", TEXT, "Its value."),
                            Field("weight", COUNT, "How much it counted, 0 to 100."),
                        ],
                    )
                ),
                "Everything observed.",
            ),
            Field("officer", nullable(TEXT), "Who had the recorder, as far as known."),
            Field("officer_source", one_of("option", "ledger", "device", "none"), "Who says so."),
        ),
    ),
    Act.CLOCK_READ: ActSchema(
        "The recorder's clock beside the station's, before anything set it.",
        (
            _DOCKING,
            Field("device_local", LOCAL_TIME, "What the recorder said, without a zone."),
            Field("offset_ms", INTEGER, "Recorder minus station, in milliseconds."),
            Field("uncertainty_ms", COUNT, "Half the duration of the exchange."),
            Field("method", TEXT, "How it was read."),
        ),
    ),
    Act.INVENTORY: ActSchema(
        "What was on the recorder before the first copy.",
        (
            _DOCKING,
            Field("batch", HEX32, "Joins the parts of one inventory."),
            Field("part", ORDINAL, "This part, from 1."),
            Field("parts", ORDINAL, "How many parts there are."),
            Field("found", COUNT, "Names found, in all parts together."),
            Field(
                "files",
                list_of(
                    record(
                        "file",
                        [*_PATH, Field("size_bytes", COUNT, "Size when listed."), *_MTIME],
                    )
                ),
                "Regular files.",
            ),
            Field(
                "skipped",
                list_of(record("node", [*_PATH, Field("reason", TEXT, "What it is.")])),
                "Names that are no regular file.",
            ),
            Field(
                "unreadable",
                list_of(record("node", [*_PATH, Field("detail", TEXT, "What failed.")])),
                "Names that could not be examined.",
            ),
        ),
        _inventory_is_exact,
        "part is at most parts, and every path_b64 belongs to its path",
    ),
    Act.INGEST: ActSchema(
        "An object was stored: the first occurrence of these bytes.",
        (
            *_OCCURRENCE,
            optional("unreadable", list_of(tuple_of(COUNT, COUNT)), "Extents [offset, length]."),
            optional("changed", TRUE, "The file changed while it was copied; copied again."),
            _RECOVERED,
        ),
        _path_is_exact,
        "path_b64 belongs to path",
    ),
    Act.SIGHTING: ActSchema(
        "A file whose bytes are already stored.",
        (
            *_OCCURRENCE,
            Field(
                "proof",
                one_of("content", "metadata"),
                "Whether it was read whole, or recognised by path, size, time and sample.",
            ),
            Field("new_recording", BOOLEAN, "True where this recorder had not shown them."),
            _RECOVERED,
        ),
        _path_is_exact,
        "path_b64 belongs to path",
    ),
    Act.QUARANTINE: ActSchema(
        "A file that could not become evidence, and what was kept of it.",
        (
            Field("docking", nullable(HEX32), "The docking it happened in, if any."),
            Field("recorder", nullable(TEXT), "The recorder's identity, if known."),
            *_PATH,
            Field("reason", TEXT, "A word for it."),
            Field("detail", TEXT, "A sentence for it."),
            optional("object", _OBJECT, "The bytes that were kept."),
            optional("kept_as", TEXT, "File name in `quarantine/`."),
        ),
        _path_is_exact,
        "path_b64 belongs to path",
    ),
    Act.UNDOCK: ActSchema(
        "The end of a docking and its account.",
        (
            _DOCKING,
            _RECORDER,
            Field("found", COUNT, "Names found."),
            Field("new", COUNT, "New recordings."),
            Field("known", COUNT, "Sightings."),
            Field("failed", COUNT, "Files unreadable or quarantined."),
            Field("skipped", map_of(COUNT), "Names that are no regular file, by reason."),
            Field("bytes", COUNT, "Bytes copied."),
            Field(
                "state", one_of("safe_to_remove", "removable_incomplete"), "What the slot showed."
            ),
            optional("left", list_of(TEXT), "The first 100 paths that stayed behind."),
            Field("interrupted", BOOLEAN, "Whether it went away before the end."),
        ),
        _undock_adds_up,
        "found = new + known + failed + the sum of skipped",
    ),
    Act.IMPORT: ActSchema(
        "Earlier footage brought in as a docking of its own.",
        (
            _DOCKING,
            Field("source", TEXT, "Where it comes from, in words."),
            Field("custodian", TEXT, "Who answers for it until here."),
            optional("manifest_sha256", HEX64, "SHA-256 of the list of earlier digests."),
        ),
    ),
    Act.RECOVER: ActSchema(
        "What a start after a crash found and did.",
        (
            Field("completed", COUNT, "Intents completed."),
            Field("discarded", COUNT, "Intents without an object."),
            Field("quarantined", COUNT, "Objects with neither entry nor intent."),
            Field("truncated_dockings", list_of(HEX32), "Dockings that never ended."),
        ),
    ),
    Act.REPLICATE: ActSchema(
        "A copy in a further store was made and read back, or the landing copy let go.",
        (
            Field("object", _OBJECT, "The bytes."),
            Field("store", TEXT, "The store's id."),
            Field("operation", one_of("copy", "evict"), "Which of the two."),
        ),
    ),
    Act.VIEW: ActSchema(
        "Someone saw a recording.",
        (
            Field("recording", HEX32, "The recording's id."),
            optional("purpose", TEXT, "What for."),
        ),
    ),
    Act.EXPORT: ActSchema(
        "Recordings left the archive.",
        (
            Field("kind", one_of("copy"), "As what."),
            Field("recordings", list_of(HEX32), "Their ids."),
            Field("purpose", TEXT, "What for."),
            optional("approval", TEXT, "The number of the approval."),
        ),
    ),
    Act.FIXITY: ActSchema(
        "Stored objects were read and hashed again.",
        (
            Field("scope", TEXT, "Which of them."),
            Field("objects", COUNT, "How many."),
            Field("bytes", COUNT, "How much."),
            Field("failures", list_of(HEX64), "Those that did not match."),
        ),
    ),
    Act.ALARM: ActSchema(
        "Something a person must look at.",
        (
            Field("alarm", TEXT, "Which alarm."),
            Field("subject", TEXT, "What it is about."),
            Field("detail", TEXT, "A sentence for it."),
        ),
    ),
    Act.RESTORE: ActSchema(
        "The archive was rebuilt from a backup.",
        (
            Field("source", TEXT, "From where."),
            Field("size", COUNT, "Entries that were restored."),
            Field("root", HEX64, "Root of the log at that size."),
        ),
    ),
    Act.NOTE: ActSchema(
        "A free text was written; the text itself is an erasable file.",
        (
            Field("sha256", HEX64, "SHA-256 of the note file."),
            Field("subject", TEXT, "What it is about."),
        ),
    ),
    Act.DENY: ActSchema(
        "Someone was refused something.",
        (
            Field("what", TEXT, "What was asked."),
            Field("reason", TEXT, "Why it was refused."),
        ),
    ),
}

SCHEMAS: Mapping[Act, ActSchema] = MappingProxyType(_SCHEMAS)
"""The schema of every act that can be written. An act not in it is reserved."""
