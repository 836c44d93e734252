"""A receipt that was kept elsewhere, checked by itself.

1. The ``receipt`` entry that it carries holds the digest of the receipt's canonical form.
2. The inclusion proof leads from that entry to the root of the checkpoint it carries.

Who signed the checkpoint, and whether a log still has it in its past, is asked of the
checkpoint like of any other that is known from elsewhere.
"""

from typing import Any

import orjson

from archive.receipts.document import digest_of
from hashing.entry import Act, parse
from hashing.errors import DigestMismatch, IntegrityError
from hashing.tlog_proof import TlogProof


class MalformedReceipt(IntegrityError):  # noqa: N818 - named for the defect
    """Bytes that should be a receipt are not one."""

    code = "MALFORMED_RECEIPT"


def is_receipt(data: bytes) -> bool:
    """Whether bytes look like a receipt and not like a note or a proof."""
    return data.lstrip()[:1] == b"{"


def check_receipt(data: bytes) -> TlogProof:
    """The proof that a receipt carries, once the receipt is what the proof is of.

    Raises:
        MalformedReceipt: The bytes are not a receipt.
        DigestMismatch: The receipt is not the one whose digest the entry holds.
        IntegrityError: Its entry or its proof is malformed, or does not hold.
    """
    told = _read(data)
    entry = parse(told["entry"].encode())
    proof = TlogProof.parse(told["proof"].encode())
    if entry.act != Act.RECEIPT or entry.seq != proof.index:
        raise MalformedReceipt("its entry is not the receipt entry that the proof is of")
    found = digest_of(told["receipt"])
    if found != entry.fields.get("sha256"):
        raise DigestMismatch(f"the receipt has sha256:{found}, its entry says another digest")
    proof.verify_inclusion(entry.leaf)
    return proof


def _read(data: bytes) -> dict[str, Any]:
    try:
        told = orjson.loads(data)
    except ValueError as error:
        raise MalformedReceipt(f"not JSON: {error}") from error
    wanted = {"receipt": dict, "entry": str, "proof": str}
    if type(told) is not dict or told.keys() != wanted.keys():
        raise MalformedReceipt("a receipt file holds receipt, entry and proof")
    if any(type(told[name]) is not kind for name, kind in wanted.items()):
        raise MalformedReceipt("a part of the receipt file is of another type")
    return told
