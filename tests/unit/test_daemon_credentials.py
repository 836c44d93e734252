"""A signing key as systemd hands it over: a file of root's with an access list for one user."""

import errno
import os
import struct
from pathlib import Path

import pytest

from archive.errors import KeyUnavailable
from archive.keys import create_log_key, load_log_key

_NOBODY = 65534
_ANY = 0xFFFFFFFF
_OWNER, _USER, _GROUP, _NAMED_GROUP, _MASK, _OTHER = 0x01, 0x02, 0x04, 0x08, 0x10, 0x20
_BASE = [(_OWNER, 4, _ANY), (_GROUP, 0, _ANY), (_MASK, 4, _ANY), (_OTHER, 0, _ANY)]


def _hand_over(path: Path, *more: tuple[int, int, int]) -> None:
    """Put an access list on a file, in the form of acl(5)'s extended attribute."""
    entries = sorted([entry for entry in _BASE if entry[0] not in {m[0] for m in more}] + [*more])
    packed = b"".join(struct.pack("<HHI", *entry) for entry in entries)
    path.chmod(0o400)
    try:
        os.setxattr(path, "system.posix_acl_access", struct.pack("<I", 2) + packed)
    except OSError as error:
        if error.errno == errno.ENOTSUP:
            pytest.skip("this file system has no access lists")
        raise


@pytest.fixture
def key_file(tmp_path: Path) -> Path:
    create_log_key(tmp_path, "example.org/s1")
    return tmp_path / "log.key"


def test_a_key_listed_for_us_alone_is_ours(key_file: Path) -> None:
    _hand_over(key_file, (_USER, 4, os.geteuid()))
    assert key_file.stat().st_mode & 0o077  # it only looks open
    assert load_log_key(key_file.parent).name.startswith("example.org/s1/")


@pytest.mark.parametrize(
    "more",
    [(_USER, 4, _NOBODY), (_NAMED_GROUP, 4, _NOBODY), (_GROUP, 4, _ANY), (_OTHER, 4, _ANY)],
    ids=["another_user", "a_group", "the_files_group", "everybody"],
)
def test_a_key_listed_for_others_is_refused(key_file: Path, more: tuple[int, int, int]) -> None:
    _hand_over(key_file, more)
    with pytest.raises(KeyUnavailable, match="read by others"):
        load_log_key(key_file.parent)


def test_a_key_open_to_the_group_is_refused(key_file: Path) -> None:
    key_file.chmod(0o640)
    with pytest.raises(KeyUnavailable, match="read by others"):
        load_log_key(key_file.parent)
