"""What each act means for the catalog, said without a database."""

from typing import Any

import orjson
import pytest

from archive.catalog.operations import Operation, Verb
from archive.catalog.projection import Projection, path_key
from hashing.acts import SCHEMAS, BodyMismatch
from hashing.entry import Act, Entry, from_fields, parse_time
from tests.catalog_story import (
    BEGAN,
    BROKEN,
    FIRST,
    MARKED,
    STRANGE,
    STRANGE_PATH,
    VIDEO,
    named,
    tell,
)
from tests.histories import Chain, Docked, hex_of, recording_id

AT = Docked("d" * 32, FIRST)


def project(act: Act, body: dict[str, Any], *before: tuple[Act, dict[str, Any]]) -> list[Operation]:
    """The changes of one entry, after others that the same projection has seen."""
    chain, projection = Chain(), Projection(lambda _: None)
    for earlier in before:
        projection.operations(chain.add(*earlier))
    return projection.operations(chain.add(act, body))


def rows(operations: list[Operation], verb: Verb) -> list[dict[str, Any]]:
    return [operation.row for operation in operations if operation.verb is verb]


def only_row(operations: list[Operation], verb: Verb) -> dict[str, Any]:
    (row,) = rows(operations, verb)
    return row


def events(operations: list[Operation]) -> list[tuple[str, str, dict[str, Any]]]:
    return [
        (row["kind"], row["subject"], orjson.loads(row["summary"]))
        for row in rows(operations, Verb.EVENT)
    ]


def test_dock() -> None:
    made = project(Act.DOCK, AT.dock("Asia/Shanghai"))
    row = only_row(made, Verb.DOCK)
    assert (row["docking"], row["slot"], row["timezone"]) == (AT.docking, "7", "Asia/Shanghai")
    assert row["seq"] == 0
    assert [(kind, subject) for kind, subject, _ in events(made)] == [("docking", AT.docking)]


def test_identify() -> None:
    row = only_row(project(Act.IDENTIFY, AT.identify("officer-1")), Verb.IDENTIFY)
    assert row == {
        "of_docking": AT.docking,
        "recorder": FIRST,
        "basis": "evidence",
        "officer": "officer-1",
        "officer_source": "ledger",
    }


def test_clock_read() -> None:
    row = only_row(project(Act.CLOCK_READ, AT.clock_read(-7)), Verb.CLOCK_READ)
    assert (row["clock_offset_ms"], row["clock_uncertainty_ms"]) == (-7, 40)


def test_inventory() -> None:
    body = AT.inventory([VIDEO], batch="e" * 32, part=2, parts=3)
    row = only_row(project(Act.INVENTORY, body), Verb.INVENTORY)
    assert (row["listed_batch"], row["listed_parts"], row["listed_found"]) == ("e" * 32, 3, 3)


def test_ingest_is_an_object_a_recording_and_an_occurrence() -> None:
    made = project(Act.INGEST, AT.occurrence(VIDEO, "officer-1"))
    assert [operation.verb for operation in made] == [Verb.OBJECT, Verb.RECORDING, Verb.OCCURRENCE]
    thing = only_row(made, Verb.OBJECT)
    assert (thing["sha256"], thing["size_bytes"]) == (VIDEO.sha256, VIDEO.size_bytes)
    recording = only_row(made, Verb.RECORDING)
    assert recording["id"] == recording_id(FIRST, VIDEO.sha256)
    assert (recording["officer"], recording["counter"]) == ("officer-1", 1)
    occurrence = only_row(made, Verb.OCCURRENCE)
    assert occurrence["of_recording"] == recording["id"]
    assert (occurrence["proof"], occurrence["unreadable"]) == ("content", None)


def test_ingest_with_holes() -> None:
    body = AT.occurrence(BROKEN, complete=False) | {"unreadable": [[1, 2]], "recovered": True}
    made = project(Act.INGEST, body)
    occurrence = only_row(made, Verb.OCCURRENCE)
    assert (occurrence["complete"], occurrence["unreadable"]) == (False, "[[1,2]]")
    assert (occurrence["changed"], occurrence["recovered"]) == (False, True)
    assert only_row(made, Verb.RECORDING)["complete"] is False


def test_sighting_says_its_proof() -> None:
    seen = {"proof": "metadata", "new_recording": False}
    made = project(Act.SIGHTING, AT.occurrence(MARKED) | seen)
    occurrence = only_row(made, Verb.OCCURRENCE)
    assert (occurrence["proof"], occurrence["important"]) == ("metadata", True)


def test_a_path_that_is_no_text_is_known_by_its_bytes() -> None:
    body = AT.occurrence(STRANGE) | {"path_b64": "RENJTS///i5tcDQ="}
    occurrence = only_row(project(Act.INGEST, body), Verb.OCCURRENCE)
    assert occurrence["path_key"] == path_key(STRANGE_PATH) != path_key(STRANGE.path.encode())


def test_a_path_key_fits_every_database() -> None:
    assert all(0 <= path_key(str(number).encode()) < 2**63 for number in range(100))


def test_the_zone_of_a_docking_reads_its_digits() -> None:
    body = AT.occurrence(VIDEO)
    utc, shanghai = (
        only_row(made, Verb.RECORDING)["recorded_at_us"]
        for made in (
            project(Act.INGEST, body),
            project(Act.INGEST, body, (Act.DOCK, AT.dock("Asia/Shanghai"))),
        )
    )
    assert utc - shanghai == 8 * 3_600_000_000


def test_a_zone_that_was_projected_earlier_is_asked_for_once() -> None:
    asked = []

    def zone_of(docking: str) -> str:
        asked.append(docking)
        return "Asia/Shanghai"

    projection, chain = Projection(zone_of), Chain()
    for _ in range(3):
        projection.operations(chain.add(Act.INGEST, AT.occurrence(VIDEO)))
    assert asked == [AT.docking]


def test_the_first_dock_of_a_docking_decides_its_zone() -> None:
    twice = ((Act.DOCK, AT.dock("Asia/Shanghai")), (Act.DOCK, AT.dock("UTC")))
    made = project(Act.INGEST, AT.occurrence(VIDEO), *twice)
    once = project(Act.INGEST, AT.occurrence(VIDEO), twice[0])
    column = "recorded_at_us"
    assert only_row(made, Verb.RECORDING)[column] == only_row(once, Verb.RECORDING)[column]


def test_quarantine() -> None:
    body = {"docking": None, "recorder": None, "path": "x", "reason": "orphan", "detail": "d"}
    row = only_row(project(Act.QUARANTINE, body), Verb.QUARANTINE)
    assert (row["docking"], row["path"], row["sha256"], row["kept_as"]) == (None, "x", None, None)


def test_undock() -> None:
    row = only_row(project(Act.UNDOCK, AT.undock(new=2, known=1)), Verb.UNDOCK)
    assert (row["found"], row["new"], row["skipped"]) == (4, 2, '{"symlink":1}')
    assert (row["size_bytes"], row["state"]) == (2000, "safe_to_remove")


def test_import() -> None:
    body = {"docking": AT.docking, "source": "discs", "custodian": "archive"}
    made = project(Act.IMPORT, body)
    assert only_row(made, Verb.IMPORT)["custodian"] == "archive"
    assert events(made) == [("docking", AT.docking, {"source": "discs", "custodian": "archive"})]


def test_recover_closes_what_was_cut_off() -> None:
    cut_off = ["a" * 32, "b" * 32, "a" * 32]
    body = {"completed": 1, "discarded": 0, "quarantined": 2, "truncated_dockings": cut_off}
    made = project(Act.RECOVER, body)
    assert [row["of_docking"] for row in rows(made, Verb.TRUNCATED)] == ["a" * 32, "b" * 32]
    assert [subject for _, subject, _ in events(made)] == ["a" * 32, "b" * 32]


@pytest.mark.parametrize(("operation", "present"), [("copy", True), ("evict", False)])
def test_replicate(operation: str, present: bool) -> None:
    thing = {"sha256": hex_of("x"), "size_bytes": 1}
    made = project(Act.REPLICATE, {"object": thing, "store": "nas", "operation": operation})
    row = only_row(made, Verb.REPLICA)
    assert (row["sha256"], row["store"], row["present"]) == (hex_of("x"), "nas", present)
    assert events(made) == [("object", hex_of("x"), {"store": "nas", "operation": operation})]


def test_stamp() -> None:
    body = {
        "size": 5,
        "root": "a" * 64,
        "authority": "tsa",
        "token_sha256": "b" * 64,
        "gen_time": "1970-01-01T00:00:01.500000Z",
    }
    row = only_row(project(Act.STAMP, body), Verb.ANCHOR)
    assert (row["kind"], row["name"], row["size"], row["renews"]) == ("stamp", "tsa", 5, None)
    assert row["time_us"] == 1_500_000
    assert only_row(project(Act.STAMP, body | {"renews": "c" * 64}), Verb.ANCHOR)["renews"]


def test_view() -> None:
    made = project(Act.VIEW, {"recording": "c" * 32})
    assert events(made) == [("recording", "c" * 32, {})]


def test_export_concerns_each_recording_once() -> None:
    ids = ["a" * 32, "b" * 32, "a" * 32]
    made = project(Act.EXPORT, {"kind": "copy", "recordings": ids, "purpose": "court"})
    said = {"kind": "copy", "purpose": "court"}
    assert events(made) == [("recording", "a" * 32, said), ("recording", "b" * 32, said)]


def test_a_page_is_an_anchor_on_paper() -> None:
    body = {"kind": "page", "recordings": [], "purpose": "auditor", "size": 7, "root": hex_of("r")}
    row = only_row(project(Act.EXPORT, body), Verb.ANCHOR)
    assert (row["kind"], row["name"], row["size"]) == ("paper", "auditor", 7)


def test_fixity_concerns_what_failed() -> None:
    failures = [hex_of("a"), hex_of("b"), hex_of("a")]
    made = project(Act.FIXITY, {"scope": "all", "objects": 3, "bytes": 3, "failures": failures})
    assert [subject for _, subject, _ in events(made)] == [hex_of("a"), hex_of("b")]


def test_fixity_of_a_stretch_is_a_row() -> None:
    stretch = {"store": "landing", "began": BEGAN, "after": "0" * 64, "through": "f" * 64}
    counted = {"scope": "scheduled", "objects": 3, "bytes": 7, "failures": [hex_of("a")]}
    made = project(Act.FIXITY, counted | stretch)
    row = only_row(made, Verb.FIXITY)
    assert (row["store"], row["objects"], row["size_bytes"], row["failures"]) == (
        "landing",
        3,
        7,
        1,
    )
    assert row["began_us"] == parse_time(BEGAN)


def test_config() -> None:
    body = {"sha256": "a" * 64, "rules": {"file_names": "b" * 64}}
    assert events(project(Act.CONFIG, body)) == [("station", "settings", body)]


def test_other_acts_change_nothing() -> None:
    """Acts that can be written and are no question's business, and acts never heard of."""
    projected = {Act(entry.act) for entry in tell().entries if entry.act in set(Act)}
    projected.add(Act.CONFIG)
    silent = set(SCHEMAS) - projected | {Act.START, Act.STOP}
    assert silent == {
        Act.KEY, Act.START, Act.STOP, Act.ALARM, Act.RESTORE, Act.NOTE, Act.DENY,
    }  # fmt: skip
    for act in (*silent, "levitate"):
        assert Projection(lambda _: None).operations(_bare(act)) == []


def _bare(act: str) -> Entry:
    entry = Chain().add(Act.STOP, {"reason": "x"})
    return from_fields(entry.fields | {"act": str(act)}, entry.raw)


@pytest.mark.parametrize("act", [Act.DOCK, Act.INGEST, Act.UNDOCK, Act.EXPORT, Act.RECOVER])
def test_an_entry_without_its_fields_is_named(act: Act) -> None:
    with pytest.raises(BodyMismatch, match=f"entry 0 \\({act}\\)"):
        Projection(lambda _: None).operations(_bare(act))


def test_a_field_of_a_wrong_kind_is_named() -> None:
    entry = Chain().add(Act.INGEST, AT.occurrence(VIDEO) | {"name": named(None, 1)})
    broken = from_fields(entry.fields | {"object": 7}, entry.raw)
    with pytest.raises(BodyMismatch):
        Projection(lambda _: None).operations(broken)
