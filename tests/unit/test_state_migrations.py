"""The state database's schema: models and migrations agree, and what is newer is refused."""

import contextlib
import os
import sqlite3
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory

from archive.errors import NetworkFileSystem, StorageError
from archive.sqlite import reading_engine, writing_engine
from archive.state import StateDatabase
from archive.state.errors import StateDamaged, StateTooNew
from archive.state.migrating import migrate
from archive.state.models import HEAD, metadata


@pytest.fixture
def path(tmp_path: Path) -> Path:
    made = tmp_path / "state.sqlite"
    StateDatabase.open(made).close()
    return made


def sql(path: Path, *statements: str) -> list[tuple[str, ...]]:
    with contextlib.closing(sqlite3.connect(path)) as connection, connection:
        return [row for statement in statements for row in connection.execute(statement)]


def test_the_models_are_what_the_migrations_make(path: Path) -> None:
    engine = reading_engine(path)
    with engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        assert compare_metadata(context, metadata) == []
    engine.dispose()


def test_the_newest_revision_is_the_one_the_models_stand_for() -> None:
    config = Config()
    config.set_main_option("script_location", "archive.state:migrations")
    config.set_main_option("path_separator", "os")
    assert ScriptDirectory.from_config(config).get_heads() == [HEAD]


def test_opening_again_changes_nothing(path: Path) -> None:
    before = path.read_bytes()
    StateDatabase.open(path).close()
    assert path.read_bytes() == before
    assert os.listdir(path.parent) == ["state.sqlite"]


def test_a_newer_one_is_refused_and_left_alone(path: Path) -> None:
    sql(path, "UPDATE alembic_version SET version_num = '9999'", "CREATE TABLE sessions (a)")
    before = path.read_bytes()
    with pytest.raises(StateTooNew, match="9999"):
        StateDatabase.open(path)
    assert path.read_bytes() == before


def test_a_migration_that_fails_leaves_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "state.sqlite"
    monkeypatch.setattr("alembic.op.create_index", _refuse, raising=True)
    with pytest.raises(RuntimeError):
        StateDatabase.open(path)
    assert sql(path, "SELECT name FROM sqlite_schema") == []
    monkeypatch.undo()
    StateDatabase.open(path).close()
    assert sql(path, "SELECT version_num FROM alembic_version") == [(HEAD,)]


def _refuse(*_: object, **__: object) -> None:
    raise RuntimeError


def test_migrating_needs_no_settings_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    engine = writing_engine(tmp_path / "state.sqlite")
    with engine.begin() as connection:
        migrate(connection)
        migrate(connection)
    engine.dispose()
    assert os.listdir(tmp_path) == ["state.sqlite"]


@pytest.mark.parametrize(
    "damage",
    [
        "DROP TABLE alembic_version",
        "DELETE FROM alembic_version",
        "INSERT INTO alembic_version VALUES ('0000')",
    ],
)
def test_one_without_a_single_revision_is_damaged(path: Path, damage: str) -> None:
    sql(path, damage)
    with pytest.raises(StateDamaged):
        StateDatabase.open(path)


def test_a_file_that_is_no_database(tmp_path: Path) -> None:
    path = tmp_path / "state.sqlite"
    path.write_text("jobs: none\n" * 100)
    with pytest.raises(StateDamaged):
        StateDatabase.open(path)


def test_a_table_that_is_gone(path: Path) -> None:
    with StateDatabase.open(path) as state:
        sql(path, "DROP TABLE jobs")
        with pytest.raises(StateDamaged):
            state.pending()
        with pytest.raises(StateDamaged):
            state.claim("replicate", 1, 1)


def test_a_folder_in_its_place(tmp_path: Path) -> None:
    with pytest.raises(StorageError):
        StateDatabase.open(tmp_path)


def test_a_network_file_system_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("archive.filesystems.file_system_type", lambda _: "cifs")
    with pytest.raises(NetworkFileSystem):
        StateDatabase.open(tmp_path / "state.sqlite")
    assert list(tmp_path.iterdir()) == []
