"""``store.json``: which store a folder is, and to which archive it belongs.

An unmounted share is an empty folder, and a share mounted in the wrong place is another
store. Without a valid card a store is neither written, nor verified, nor counted.

The card is canonical JSON (:mod:`hashing.canonical`) of at most 4,096 bytes:

* ``v``: 1
* ``store``: the store's id, ``<name>/<8 hex>``, unique, never changed, the ``store`` of
  ``replicate`` entries
* ``origin``: the archive's log
* ``created``: when it was registered, as times stand in entries
* ``signature``: base64 of the Ed25519 signature by the log's key over the ASCII line
  ``evidence-daemon store``, a newline, and the canonical JSON of the other four
"""

import base64
import os
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from archive.errors import StoreUnavailable
from hashing.canonical import decode, encode
from hashing.entry import format_time
from hashing.errors import IntegrityError
from hashing.note import SigningKey, VerifierKey, strict_base64

CARD: Final = "store.json"
MAX_CARD_BYTES: Final = 4096

_CONTEXT: Final = b"evidence-daemon store\n"
_FIELDS: Final = frozenset({"v", "store", "origin", "created", "signature"})
_VERSION: Final = 1


@dataclass(frozen=True, slots=True)
class StoreCard:
    """A store's identity.

    Attributes:
        store: Its id.
        origin: The log of the archive it belongs to.
        created: When it was registered.
    """

    store: str
    origin: str
    created: str


def issue_card(name: str, key: SigningKey, now_us: int) -> bytes:
    """The bytes of a new store's card.

    Args:
        name: The store's name; the id adds random characters to it.
        key: The log's key.
        now_us: The time, microseconds since 1970.
    """
    body: dict[str, object] = {
        "v": _VERSION,
        "store": f"{name}/{os.urandom(4).hex()}",
        "origin": key.name,
        "created": format_time(now_us),
    }
    signature = key.sign(_signed_text(body))
    return encode({**body, "signature": base64.b64encode(signature).decode("ascii")})


def read_card(data: bytes, keys: Sequence[VerifierKey]) -> StoreCard:
    """Read a card and verify that one of the log's keys signed it.

    Raises:
        StoreUnavailable: It is no card, belongs to another archive, or is not validly signed.
    """
    try:
        fields = decode(data)
    except IntegrityError as error:
        raise StoreUnavailable(f"{CARD} is not a store's card: {error.detail}") from error
    if not _is_well_formed(fields):
        raise StoreUnavailable(f"{CARD} is not a store's card of version {_VERSION}")
    origins = {key.name for key in keys}
    if fields["origin"] not in origins:
        raise StoreUnavailable(f"{CARD} belongs to the archive {fields['origin']!r}")
    signature = strict_base64(fields.pop("signature"))
    text = _signed_text(fields)
    if signature is None or not any(key.verifies(text, signature) for key in keys):
        raise StoreUnavailable(f"{CARD} is not signed by a key of {fields['origin']}")
    return StoreCard(fields["store"], fields["origin"], fields["created"])


def _signed_text(body: dict[str, Any]) -> bytes:
    return _CONTEXT + encode(body)


def _is_well_formed(fields: dict[str, Any]) -> bool:
    texts = (fields.get(name) for name in _FIELDS - {"v"})
    return (
        fields.keys() == _FIELDS
        and fields["v"] == _VERSION
        and all(isinstance(text, str) and text for text in texts)
    )
