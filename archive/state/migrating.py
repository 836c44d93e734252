"""Bringing a state database to the schema of this version.

What is current is not touched, and then the migration tool is not even loaded. What is newer
than this program is refused: a table it does not know could be one it must not neglect.
"""

from typing import Final

from sqlalchemy import Column, Connection, MetaData, Table, Text, inspect, select

from archive.state.errors import StateDamaged, StateTooNew
from archive.state.models import HEAD

_SCRIPTS: Final = "archive.state:migrations"
_version = Table("alembic_version", MetaData(), Column("version_num", Text))


def migrate(connection: Connection) -> None:
    """Run the missing migrations inside the connection's transaction.

    Raises:
        StateTooNew: The database was changed by a later version.
        StateDamaged: It holds something else.
    """
    revision = current_revision(connection)
    if revision != HEAD:
        _upgrade(connection, revision)


def current_revision(connection: Connection) -> str | None:
    """The revision the database stands at; None for an empty one.

    Raises:
        StateDamaged: It holds tables but no revision.
    """
    tables = inspect(connection).get_table_names()
    if not tables:
        return None
    if _version.name in tables:
        revisions = connection.scalars(select(_version.c.version_num)).all()
        if len(revisions) == 1:
            return str(revisions[0])
    raise StateDamaged("the database holds tables but does not say of which revision")


def _upgrade(connection: Connection, revision: str | None) -> None:
    from alembic import command
    from alembic.config import Config
    from alembic.script import ScriptDirectory

    config = Config(attributes={"connection": connection})
    config.set_main_option("script_location", _SCRIPTS)
    config.set_main_option("path_separator", "os")
    known = {script.revision for script in ScriptDirectory.from_config(config).walk_revisions()}
    if revision is not None and revision not in known:
        raise StateTooNew(
            f"the state database stands at revision {revision[:40]!r}, not known here"
        )
    command.upgrade(config, "head")
