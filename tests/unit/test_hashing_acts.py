"""Bodies of acts: one good example each, and what is refused."""

from typing import Any

import pytest

from hashing.acts import SCHEMAS, Act, BodyMismatch, validate
from hashing.acts_table import render
from hashing.errors import EvidenceError
from hashing.paths import MalformedPath, path_bytes, path_fields

ID, DIGEST = "a" * 32, "b" * 64
OBJECT = {"sha256": DIGEST, "sm3": DIGEST, "size_bytes": 7}
NAME = {
    "grammar": "zfy",
    "media": "video",
    "device": "456",
    "officer_no": None,
    "local_time": "2026-01-02T03:04:05",
    "counter": 3,
    "important": True,
    "prerecord": False,
}
MTIME = {"mtime_us": -5, "mtime_zone": "local_digits"}
OCCURRENCE = {
    "docking": ID,
    "recording": ID,
    "recorder": "456",
    "officer": None,
    "object": OBJECT,
    "complete": True,
    "path": "DCIM/1.mp4",
    **MTIME,
    "sample": DIGEST,
    "name": NAME,
}

GOOD: dict[Act, dict[str, Any]] = {
    Act.KEY: {"origin": "a/b/c", "vkey": "a/b/c+0+0"},
    Act.START: {"program": "evidence-daemon", "version": "1", "timezone": "Asia/Shanghai"},
    Act.STOP: {"reason": "asked to"},
    Act.WITNESS: {
        "size": 7,
        "root": DIGEST,
        "witness": "example/witness",
        "vkey": "example/witness+00000000+BA==",
        "method": "http",
        "cosigned_time": "2026-01-01T00:00:00.000000Z",
    },
    Act.STAMP: {
        "size": 7,
        "root": DIGEST,
        "authority": "tsa-1",
        "token_sha256": DIGEST,
        "gen_time": "2026-01-01T00:00:00.000000Z",
        "renews": DIGEST,
    },
    Act.CONFIG: {"sha256": DIGEST, "rules": {"file_names": DIGEST}},
    Act.DOCK: {
        "docking": ID,
        "slot": None,
        "driver": "folder",
        "source": "/media/card",
        "timezone": "Asia/Shanghai",
    },
    Act.IDENTIFY: {
        "docking": ID,
        "recorder": "456",
        "basis": "evidence",
        "evidence": [{"kind": "device_token", "value": "456", "weight": 60}],
        "officer": "033123",
        "officer_source": "ledger",
    },
    Act.CLOCK_READ: {
        "docking": ID,
        "device_local": "2026-01-02T03:04:05",
        "offset_ms": -1200,
        "uncertainty_ms": 40,
        "method": "sync",
    },
    Act.INVENTORY: {
        "docking": ID,
        "batch": ID,
        "part": 1,
        "parts": 1,
        "found": 3,
        "files": [{**path_fields(b"a\xff"), "size_bytes": 0, **MTIME}],
        "skipped": [{"path": "b", "reason": "symlink"}],
        "unreadable": [{"path": "c", "detail": "input/output error"}],
    },
    Act.INGEST: {**OCCURRENCE, "unreadable": [[4096, 512]], "complete": False, "changed": True},
    Act.SIGHTING: {**OCCURRENCE, "proof": "metadata", "new_recording": False, "name": None},
    Act.RECEIPT: {"docking": ID, "recorder": "r", "officer": None, "sha256": "a" * 64, "files": 1},
    Act.QUARANTINE: {
        "docking": None,
        "recorder": None,
        "path": "x",
        "reason": "unreadable",
        "detail": "nothing came",
        "object": OBJECT,
        "kept_as": "x.1",
    },
    Act.UNDOCK: {
        "docking": ID,
        "recorder": "456",
        "found": 6,
        "new": 1,
        "known": 1,
        "failed": 1,
        "skipped": {"symlink": 2, "fifo": 1},
        "bytes": 7,
        "state": "removable_incomplete",
        "left": ["c"],
        "interrupted": False,
    },
    Act.IMPORT: {
        "docking": ID,
        "source": "old server",
        "custodian": "li",
        "manifest_sha256": DIGEST,
    },
    Act.RECOVER: {"completed": 1, "discarded": 0, "quarantined": 0, "truncated_dockings": [ID]},
    Act.REPLICATE: {"object": OBJECT, "store": "nas", "operation": "copy"},
    Act.VIEW: {"recording": ID},
    Act.EXPORT: {"kind": "copy", "recordings": [ID], "purpose": "court", "approval": "12"},
    Act.FIXITY: {"scope": "all", "objects": 1, "bytes": 7, "failures": [DIGEST]},
    Act.ALARM: {"alarm": "CLONE", "subject": "slot 7", "detail": "two"},
    Act.RESTORE: {"source": "backup", "size": 7, "root": DIGEST},
    Act.NOTE: {"sha256": DIGEST, "subject": ID},
    Act.DENY: {"what": "view", "reason": "role"},
}


def test_there_is_an_example_of_every_act() -> None:
    assert set(GOOD) == set(SCHEMAS)


@pytest.mark.parametrize("act", GOOD)
def test_examples_are_valid(act: Act) -> None:
    validate(act, GOOD[act])


@pytest.mark.parametrize("act", GOOD)
def test_an_unknown_field_is_refused(act: Act) -> None:
    with pytest.raises(BodyMismatch, match="zzz"):
        validate(act, GOOD[act] | {"zzz": 1})


@pytest.mark.parametrize("act", GOOD)
def test_a_missing_field_is_refused(act: Act) -> None:
    for field in SCHEMAS[act].fields:
        body = {name: value for name, value in GOOD[act].items() if name != field.name}
        if field.required:
            with pytest.raises(BodyMismatch, match=field.name):
                validate(act, body)


@pytest.mark.parametrize("act", GOOD)
def test_a_value_of_another_kind_is_refused(act: Act) -> None:
    for name in GOOD[act]:
        for wrong in (object(), 1.5, b"x"):
            with pytest.raises(EvidenceError):
                validate(act, GOOD[act] | {name: wrong})


@pytest.mark.parametrize(
    ("act", "changes", "place"),
    [
        (Act.INVENTORY, {"files": [{"path": "a"}]}, r"inventory\.files\[0\]\.size_bytes"),
        (Act.INGEST, {"object": OBJECT | {"sha256": "B" * 64}}, r"ingest\.object\.sha256"),
        (Act.INGEST, {"name": NAME | {"media": "hologram"}}, r"ingest\.name\.media"),
        (Act.INGEST, {"unreadable": [[1, 2], [3]]}, r"ingest\.unreadable\[1\]"),
        (Act.INGEST, {"unreadable": [[1, -2]]}, r"ingest\.unreadable\[0\]\[1\]"),
        (Act.INGEST, {"changed": False}, r"ingest\.changed"),
        (Act.INGEST, {"complete": 1}, r"ingest\.complete"),
        (Act.UNDOCK, {"skipped": {"Symlink": 3}}, r"undock\.skipped\.Symlink"),
        (Act.UNDOCK, {"bytes": True}, r"undock\.bytes"),
        (Act.STAMP, {"authority": "../tsa"}, r"stamp\.authority"),
        (Act.STAMP, {"authority": "a" * 65}, r"stamp\.authority"),
        (Act.STAMP, {"gen_time": "2026-01-01T00:00:00Z"}, r"stamp\.gen_time"),
        (Act.CONFIG, {"rules": {"file_names": "x"}}, r"config\.rules\.file_names"),
        (Act.KEY, {"endorsement": "QQ=="}, "together"),
        (Act.UNDOCK, {"found": 7}, "found = "),
        (Act.INVENTORY, {"part": 2}, "part is at most parts"),
        (Act.EXPORT, {"kind": "page"}, "size and root"),
        (Act.EXPORT, {"size": 3}, "size and root"),
        (Act.FIXITY, {"through": "f" * 64}, "stand together"),
    ],
)
def test_the_error_names_the_place(act: Act, changes: dict[str, Any], place: str) -> None:
    with pytest.raises(BodyMismatch, match=place):
        validate(act, GOOD[act] | changes)


def test_the_extents_of_a_sound_base64() -> None:
    rotation = {"previous_vkey": "x", "endorsement": "QQ==", "acceptance": "QQ=="}
    validate(Act.KEY, GOOD[Act.KEY] | rotation)
    with pytest.raises(BodyMismatch, match="acceptance"):
        validate(Act.KEY, GOOD[Act.KEY] | rotation | {"acceptance": "QR=="})


@pytest.mark.parametrize(
    "path", [b"DCIM/1.mp4", "视频/一.mp4".encode(), b"a\xff\xfeb", b"\xed\xa0\x80", b"", b"a\nb"]
)
def test_paths_come_back(path: bytes) -> None:
    fields = path_fields(path)
    assert path_bytes(fields) == path
    assert fields["path"] == path.decode("utf-8", "replace")
    assert ("path_b64" in fields) == (b"\xff" in path or b"\xed" in path)


@pytest.mark.parametrize(
    "fields",
    [
        {},
        {"path": None},
        {"path": "\ud800"},
        {"path": "a", "path_b64": "YQ=="},
        {"path": "b\ufffd", "path_b64": "Yf8="},
        {"path": "a\ufffd", "path_b64": "Yf8"},
        {"path": "a\ufffd", "path_b64": 7},
        {"path": "a\ufffd", "path_b64": "é"},
    ],
    ids=repr,
)
def test_paths_that_do_not_agree_are_refused(fields: dict[str, object]) -> None:
    with pytest.raises(MalformedPath):
        path_bytes(fields)
    if isinstance(fields.get("path"), str) and isinstance(fields.get("path_b64"), str):
        with pytest.raises(EvidenceError):
            validate(Act.INGEST, OCCURRENCE | fields)


def test_the_tables_name_every_act_and_field() -> None:
    text = render()
    for act in Act:
        assert f"`{act}`" in text
    for schema in SCHEMAS.values():
        for field in schema.fields:
            assert f"| `{field.name}` |" in text
