"""Every hostile name of the zoo is listed, read and told in the log's terms, one by one."""

import json
import os
from pathlib import Path

import pytest

from drivers import names
from drivers.folder import FolderRecorder
from drivers.simulator.hostile import FOLDER, HOSTILE_NAMES

GRAMMARS = names.load()


@pytest.mark.parametrize("label", HOSTILE_NAMES)
def test_a_hostile_name_is_archived_like_any_other(tmp_path: Path, label: str) -> None:
    path = FOLDER + b"/" + HOSTILE_NAMES[label]
    full = os.fsencode(tmp_path) + b"/" + path
    os.makedirs(os.path.dirname(full))
    with open(full, "xb") as file:
        file.write(label.encode())
    recorder = FolderRecorder(str(tmp_path))
    (listed,) = recorder.list_files().files
    assert listed.path == path
    buffer = bytearray(64)
    with recorder.open(listed) as opened:
        assert buffer[: opened.read_into(memoryview(buffer), 0)] == label.encode()
    parsed = GRAMMARS.parse(path)
    assert parsed is None or json.dumps(parsed.as_body())
    recorder.close()


def test_names_that_differ_only_in_case_or_form_stay_apart(tmp_path: Path) -> None:
    apart = ["case_lower", "case_upper", "composed", "decomposed"]
    for label in apart:
        with open(os.fsencode(tmp_path) + b"/" + HOSTILE_NAMES[label], "xb") as file:
            file.write(label.encode())
    listing = FolderRecorder(str(tmp_path)).list_files()
    assert [file.path for file in listing.files] == sorted(HOSTILE_NAMES[name] for name in apart)
