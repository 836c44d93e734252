"""A listing of any tree of any names says what ``find`` says."""

import os
import subprocess
import tempfile

from hypothesis import given, settings
from hypothesis import strategies as st

from drivers.folder import FolderRecorder
from drivers.recorder import RecorderFile

names = st.binary(min_size=1, max_size=255).filter(
    lambda name: not set(name) & set(b"/\0") and name not in {b".", b".."}
)
trees: st.SearchStrategy[dict[bytes, object]] = st.recursive(
    st.dictionaries(names, st.binary(max_size=40), max_size=4),
    lambda below: st.dictionaries(names, st.binary(max_size=40) | below, max_size=4),
    max_leaves=12,
)


def plant(folder: bytes, tree: dict[bytes, object]) -> None:
    for name, node in tree.items():
        path = folder + b"/" + name
        if isinstance(node, dict):
            os.mkdir(path)
            plant(path, node)
        else:
            with open(path, "xb") as file:
                file.write(node if isinstance(node, bytes) else b"")


def content(recorder: FolderRecorder, listed: RecorderFile) -> bytes:
    buffer = bytearray(64)
    with recorder.open(listed) as file:
        return bytes(buffer[: file.read_into(memoryview(buffer), 0)])


@settings(max_examples=60, deadline=None)
@given(trees)
def test_a_listing_says_what_find_says(tree: dict[bytes, object]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        plant(os.fsencode(folder), tree)
        command = ["find", ".", "-type", "f", "-printf", "%P\\0%s\\0"]
        output = subprocess.run(command, cwd=folder, check=True, capture_output=True).stdout
        fields = output.split(b"\0")[:-1]
        expected = dict(zip(fields[::2], map(int, fields[1::2]), strict=True))
        recorder = FolderRecorder(folder)
        listing = recorder.list_files()
        assert [file.path for file in listing.files] == sorted(expected)
        for file in listing.files:
            assert file.size_bytes == expected[file.path] == len(content(recorder, file))
        recorder.close()
