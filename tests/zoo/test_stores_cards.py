"""Folders that are not the store they should be, one per defect."""

import json
import os
from collections.abc import Callable
from pathlib import Path

import pytest

from archive.errors import StorageError, StoreUnavailable
from archive.stores.card import CARD, issue_card
from hashing.note import SigningKey
from tests.stores import ShareSite

KEY = SigningKey.generate_origin("bureau/dock-1")
OTHER = SigningKey.generate_origin("bureau/dock-2")
GOOD = issue_card("nas", KEY, 1_767_225_600_000_000)
FIELDS = json.loads(GOOD)


def canonical(**changes: object) -> bytes:
    fields = {key: value for key, value in {**FIELDS, **changes}.items() if value is not ...}
    return json.dumps(fields, sort_keys=True, separators=(",", ":")).encode()


CARDS = {
    "empty": b"",
    "not_json": b"store",
    "not_an_object": b"[]",
    "cut_short": GOOD[:-1],
    "white_space_added": GOOD + b"\n",
    "too_long": canonical(store="x" * 5000),
    "of_another_archive": issue_card("nas", OTHER, 1),
    "signed_by_another_key": canonical(
        signature=json.loads(issue_card("nas", OTHER, 1))["signature"]
    ),
    "of_our_name_with_another_key": issue_card("nas", SigningKey.generate(KEY.name), 1),
    "store_changed": canonical(store="nas/00000000"),
    "created_changed": canonical(created="2027-01-01T00:00:00.000000Z"),
    "signature_missing": canonical(signature=...),
    "signature_not_base64": canonical(signature="*"),
    "signature_empty": canonical(signature=""),
    "later_version": canonical(v=2),
    "field_missing": canonical(created=...),
    "field_added": canonical(more="x"),
    "field_of_another_kind": canonical(store=7),
    "null_bytes": b"\0" * 64,
}


@pytest.fixture
def share(tmp_path: Path) -> ShareSite:
    site = ShareSite(tmp_path / "share", KEY)
    (site.folder / CARD).write_bytes(GOOD)
    return site


def test_the_card_that_all_others_are_made_from_is_good(share: ShareSite) -> None:
    assert share.direct().card().store == FIELDS["store"]
    assert canonical() == GOOD


@pytest.mark.parametrize("name", CARDS)
def test_a_card_that_is(share: ShareSite, name: str) -> None:
    (share.folder / CARD).write_bytes(CARDS[name])
    with pytest.raises(StoreUnavailable, match=CARD):
        share.direct().card()


@pytest.mark.parametrize(
    "make",
    [os.mkdir, os.mkfifo, lambda path: os.symlink(Path(path).with_name("good"), path)],
    ids=["a_folder", "a_fifo", "a_link"],
)
def test_a_card_that_is_no_file_is_refused_and_hangs_nobody(
    share: ShareSite, make: Callable[[Path], None]
) -> None:
    (share.folder / CARD).rename(share.folder / "good")
    make(share.folder / CARD)
    with pytest.raises(StorageError, match=CARD):
        share.direct().card()
