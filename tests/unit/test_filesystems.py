"""Which file system holds a path, read from the kernel's own table."""

import subprocess
from pathlib import Path

import pytest

from archive import filesystems
from archive.errors import NetworkFileSystem
from archive.filesystems import file_system_type, is_network, refuse_network


def test_agrees_with_findmnt(tmp_path: Path) -> None:
    try:
        told = subprocess.run(
            ["findmnt", "--noheadings", "--output", "FSTYPE", "--target", tmp_path],
            capture_output=True,
            text=True,
            check=True,
        )
    except FileNotFoundError:
        pytest.skip("findmnt is not installed")
    assert file_system_type(tmp_path) == told.stdout.split()[0]


def test_proc_is_proc() -> None:
    assert file_system_type("/proc/self") == "proc"


def test_a_path_to_be_made_is_judged_by_the_folder_above(tmp_path: Path) -> None:
    assert file_system_type(tmp_path / "not" / "yet") == file_system_type(tmp_path)


def test_a_link_is_followed(tmp_path: Path) -> None:
    link = tmp_path / "link"
    link.symlink_to("/proc/self")
    assert file_system_type(link) == "proc"


@pytest.mark.parametrize(
    "kind", ["nfs", "nfs4", "cifs", "smb3", "9p", "fuse.sshfs", "fuse.x", "fuse"]
)
def test_a_network_file_system_is_refused(
    kind: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = Path("/proc/self/mountinfo").read_text("utf-8").splitlines()
    table = tmp_path / "mountinfo"
    table.write_text("".join(_with_type(line, kind) for line in real))
    monkeypatch.setattr(filesystems, "MOUNT_TABLE", table)
    with pytest.raises(NetworkFileSystem, match=kind):
        refuse_network(tmp_path / "archive")


def _with_type(line: str, kind: str) -> str:
    fields, _, rest = line.partition(" - ")
    return f"{fields} - {kind} {rest.split(maxsplit=1)[1]}\n"


@pytest.mark.parametrize("kind", ["ext4", "xfs", "btrfs", "tmpfs", "overlay", "fuseblk", "unknown"])
def test_a_local_or_unknown_one_is_not(kind: str) -> None:
    assert not is_network(kind)


@pytest.mark.parametrize("table", ["", "rubbish\n", "1 2 - \n", "x y - ext4 a b\n"])
def test_a_table_that_says_nothing_gives_unknown(
    table: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    fake = tmp_path / "mountinfo"
    fake.write_text(table)
    monkeypatch.setattr(filesystems, "MOUNT_TABLE", fake)
    assert file_system_type(tmp_path) == "unknown"
    refuse_network(tmp_path)
