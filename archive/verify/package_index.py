"""``proof/package.json``, read from outside: what a package says of itself.

Nothing here is believed. The index says where things are; whether they are so is the business of
:mod:`archive.verify.package` and :mod:`archive.verify.audit_pack`.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final, Self

from hashing import canonical
from hashing.errors import IntegrityError
from hashing.schema import (
    COUNT,
    HEX32,
    HEX64,
    LOG_TIME,
    TEXT,
    Field,
    find_in_record,
    list_of,
    one_of,
    optional,
    record,
)

INDEX: Final = "proof/package.json"
MAX_INDEX_BYTES: Final = 1 << 26
EVIDENCE: Final = "evidence_package"
AUDIT: Final = "audit_pack"

_COMMON: Final = (
    Field("v", COUNT, "1."),
    Field("kind", one_of(EVIDENCE, AUDIT), "Which of the two."),
    Field("created", LOG_TIME, "When it was made, by the station's clock."),
    Field("origin", TEXT, "The log."),
    Field("vkey", TEXT, "The log's first verifier key: a claim."),
    Field("size", COUNT, "Entries under the checkpoint."),
    Field("not_included", list_of(TEXT), "What the package cannot show."),
)
_EVIDENCE_FIELDS: Final = (
    *_COMMON,
    Field(
        "recordings",
        list_of(
            record(
                "recording",
                [
                    Field("recording", HEX32, "Its id."),
                    Field("path", TEXT, "Its original in the package."),
                    Field("sha256", HEX64, "SHA-256 of the bytes."),
                    optional("sm3", HEX64, "SM3 of the bytes."),
                    Field("size_bytes", COUNT, "Number of bytes."),
                    Field("seq", COUNT, "The entry that made it."),
                ],
            )
        ),
        "The recordings.",
    ),
    Field("entries", list_of(COUNT), "The entries in `proof/entries`."),
    Field(
        "anchors",
        list_of(
            record(
                "anchor",
                [
                    Field("size", COUNT, "The checkpoint's number of entries."),
                    Field("tokens", list_of(TEXT), "The authorities that stamped it."),
                ],
            )
        ),
        "The anchors in `proof/anchors`.",
    ),
)
_AUDIT_FIELDS: Final = (
    *_COMMON,
    Field("objects", COUNT, "Objects in `data/objects.tsv`."),
    Field(
        "sample",
        record(
            "sample",
            [
                Field("seed", TEXT, "What the auditor chose."),
                Field("count", COUNT, "How many objects."),
                Field("objects", list_of(HEX64), "Their SHA-256, in the order of their rank."),
            ],
        ),
        "The objects whose bytes are in the pack.",
    ),
)
_FIELDS: Final = {EVIDENCE: _EVIDENCE_FIELDS, AUDIT: _AUDIT_FIELDS}


class MalformedIndex(IntegrityError):  # noqa: N818 - named for the defect
    """The index of a package is missing a field, or is none at all."""

    code = "MALFORMED_INDEX"
    exit_code = 12


@dataclass(frozen=True, slots=True)
class PackageIndex:
    """The index of a package.

    Attributes:
        kind: ``evidence_package`` or ``audit_pack``.
        fields: All of it, of the form that its kind has.
    """

    kind: str
    fields: Mapping[str, Any]

    @classmethod
    def parse(cls, data: bytes) -> Self:
        """Read an index.

        Raises:
            MalformedIndex: The bytes are none.
        """
        try:
            fields = canonical.decode(data)
        except IntegrityError as error:
            raise MalformedIndex(f"{INDEX}: {error.detail}") from error
        kind = fields.get("kind")
        table = _FIELDS.get(kind) if isinstance(kind, str) else None
        if table is None:
            raise MalformedIndex(f"{INDEX} is of no kind that is known")
        if (fault := find_in_record(table, fields)) is not None or fields["v"] != 1:
            raise MalformedIndex(f"{INDEX}{fault or '.v'} is missing, malformed or unknown")
        return cls(str(kind), fields)
