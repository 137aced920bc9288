"""The tables, the same in SQLite and PostgreSQL, as the newest migration leaves them.

Text sorts in byte order, times are UTC text that sorts as time does. What must never change is kept by triggers
(`guards`).
"""

from datetime import UTC, datetime

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Dialect,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    Text,
    text,
)
from sqlalchemy.types import TypeDecorator, TypeEngine

_FORMAT = "%Y-%m-%dT%H:%M:%S.%fZ"

# SQLite compares bytes by itself; a PostgreSQL database may sort as people do.
_TEXT: TypeEngine[str] = Text().with_variant(Text(collation="C"), "postgresql")
_TIME: TypeEngine[str] = String(27).with_variant(String(27, collation="C"), "postgresql")


class UtcTime(TypeDecorator[datetime]):
    """A point in time as text, such as 2026-11-24T13:05:29.000000Z."""

    impl = String(27)
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[str]:
        """Text of one length."""
        return dialect.type_descriptor(_TIME)

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> str | None:  # noqa: ARG002
        """To text."""
        return value.astimezone(UTC).strftime(_FORMAT) if value else None

    def process_result_value(self, value: str | None, dialect: Dialect) -> datetime | None:  # noqa: ARG002
        """From text."""
        return datetime.fromisoformat(value) if value else None


metadata = MetaData()

repositories = Table("repositories", metadata, Column("name", _TEXT, primary_key=True), sqlite_with_rowid=False)

blobs = Table(
    "blobs",
    metadata,
    Column("repository", _TEXT, primary_key=True),
    Column("digest", _TEXT, primary_key=True),
    Column("size", BigInteger, nullable=False),
    Index("blobs_by_digest", "digest", "repository"),
    sqlite_with_rowid=False,
)

manifests = Table(
    "manifests",
    metadata,
    Column("repository", _TEXT, primary_key=True),
    Column("digest", _TEXT, primary_key=True),
    Column("media_type", _TEXT, nullable=False),
    Column("subject", _TEXT),
    Column("artifact_type", _TEXT),
    Column("annotations", _TEXT, nullable=False),
    Column("size", BigInteger, nullable=False),
    Column("data", LargeBinary, nullable=False),
    Index("manifests_by_subject", "repository", "subject", "digest"),
    Index(
        "referrers_by_type",
        "repository",
        "subject",
        "artifact_type",
        "digest",
        # On PostgreSQL, too (0004). To say so here would load its dialect, which SQLite has no use for.
        sqlite_where=text("subject IS NOT NULL"),
    ),
)

tags = Table(
    "tags",
    metadata,
    Column("repository", _TEXT, primary_key=True),
    Column("name", _TEXT, primary_key=True),
    Column("digest", _TEXT, nullable=False),
    Column("immutable", Boolean, nullable=False),
    Column("author", _TEXT, nullable=False),
    Column("bound_at", UtcTime, nullable=False),
    Column("created", BigInteger, nullable=False, comment="sequence of the event that bound it first"),
    Index("tags_by_creation", "repository", "created", unique=True),
    sqlite_with_rowid=False,
)

events = Table(
    "events",
    metadata,
    Column("sequence", BigInteger().with_variant(Integer, "sqlite"), primary_key=True, autoincrement=False),
    Column("at", UtcTime, nullable=False),
    Column("kind", _TEXT, nullable=False),
    Column("caller", _TEXT, nullable=False),
    Column("repository", _TEXT, nullable=False),
    Column("tag", _TEXT),
    Column("digest", _TEXT, nullable=False),
    Column("previous", _TEXT),
    Column("media_type", _TEXT, nullable=False),
    Column("size", BigInteger, nullable=False),
)

uploads = Table(
    "uploads",
    metadata,
    Column("id", _TEXT, primary_key=True),
    Column("repository", _TEXT, nullable=False),
    Column("starter", _TEXT, nullable=False),
    Column("algorithm", _TEXT, nullable=False),
    Column("started_at", UtcTime, nullable=False, index=True),
    sqlite_with_rowid=False,
)

shared_values = Table(
    "shared_values",
    metadata,
    Column("name", _TEXT, primary_key=True),
    Column("value", _TEXT, nullable=False),
    sqlite_with_rowid=False,
)
