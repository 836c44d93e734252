"""Configuration files with one defect each, named for it."""

from pathlib import Path

import pytest

from evidence_daemon.config.load import load
from evidence_daemon.config.problems import ConfigInvalid
from evidence_daemon.errors import ConfigError, ConfigUnreadable

_INVALID = {
    "unknown_section": ("[staton]\n", "staton", 1),
    "unknown_key": ("[station]\n\nworker = 3\n", "station.worker", 3),
    "section_that_is_a_value": ("station = 3\n", "station", 1),
    "value_that_is_a_section": ("[station.workers]\nx = 1\n", "station.workers", 1),
    "number_as_text": ('[station]\nworkers = "many"\n', "station.workers", 2),
    "number_too_small": ("[station]\nworkers = 0\n", "station.workers", 2),
    "number_too_large": ("[intake]\nbuffer_pool_bytes = 67108865\n", "intake.buffer_pool_bytes", 2),
    "number_that_is_none": ("[station]\nrescan_s = nan\n", "station.rescan_s", 2),
    "number_without_end": ("[station]\nrescan_s = inf\n", "station.rescan_s", 2),
    "fraction_of_a_worker": ("[station]\nworkers = 1.5\n", "station.workers", 2),
    "zone_of_another_planet": ('[station]\ntimezone = "Mars/Phobos"\n', "station.timezone", 2),
    "zone_that_is_a_path": ('[station]\ntimezone = "../../etc/passwd"\n', "station.timezone", 2),
    "empty_path": ('[archive]\ndirectory = ""\n', "archive.directory", 2),
    "path_with_zero_byte": ('[archive]\ndirectory = "a\\u0000b"\n', "archive.directory", 2),
    "path_in_a_list": ("[station]\ndrop_folders = [3]\n", "station.drop_folders[0]", 2),
    "socket_path_too_long": (f'[station]\nsocket = "/{"s" * 107}"\n', "station.socket", 2),
    "wiping": ('[recorders]\nwipe = "always"\n', "recorders.wipe", 2),
    "name_with_plus": ('[archive]\nstation = "a+b"\n', "archive.station", 2),
    "name_with_line_break": ('[archive]\nstation = "a\\n"\n', "archive.station", 2),
    "key_that_is_no_vkey": ('[verify]\nkey = "secret"\n', "verify.key", 2),
    "authority_named_as_a_device": (
        '[[timestamps]]\nname = "nul"\nurl = "http://tsa.example"\n',
        "timestamps[0].name",
        2,
    ),
    "authority_named_as_a_device_with_a_suffix": (
        '[[timestamps]]\nname = "com1.example"\nurl = "http://tsa.example"\n',
        "timestamps[0].name",
        2,
    ),
    "store_without_path": ('[[stores]]\nname = "a"\n', "stores[0].path", 1),
    "store_of_unknown_kind": (
        '[[stores]]\nname = "a"\npath = "/a"\nkind = "tape"\n',
        "stores[0].kind",
        4,
    ),
    "two_stores_of_one_name": (
        '[[stores]]\nname = "a"\npath = "/a"\n[[stores]]\nname = "a"\npath = "/b"\n',
        "stores[1].name",
        5,
    ),
    "two_stores_in_one_place": (
        '[[stores]]\nname = "a"\npath = "/a"\n[[stores]]\nname = "b"\npath = "/x/../a"\n',
        "stores[1].path",
        6,
    ),
    "keys_inside_the_archive": (
        '[archive]\ndirectory = "a"\nkeys_directory = "a/keys"\n',
        "archive.keys_directory",
        3,
    ),
    "keys_inside_the_archive_by_detour": (
        '[archive]\ndirectory = "a"\nkeys_directory = "b/../a/keys"\n',
        "archive.keys_directory",
        3,
    ),
    "store_inside_the_archive": (
        '[archive]\ndirectory = "/a"\n[[stores]]\nname = "s"\npath = "/a/objects"\n',
        "stores[0].path",
        5,
    ),
}

_UNREADABLE = {
    "not_toml": (b"[station\n", "line 1"),
    "same_key_twice": (b"[station]\nworkers = 1\nworkers = 2\n", "line 3"),
    "not_utf8": (b'[archive]\nstation = "\xc9\xcf"\n', "UTF-8"),
    "nested_without_end": (b"x = " + b"[" * 100_000, "TOML"),
}


@pytest.mark.parametrize(("text", "key", "line"), _INVALID.values(), ids=_INVALID)
def test_an_invalid_file_is_told_at_its_key_and_line(
    tmp_path: Path, text: str, key: str, line: int
) -> None:
    file = tmp_path / "config.toml"
    file.write_text(text, "utf-8")
    with pytest.raises(ConfigInvalid) as caught:
        load(file)
    [problem] = caught.value.problems
    assert (problem.key, problem.where) == (key, f"{file}:{line}")
    assert caught.value.exit_code == 83


@pytest.mark.parametrize(("data", "hint"), _UNREADABLE.values(), ids=_UNREADABLE)
def test_an_unreadable_file_is_told_with_a_reason(tmp_path: Path, data: bytes, hint: str) -> None:
    file = tmp_path / "config.toml"
    file.write_bytes(data)
    with pytest.raises(ConfigUnreadable, match=hint) as caught:
        load(file)
    assert str(file) in caught.value.detail


def test_a_folder_is_no_file(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=str(tmp_path)):
        load(tmp_path)
