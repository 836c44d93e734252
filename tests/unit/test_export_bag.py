import errno
import hashlib
import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

import bagit
import pytest
from hypothesis import given
from hypothesis import strategies as st

from archive.export.bag import Bag, PackageNotWritten, encode_path, new_bag
from hashing.digest import Digest, ObjectDigests
from hashing.errors import DigestMismatch

CONTENT = b"footage" * 100_000


def _write(target: Path, files: dict[str, list[bytes]]) -> str:
    with new_bag(target) as bag:
        for path, chunks in files.items():
            bag.add(path, chunks)
        bag.describe({"Source-Organization": "bureau", "Note": "two\nlines"})
        return bag.finish()


def test_a_bag_is_what_the_bagit_library_takes_for_one(tmp_path: Path) -> None:
    target = tmp_path / "bag"
    files = {"data/a/x.avi": [CONTENT[:9], CONTENT[9:]], "data/b": [b""], "proof/entry": [b"{}"]}
    name = _write(target, files)
    bag = bagit.Bag(str(target))
    bag.validate()
    assert bag.version_info == (1, 0)
    assert "sha256" in bag.algorithms
    assert bag.info["Payload-Oxum"] == f"{len(CONTENT)}.2"
    assert bag.info["Note"] == "two lines"
    assert (target / "data/a/x.avi").read_bytes() == CONTENT
    tags = (target / "tagmanifest-sha256.txt").read_bytes()
    assert name == hashlib.sha256(tags).hexdigest()
    for manifest in ("manifest-sha256.txt", "tagmanifest-sha256.txt"):
        words = ["sha256sum", "--check", "--strict", "--quiet", manifest]
        subprocess.run(words, cwd=target, check=True)
    lines = (target / "manifest-sm3.txt").read_text("utf-8").splitlines()
    sm3 = dict(line.split("  ")[::-1] for line in lines)
    words = ["openssl", "dgst", "-sm3", "-r", "data/a/x.avi"]
    printed = subprocess.run(words, cwd=target, check=True, capture_output=True, text=True)
    assert sm3["data/a/x.avi"] == printed.stdout.split()[0]


def test_every_file_but_the_tag_manifest_is_named_in_a_manifest(tmp_path: Path) -> None:
    target = tmp_path / "bag"
    _write(target, {"data/x": [b"x"], "README.txt": [b"read"], "proof/deep/er": [b"y"]})
    there = {str(path.relative_to(target)) for path in target.rglob("*") if path.is_file()}
    named = {
        line.split("  ", 1)[1]
        for manifest in target.glob("*manifest-*.txt")
        for line in manifest.read_text("utf-8").splitlines()
    }
    assert there - named == {"tagmanifest-sha256.txt"}
    assert named <= there


def test_an_existing_folder_is_left_alone(tmp_path: Path) -> None:
    target = tmp_path / "bag"
    target.mkdir()
    with pytest.raises(PackageNotWritten, match="is there already"), new_bag(target):
        pytest.fail("the block must not run")
    target.rmdir()
    target.symlink_to(tmp_path / "nowhere")
    with pytest.raises(PackageNotWritten), new_bag(target):
        pytest.fail("the block must not run")
    assert os.listdir(tmp_path) == ["bag"]


def test_a_folder_made_meanwhile_is_left_alone(tmp_path: Path) -> None:
    target = tmp_path / "bag"

    def finish_late(bag: Bag) -> None:
        bag.add("data/x", [b"x"])
        bag.finish()
        target.mkdir()

    with pytest.raises(PackageNotWritten, match="meanwhile"), new_bag(target) as bag:
        finish_late(bag)
    assert os.listdir(tmp_path) == ["bag"]
    assert os.listdir(target) == []


def test_a_bag_whose_name_is_not_durable_is_taken_away_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    sync = os.fsync

    def refusing(descriptor: int) -> None:
        if os.path.samestat(os.fstat(descriptor), os.stat(tmp_path)):
            raise OSError(errno.EIO, "the disk is gone")
        sync(descriptor)

    monkeypatch.setattr(os, "fsync", refusing)
    with pytest.raises(PackageNotWritten, match="the disk is gone"):
        _write(tmp_path / "bag", {"data/x": [b"x"]})
    assert os.listdir(tmp_path) == []


def test_other_bytes_than_expected_leave_nothing(tmp_path: Path) -> None:
    expected = ObjectDigests(Digest.sha256(hashlib.sha256(b"x").hexdigest()), None, 1)
    with pytest.raises(DigestMismatch, match="data/x"), new_bag(tmp_path / "bag") as bag:
        bag.add("data/x", [b"y"], expected)
    wrong_sm3 = ObjectDigests(expected.sha256, Digest.sm3("0" * 64), 1)
    with pytest.raises(DigestMismatch, match="sm3"), new_bag(tmp_path / "bag") as bag:
        bag.add("data/x", [b"x"], wrong_sm3)
    assert os.listdir(tmp_path) == []


def test_a_source_that_breaks_leaves_nothing(tmp_path: Path) -> None:
    def broken() -> Iterator[bytes]:
        yield CONTENT
        raise LookupError("gone")

    with pytest.raises(LookupError), new_bag(tmp_path / "bag") as bag:
        bag.add("data/x", broken())
    assert os.listdir(tmp_path) == []


def test_a_bag_under_way_has_not_the_wanted_name(tmp_path: Path) -> None:
    with new_bag(tmp_path / "bag") as bag:
        bag.add("data/x", [b"x"])
        bag.finish()
        [growing] = os.listdir(tmp_path)
        assert growing.startswith(".evd-")
    assert os.listdir(tmp_path) == ["bag"]


@pytest.mark.parametrize(
    "path",
    ["", "/etc/passwd", "../x", "data/../../x", "data//x", "data/./x", "data\\x", "x\0", "data/",
     "bagit.txt", "manifest-sm3.txt", "tagmanifest-sha256.txt"],
)  # fmt: skip
def test_a_path_that_is_none(tmp_path: Path, path: str) -> None:
    with pytest.raises(PackageNotWritten), new_bag(tmp_path / "bag") as bag:
        bag.add(path, [b"x"])
    assert os.listdir(tmp_path) == []


def test_names_that_some_file_systems_take_for_one(tmp_path: Path) -> None:
    def add_both(bag: Bag) -> None:
        bag.add("data/A.AVI", [b"x"])
        bag.add("data/a.avi", [b"x"])

    with pytest.raises(PackageNotWritten, match="twice"), new_bag(tmp_path / "bag") as bag:
        add_both(bag)


def test_a_disk_that_refuses(tmp_path: Path) -> None:
    nowhere = tmp_path / "none" / "bag"
    with pytest.raises(PackageNotWritten, match="cannot write"), new_bag(nowhere):
        pytest.fail("the block must not run")

    def full(bag: Bag) -> None:
        bag.add("data/x", [b"x"])
        bag.add("data/x/y", [b"x"])

    with pytest.raises(PackageNotWritten, match="cannot write"), new_bag(tmp_path / "bag") as bag:
        full(bag)
    assert os.listdir(tmp_path) == []


@given(st.text(st.characters(exclude_categories=["Cs"])))
def test_manifests_spell_a_path_on_one_line_and_say_it_exactly(path: str) -> None:
    spelled = encode_path(path)
    assert not set(spelled) & {"\r", "\n"}
    said = spelled.replace("%0D", "\r").replace("%0A", "\n").replace("%25", "%")
    assert said == path
