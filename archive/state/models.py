"""The state database's tables as they are now; ``migrations`` says how they came to be so."""

from typing import Final

from sqlalchemy import Column, Index, Integer, LargeBinary, MetaData, Table, Text

metadata = MetaData()

HEAD: Final = "0002"
"""The newest migration: a database that stands there needs none."""

jobs = Table(
    "jobs",
    metadata,
    Column("key", Text, primary_key=True),
    Column("kind", Text, nullable=False),
    Column("due_us", Integer, nullable=False),
    Column("attempts", Integer, nullable=False),
    Column("last_error", Text),
    Column("lease_until_us", Integer),
    Column("done_us", Integer),
    Index("jobs_by_due", "kind", "done_us", "due_us", "key"),
)

witnessed = Table(
    "witnessed",
    metadata,
    Column("origin", Text, primary_key=True),
    Column("size", Integer, nullable=False),
    Column("root", Text, nullable=False),
    Column("note", LargeBinary, nullable=False),
)
