from pathlib import Path

import pytest

from evidence_daemon.config.load import find_file, load
from evidence_daemon.config.problems import ConfigInvalid
from evidence_daemon.config.schema import Config
from evidence_daemon.errors import ConfigNotFound


@pytest.fixture(autouse=True)
def _bare_environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in ("EVD_CONFIG", "EVD_LANG", "EVD_DEBUG"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.chdir(tmp_path)


def _write(folder: Path, text: str) -> Path:
    file = folder / "config.toml"
    file.write_text(text, "utf-8")
    return file


def test_without_any_source_everything_is_default() -> None:
    loaded = load()
    assert loaded.config == Config()
    assert {origin.source for _, _, origin in loaded.values()} == {"default"}


def test_option_over_environment_over_file_over_default(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = _write(tmp_path, "[station]\nworkers = 2\nrescan_s = 3\nstable_s = 4\n")
    monkeypatch.setenv("EVD_STATION__WORKERS", "20")
    monkeypatch.setenv("EVD_STATION__RESCAN_S", "30")
    loaded = load(file, {("station", "workers"): 200})
    station = loaded.config.station
    assert (station.workers, station.rescan_s, station.stable_s) == (200, 30, 4)
    assert station.copies_per_controller == 8
    origins = {key[1]: str(origin) for key, _, origin in loaded.values() if key[0] == "station"}
    assert origins["workers"] == "--workers"
    assert origins["rescan_s"] == "EVD_STATION__RESCAN_S"
    assert origins["stable_s"] == f"{file}:4"
    assert origins["copies_per_controller"] == "default"


def test_the_digest_is_of_what_is_in_force_wherever_it_comes_from(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from_file = load(_write(tmp_path, "[station]\nworkers = 2\n"))
    assert from_file.sha256 != load().sha256
    monkeypatch.setenv("EVD_STATION__WORKERS", "2")
    assert load().sha256 == from_file.sha256


def test_relative_paths_start_where_they_are_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "etc"
    folder.mkdir()
    file = _write(
        folder,
        '[archive]\ndirectory = "archive"\n[station]\ndrop_folders = ["in", "/abs"]\n'
        '[[stores]]\nname = "nas"\npath = "../nas"\n[rules]\nfile_names = "names.toml"\n',
    )
    monkeypatch.setenv("EVD_ARCHIVE__KEYS_DIRECTORY", "keys")
    config = load(file, {("archive", "state_file"): "s.sqlite"}).config
    assert config.archive.directory == folder / "archive"
    assert config.station.drop_folders == (folder / "in", Path("/abs"))
    assert config.stores[0].path == tmp_path / "nas"
    assert config.rules.file_names == folder / "names.toml"
    assert config.archive.keys_directory == tmp_path / "keys"
    assert config.archive.state_file == tmp_path / "s.sqlite"


def test_a_list_in_the_environment_replaces_the_list_in_the_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = _write(tmp_path, '[[stores]]\nname="a"\npath="/a"\n[[stores]]\nname="b"\npath="/b"\n')
    monkeypatch.setenv("EVD_STORES", '[{"name": "c", "path": "/c"}]')
    loaded = load(file)
    assert [store.name for store in loaded.config.stores] == ["c"]
    assert loaded.origin(("stores", 0, "name")).where == "EVD_STORES"
    assert loaded.origin(("stores", 0, "deadline_s")).source == "default"


def test_the_file_is_the_named_one_then_that_of_the_environment(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("EVD_CONFIG", "/from/environment.toml")
    assert find_file(tmp_path) == tmp_path
    assert find_file(None) == Path("/from/environment.toml")
    with pytest.raises(ConfigNotFound, match=r"/from/environment\.toml"):
        load()


def test_the_working_folder_is_not_searched(tmp_path: Path) -> None:
    _write(tmp_path, "[station]\nworkers = 2\n")
    assert load().file != tmp_path / "config.toml"


def test_every_mistake_is_named_with_its_place(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = _write(tmp_path, '[station]\nwrokers = 3\n\n[logging]\nlevel = "loud"\n')
    monkeypatch.setenv("EVD_STATION__RESCAN_S", "never")
    with pytest.raises(ConfigInvalid) as caught:
        load(file)
    told = {problem.key: problem for problem in caught.value.problems}
    assert told["station.wrokers"].where == f"{file}:2"
    assert told["station.wrokers"].allowed.startswith("workers, ")
    assert told["logging.level"].where == f"{file}:5"
    assert told["logging.level"].allowed == '"debug", "info", "warning", "error"'
    assert told["station.rescan_s"].where == "EVD_STATION__RESCAN_S"
    assert told["station.rescan_s"].allowed == "a number from 1 to 3600"
    assert "2 more" in caught.value.detail


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("EVD_STATON__WORKERS", "3"),
        ("EVD_STATION__WROKERS", "3"),
        ("EVD_STATION__DROP_FOLDERS", "/srv/drop"),
        ("EVD_STATION__SOCKET", ""),
    ],
    ids=["unknown_section", "unknown_setting", "list_that_is_no_json", "empty_path"],
)
def test_a_wrong_variable_is_named(monkeypatch: pytest.MonkeyPatch, name: str, value: str) -> None:
    monkeypatch.setenv(name, value)
    with pytest.raises(ConfigInvalid) as caught:
        load()
    assert caught.value.problems[0].where == name
