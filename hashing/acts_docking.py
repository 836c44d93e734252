"""Bodies of the acts of a docking, from what is plugged in to what is let go."""

from collections.abc import Mapping
from typing import Any

from hashing.act_schema import DOCKING, OBJECT, RECORDER, Act, ActSchema
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
    list_of,
    map_of,
    nullable,
    one_of,
    optional,
    record,
    tuple_of,
)


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
_MTIME = (
    Field("mtime_us", INTEGER, "Modification time in microseconds since 1970."),
    Field(
        "mtime_zone",
        one_of("utc", "local_digits"),
        "Whether that is an instant, or the recorder's wall clock read as if it were UTC.",
    ),
)
_OCCURRENCE = (
    DOCKING,
    Field("recording", HEX32, "The recording's id."),
    RECORDER,
    Field("officer", nullable(TEXT), "Who had the recorder, as far as known."),
    Field("object", OBJECT, "The bytes."),
    Field("complete", BOOLEAN, "False where extents of the file could not be read."),
    *_PATH,
    *_MTIME,
    Field("sample", HEX64, "SHA-256 over the sampled blocks, to recognise the file by."),
    Field("name", nullable(_NAME), "What the file's name says; null for an unknown grammar."),
)
_RECOVERED = optional("recovered", TRUE, "Written from the intent a crash had left.")

DOCKING_ACTS: dict[Act, ActSchema] = {
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
            DOCKING,
            RECORDER,
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
            DOCKING,
            Field("device_local", LOCAL_TIME, "What the recorder said, without a zone."),
            Field("offset_ms", INTEGER, "Recorder minus station, in milliseconds."),
            Field("uncertainty_ms", COUNT, "Half the duration of the exchange."),
            Field("method", TEXT, "How it was read."),
        ),
    ),
    Act.INVENTORY: ActSchema(
        "What was on the recorder before the first copy.",
        (
            DOCKING,
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
            optional("object", OBJECT, "The bytes that were kept."),
            optional("kept_as", TEXT, "File name in `quarantine/`."),
        ),
        _path_is_exact,
        "path_b64 belongs to path",
    ),
    Act.UNDOCK: ActSchema(
        "The end of a docking and its account. Entries of the docking that follow come from "
        "reading known files whole in idle time; the account does not count them.",
        (
            DOCKING,
            RECORDER,
            Field("found", COUNT, "Names found."),
            Field("new", COUNT, "New recordings."),
            Field("known", COUNT, "Sightings."),
            Field("failed", COUNT, "Files unreadable or quarantined."),
            Field("skipped", map_of(COUNT), "Names that are no regular file, by reason."),
            Field("bytes", COUNT, "Bytes copied."),
            Field(
                "state", one_of("safe_to_remove", "removable_incomplete"), "What the slot showed."
            ),
            optional("left", list_of(TEXT), "The first paths that stayed behind, 100 at most."),
            Field("interrupted", BOOLEAN, "Whether it went away before the end."),
        ),
        _undock_adds_up,
        "found = new + known + failed + the sum of skipped",
    ),
    Act.RECEIPT: ActSchema(
        "The receipt of a docking, made from its entries up to `undock`; see Receipts.",
        (
            DOCKING,
            RECORDER,
            Field("officer", nullable(TEXT), "Who had the recorder, as far as known."),
            Field("sha256", HEX64, "SHA-256 of the receipt's canonical form."),
            Field("files", COUNT, "How many files it lists."),
        ),
    ),
    Act.IMPORT: ActSchema(
        "Earlier footage brought in as a docking of its own.",
        (
            DOCKING,
            Field("source", TEXT, "Where it comes from, in words."),
            Field("custodian", TEXT, "Who answers for it until here."),
            optional("manifest_sha256", HEX64, "SHA-256 of the list of earlier digests."),
        ),
    ),
}
