"""The catalog's tables, on SQLite and on PostgreSQL.

Portable by rule: times are integer microseconds UTC, digests and ids lower-case hex, text is
compared byte by byte (``COLLATE "C"`` on PostgreSQL), structured values are JSON text. Every
column comes from log entries alone; none says when or where the projection was made.

A change of anything here is a new :data:`SCHEMA_NUMBER`: a catalog of another number is
emptied when it is opened and projected again from the log. There are no migrations. The index
of texts, which differs between the databases, is in ``path_text``.
"""

from typing import Final

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    ForeignKey,
    Index,
    Integer,
    MetaData,
    Table,
    Text,
)
from sqlalchemy.dialects.postgresql import TEXT as POSTGRESQL_TEXT

SCHEMA_NUMBER: Final = 5

_TEXT = Text().with_variant(POSTGRESQL_TEXT(collation="C"), "postgresql")
# SQLite's INTEGER is 64 bits wide and, as a primary key, the row's own number.
_INTEGER = BigInteger().with_variant(Integer, "sqlite")

metadata = MetaData()

meta = Table(
    "meta",
    metadata,
    Column("name", _TEXT, primary_key=True),
    Column("value", _TEXT),
)
"""``schema``, ``log_size`` and ``head``; changed in the transaction that changes the rows."""

objects = Table(
    "objects",
    metadata,
    Column("seq", _INTEGER, primary_key=True, autoincrement=False),
    Column("sha256", _TEXT, nullable=False, unique=True),
    Column("sm3", _TEXT),
    Column("size_bytes", _INTEGER, nullable=False),
    Column("complete", Boolean, nullable=False),
)
"""Objects and recordings bear the number of the entry that first spoke of them: what lies
side by side in the log lies side by side here, which a random id would prevent."""

recordings = Table(
    "recordings",
    metadata,
    Column("seq", _INTEGER, primary_key=True, autoincrement=False),
    Column("id", _TEXT, nullable=False, unique=True),
    # Digest and size stand here again, so that a listing reads rows that lie side by side
    # instead of one random object per recording.
    Column("sha256", _TEXT, ForeignKey("objects.sha256"), nullable=False),
    Column("sm3", _TEXT),
    Column("size_bytes", _INTEGER, nullable=False),
    Column("complete", Boolean, nullable=False),
    Column("original_name", _TEXT, nullable=False),
    Column("path", _TEXT, nullable=False),
    Column("path_b64", _TEXT),
    Column("recorder", _TEXT, nullable=False),
    Column("officer", _TEXT),
    Column("docking", _TEXT, nullable=False),
    Column("recorded_at_us", _INTEGER, nullable=False),
    Column("recorded_at_source", _TEXT, nullable=False),
    Column("collected_at_us", _INTEGER, nullable=False),
    Column("media", _TEXT),
    Column("counter", _INTEGER),
    Column("important", Boolean, nullable=False),
    Column("name_parsed", Boolean, nullable=False),
)

occurrences = Table(
    "occurrences",
    metadata,
    Column("seq", _INTEGER, primary_key=True, autoincrement=False),
    Column("time_us", _INTEGER, nullable=False),
    Column("act", _TEXT, nullable=False),
    Column("actor", _TEXT, nullable=False),
    Column("recording", _INTEGER, ForeignKey("recordings.seq"), nullable=False),
    Column("docking", _TEXT, nullable=False),
    Column("recorder", _TEXT, nullable=False),
    Column("path", _TEXT, nullable=False),
    Column("path_b64", _TEXT),
    Column("path_key", _INTEGER, nullable=False),
    Column("size_bytes", _INTEGER, nullable=False),
    Column("mtime_us", _INTEGER, nullable=False),
    Column("mtime_zone", _TEXT, nullable=False),
    Column("sample", _TEXT, nullable=False),
    Column("complete", Boolean, nullable=False),
    Column("important", Boolean, nullable=False),
    Column("proof", _TEXT, nullable=False),
    Column("unreadable", _TEXT),
    Column("changed", Boolean, nullable=False),
    Column("recovered", Boolean, nullable=False),
)

events = Table(
    "events",
    metadata,
    Column("kind", _TEXT, nullable=False),
    Column("subject", _TEXT, nullable=False),
    Column("seq", _INTEGER, nullable=False),
    Column("time_us", _INTEGER, nullable=False),
    Column("act", _TEXT, nullable=False),
    Column("actor", _TEXT, nullable=False),
    Column("docking", _TEXT),
    Column("summary", _TEXT, nullable=False),
)
"""What an entry means for a recording, an object or a docking, where it is no occurrence."""

dockings = Table(
    "dockings",
    metadata,
    Column("docking", _TEXT, primary_key=True),
    Column("seq", _INTEGER, nullable=False),
    Column("docked_us", _INTEGER, nullable=False),
    Column("slot", _TEXT),
    Column("driver", _TEXT, nullable=False),
    Column("source", _TEXT, nullable=False),
    Column("timezone", _TEXT, nullable=False),
    Column("recorder", _TEXT),
    Column("basis", _TEXT),
    Column("officer", _TEXT),
    Column("officer_source", _TEXT),
    Column("clock_offset_ms", _INTEGER),
    Column("clock_uncertainty_ms", _INTEGER),
    Column("inventory_batch", _TEXT),
    Column("inventory_parts", _INTEGER),
    Column("inventory_parts_seen", _INTEGER),
    Column("inventory_found", _INTEGER),
    Column("custodian", _TEXT),
    Column("undocked_us", _INTEGER),
    Column("state", _TEXT),
    Column("interrupted", Boolean),
    Column("found", _INTEGER),
    Column("new", _INTEGER),
    Column("known", _INTEGER),
    Column("failed", _INTEGER),
    Column("skipped", _TEXT),
    Column("size_bytes", _INTEGER),
    Column("truncated_us", _INTEGER),
)

replicas = Table(
    "replicas",
    metadata,
    Column("sha256", _TEXT, primary_key=True),
    Column("store", _TEXT, primary_key=True),
    Column("present", Boolean, nullable=False),
    Column("seq", _INTEGER, nullable=False),
    Column("time_us", _INTEGER, nullable=False),
)

fixity = Table(
    "fixity",
    metadata,
    Column("seq", _INTEGER, primary_key=True, autoincrement=False),
    Column("time_us", _INTEGER, nullable=False),
    Column("store", _TEXT, nullable=False),
    Column("began_us", _INTEGER, nullable=False),
    Column("after", _TEXT, nullable=False),
    Column("through", _TEXT, nullable=False),
    Column("objects", _INTEGER, nullable=False),
    Column("size_bytes", _INTEGER, nullable=False),
    Column("failures", _INTEGER, nullable=False),
)
"""Stretches of stores that were read again."""

quarantine = Table(
    "quarantine",
    metadata,
    Column("seq", _INTEGER, primary_key=True, autoincrement=False),
    Column("time_us", _INTEGER, nullable=False),
    Column("docking", _TEXT),
    Column("recorder", _TEXT),
    Column("path", _TEXT, nullable=False),
    Column("path_b64", _TEXT),
    Column("reason", _TEXT, nullable=False),
    Column("detail", _TEXT, nullable=False),
    Column("sha256", _TEXT),
    Column("size_bytes", _INTEGER),
    Column("kept_as", _TEXT),
)

anchors = Table(
    "anchors",
    metadata,
    Column("seq", _INTEGER, primary_key=True, autoincrement=False),
    Column("kind", _TEXT, nullable=False),
    Column("name", _TEXT, nullable=False),
    Column("size", _INTEGER, nullable=False),
    Column("root", _TEXT, nullable=False),
    Column("time_us", _INTEGER, nullable=False),
    Column("token_sha256", _TEXT),
    Column("renews", _TEXT),
)
"""Who else vouches for the log, and for how much of it: the first ``size`` entries existed by
``time_us``, says the authority ``name``."""

INDEXES: Final = (
    Index(
        "recordings_by_officer", recordings.c.officer, recordings.c.recorded_at_us, recordings.c.id
    ),
    Index(
        "recordings_by_recorder",
        recordings.c.recorder,
        recordings.c.recorded_at_us,
        recordings.c.id,
    ),
    Index("recordings_by_time", recordings.c.recorded_at_us, recordings.c.id),
    Index(
        "occurrences_by_file",
        occurrences.c.recorder,
        occurrences.c.mtime_us,
        occurrences.c.size_bytes,
        occurrences.c.path_key,
        occurrences.c.seq,
    ),
    Index("occurrences_by_docking", occurrences.c.docking, occurrences.c.path_key),
    Index("occurrences_by_recording", occurrences.c.recording, occurrences.c.seq),
    Index("events_by_subject", events.c.kind, events.c.subject, events.c.seq, unique=True),
    Index("dockings_by_recorder", dockings.c.recorder, dockings.c.seq),
    Index("dockings_by_end", dockings.c.undocked_us, dockings.c.seq),
    Index("fixity_by_store", fixity.c.store, fixity.c.seq),
    Index("fixity_by_pass", fixity.c.store, fixity.c.after, fixity.c.seq),
    Index("quarantine_by_docking", quarantine.c.docking),
    Index("anchors_by_size", anchors.c.kind, anchors.c.size, anchors.c.time_us, anchors.c.seq),
    Index("anchors_by_name", anchors.c.kind, anchors.c.name, anchors.c.size, anchors.c.seq),
)
"""Made after the rows when the whole log is projected: every question is answered by one."""
