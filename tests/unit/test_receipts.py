"""Receipts: made from a docking's entries, issued at its end, checked by themselves."""

import json
import shutil
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from archive.errors import NoReceipt
from archive.receipts.check import MalformedReceipt, check_receipt, is_receipt
from archive.receipts.document import digest_of, receipt_of
from drivers.folder import FolderRecorder
from evidence_daemon.service.receipts import Receipts
from hashing.acts import BodyMismatch
from hashing.entry import Act
from hashing.errors import DigestMismatch, EvidenceError, IntegrityError
from hashing.merkle import ProofInvalid
from tests.archives import CARD, Site, dock, lay_card, new_site
from tests.catalog_story import tell
from tests.stores import ingested_site


@pytest.fixture(scope="module")
def pristine(tmp_path_factory: pytest.TempPathFactory) -> Site:
    return ingested_site(tmp_path_factory.mktemp("pristine"))


@pytest.fixture(scope="module")
def told(pristine: Site, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """The receipt of the one docking of the archive, as the service gives it."""
    folder = tmp_path_factory.mktemp("told") / "site"
    shutil.copytree(pristine.folder, folder)
    with Site(folder, pristine.key).open() as archive:
        (docked,) = archive.catalog.dockings()
        return Receipts(archive).receipt(docked.docking[:8])


def data_of(told: dict[str, Any]) -> bytes:
    return json.dumps(told, ensure_ascii=False).encode()


def changed(told: dict[str, Any], part: str, old: str, new: str) -> bytes:
    text = json.dumps(told[part], ensure_ascii=False)
    assert old in text
    return data_of(told | {part: json.loads(text.replace(old, new, 1))})


def test_every_docking_ends_in_a_receipt(pristine: Site) -> None:
    (undock,) = pristine.acts("undock")
    (receipt,) = pristine.acts("receipt")
    assert receipt["seq"] == undock["seq"] + 1
    assert receipt["docking"] == undock["docking"]


def test_it_lists_what_the_docking_took(pristine: Site, told: dict[str, Any]) -> None:
    receipt = told["receipt"]
    seen = pristine.acts("ingest", "sighting")
    assert [file["seq"] for file in receipt["files"]] == [entry["seq"] for entry in seen]
    assert {file["sha256"] for file in receipt["files"]} == set(pristine.objects())
    assert len(receipt["files"]) == receipt["new"] + receipt["known"]
    results = {file["result"] for file in receipt["files"]}
    assert results == {"new", "known"}, "the card holds marked copies of some files"


def test_it_holds_by_itself(told: dict[str, Any]) -> None:
    data = data_of(told)
    assert is_receipt(data)
    proof = check_receipt(data)
    assert proof.checkpoint.size > proof.index


def test_a_changed_receipt_is_found(told: dict[str, Any]) -> None:
    digest = told["receipt"]["files"][0]["sha256"]
    with pytest.raises(DigestMismatch):
        check_receipt(changed(told, "receipt", digest, digest[::-1]))


def test_a_changed_entry_is_found(told: dict[str, Any]) -> None:
    with pytest.raises(ProofInvalid):
        check_receipt(changed(told, "entry", '\\"station\\":\\"dock-1', '\\"station\\":\\"dock-2'))


def test_another_entrys_proof_is_found(told: dict[str, Any]) -> None:
    index = json.loads(told["entry"])["seq"]
    with pytest.raises(IntegrityError):
        check_receipt(changed(told, "proof", f"index {index}", f"index {index - 1}"))


@pytest.mark.parametrize("wrong", [b"", b"{}", b"[]", b"{", b'{"receipt":1,"entry":"","proof":""}'])
def test_what_is_no_receipt_is_refused(wrong: bytes) -> None:
    with pytest.raises(MalformedReceipt):
        check_receipt(wrong)


@settings(suppress_health_check=[HealthCheck.too_slow], deadline=None)
@given(st.data())
def test_garbage_leaks_nothing_foreign(told: dict[str, Any], data: st.DataObject) -> None:
    raw = bytearray(data_of(told))
    place = data.draw(st.integers(0, len(raw) - 1))
    raw[place] = data.draw(st.integers(0, 255))
    try:
        check_receipt(bytes(raw))
    except EvidenceError:
        return
    was, now = json.loads(data_of(told)), json.loads(raw)
    assert was["receipt"] == now["receipt"], "a changed receipt was taken for the one issued"
    assert was["entry"] == now["entry"]


def test_it_is_made_again_from_a_rebuilt_catalog(pristine: Site, tmp_path: Path) -> None:
    shutil.copytree(pristine.folder, tmp_path / "site")
    site = Site(tmp_path / "site", pristine.key)
    (site.root / "catalog.sqlite").unlink()
    (entry,) = site.acts("receipt")
    with site.open() as archive:
        issued = archive.receipts.find(entry["docking"])
    assert digest_of(issued.receipt) == entry["sha256"]


def test_a_later_docking_does_not_change_an_earlier_receipt(tmp_path: Path) -> None:
    site, folder = new_site(tmp_path / "site"), tmp_path / "cards"
    lay_card(folder)
    with site.open() as archive:
        first = dock(archive, FolderRecorder(str(folder / CARD.name)))
        before = archive.receipts.find(first.docking)
        second = dock(archive, FolderRecorder(str(folder / CARD.name)))
        assert archive.receipts.find(first.docking) == before
        again = archive.receipts.find(second.docking)
    assert {file["result"] for file in again.receipt["files"]} == {"known"}


def test_a_docking_that_is_not_known_has_none(pristine: Site, tmp_path: Path) -> None:
    shutil.copytree(pristine.folder, tmp_path / "site")
    with Site(tmp_path / "site", pristine.key).open() as archive:
        for strange in ("f" * 32, "zz", ""):
            with pytest.raises(NoReceipt):
                Receipts(archive).receipt(strange)


def test_failed_files_are_listed_with_their_reasons() -> None:
    story = tell()
    docking = story.first.docking
    entries = [entry for entry in story.entries if entry.fields.get("docking") == docking]
    receipt = receipt_of(entries)
    failed = [file for file in receipt["files"] if file["result"] == "failed"]
    assert failed == [
        {"path": "DCIM/lost.mp4", "result": "failed", "reason": "vanished", "seq": failed[0]["seq"]}
    ]
    incomplete = [file["complete"] for file in receipt["files"] if "complete" in file]
    assert incomplete.count(False) == 1


def test_entries_of_a_docking_that_did_not_end_make_none() -> None:
    story = tell()
    docking = story.left_open.docking
    entries = [entry for entry in story.entries if entry.fields.get("docking") == docking]
    assert [entry.act for entry in entries] == [Act.DOCK]
    with pytest.raises(BodyMismatch):
        receipt_of(entries)
