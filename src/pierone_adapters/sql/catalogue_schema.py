"""The tables that lists and figures are read from. Triggers keep them (`counting`), in the transaction of the push."""

from sqlalchemy import BigInteger, Boolean, Column, Index, Integer, Table

from pierone_adapters.sql.schema import UtcTime, events, metadata

# Text that sorts in byte order, as all keys do.
_TEXT = events.c.repository.type

teams = Table(
    "teams",
    metadata,
    Column("name", _TEXT, primary_key=True),
    Column("artifacts", BigInteger, nullable=False),
    Column("tags", BigInteger, nullable=False),
    sqlite_with_rowid=False,
)

artifacts = Table(
    "artifacts",
    metadata,
    Column("artifact", _TEXT, primary_key=True),
    Column("team", _TEXT, primary_key=True),
    sqlite_with_rowid=False,
)

totals = Table(
    "totals",
    metadata,
    Column("name", _TEXT, primary_key=True),
    Column("shard", Integer, primary_key=True, autoincrement=False),
    Column("value", BigInteger, nullable=False),
    sqlite_with_rowid=False,
)

# Events that bound a tag, which may be few among many.
pushes = Table("pushes", metadata, Column("sequence", events.c.sequence.type, primary_key=True, autoincrement=False))

image_parts = Table(
    "image_parts",
    metadata,
    Column("repository", _TEXT, primary_key=True),
    Column("manifest", _TEXT, primary_key=True),
    Column("part", _TEXT, primary_key=True),
    Column("is_config", Boolean, nullable=False),
    sqlite_with_rowid=False,
)

image_tags = Table(
    "image_tags",
    metadata,
    Column("digest", _TEXT, primary_key=True),
    Column("repository", _TEXT, primary_key=True),
    Column("tag", _TEXT, primary_key=True),
    sqlite_with_rowid=False,
)

scm_claims = Table(
    "scm_claims",
    metadata,
    Column("repository", _TEXT, primary_key=True),
    Column("tag", _TEXT, primary_key=True),
    Column("digest", _TEXT, primary_key=True),
    Column("source", _TEXT, nullable=False),
    Column("caller", _TEXT, nullable=False),
    Column("at", UtcTime, nullable=False),
    sqlite_with_rowid=False,
)

layer_sources = Table(
    "layer_sources",
    metadata,
    Column("digest", _TEXT, primary_key=True),
    Column("source", _TEXT),
    Column("hides", Boolean, nullable=False),
    sqlite_with_rowid=False,
)

Index("events_by_repository", events.c.repository, events.c.sequence)
