"""Making a catalog's tables and indexes, and removing them."""

from sqlalchemy import Connection, MetaData
from sqlalchemy.schema import CreateTable

from archive.catalog import path_text
from archive.catalog.schema import INDEXES, metadata
from archive.sqlite import drop_virtual_tables


def create_tables(connection: Connection) -> None:
    """Make the tables, without the indexes that only questions need."""
    for table in metadata.sorted_tables:
        connection.execute(CreateTable(table))
    path_text.create(connection)


def create_indexes(connection: Connection) -> None:
    """Make the indexes."""
    for index in INDEXES:
        index.create(connection)
    path_text.create_over_rows(connection)


def drop_everything(connection: Connection) -> None:
    """Remove every table of the database, whichever schema number it was made by."""
    if connection.dialect.name == "sqlite":
        drop_virtual_tables(connection)
    found = MetaData()
    found.reflect(connection)
    found.drop_all(connection)
