"""Bodies of the acts of the station and the archive: keys, settings, copies, access."""

from collections.abc import Mapping
from typing import Any

from hashing.act_schema import OBJECT, Act, ActSchema
from hashing.schema import (
    BASE64,
    COUNT,
    HEX32,
    HEX64,
    TEXT,
    Field,
    list_of,
    map_of,
    one_of,
    optional,
    record,
)


def _key_is_whole(body: Mapping[str, Any]) -> bool:
    rotation = {"previous_vkey", "endorsement", "acceptance"} & body.keys()
    return len(rotation) in {0, 3} and not (rotation and "succeeds" in body)


def _page_names_its_checkpoint(body: Mapping[str, Any]) -> bool:
    return ({"size", "root"} & body.keys()) == (
        {"size", "root"} if body["kind"] == "page" else set()
    )


def _stretch_is_whole(body: Mapping[str, Any]) -> bool:
    return len({"store", "began", "after", "through"} & body.keys()) in {0, 4}


ARCHIVE_ACTS: dict[Act, ActSchema] = {
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
        "A copy in a further store was made and read back, or a store no longer has one: the "
        "landing copy was let go, or a further store's was found damaged or missing.",
        (
            Field("object", OBJECT, "The bytes."),
            Field("store", TEXT, "The store's id, or `landing`."),
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
        "Recordings left the archive, or a checkpoint did on paper.",
        (
            Field("kind", one_of("copy", "package", "audit_pack", "page"), "As what."),
            Field("recordings", list_of(HEX32), "Their ids; none for a page."),
            Field("purpose", TEXT, "What for; for a page who keeps it."),
            optional("approval", TEXT, "The number of the approval."),
            optional("size", COUNT, "For a page: the entries that its checkpoint covers."),
            optional("root", HEX64, "For a page: its checkpoint's root."),
        ),
        _page_names_its_checkpoint,
        "size and root stand with the kind `page`, and with no other",
    ),
    Act.FIXITY: ActSchema(
        "Stored objects were read and hashed again.",
        (
            Field("scope", TEXT, "Why: `scheduled`."),
            optional("store", TEXT, "The store's id, or `landing`."),
            optional("began", TEXT, "When the reading began, a time as in `time`."),
            optional("after", HEX64, "The digest before the first that was read."),
            optional("through", HEX64, "The last digest: all of the store in between were read."),
            Field("objects", COUNT, "How many."),
            Field("bytes", COUNT, "How much."),
            Field("failures", list_of(HEX64), "Those missing, unreadable or with other bytes."),
        ),
        _stretch_is_whole,
        "store, began, after and through stand together",
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
