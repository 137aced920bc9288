"""The tables. Text keys sort in byte order, times are UTC text that sorts as time does.

Triggers keep what must never change, also against other programs: events are append-only, an immutable tag
neither moves nor goes, manifests and visible blobs stay.
"""

from datetime import UTC, datetime

from sqlalchemy import (
    DDL,
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
    event,
)
from sqlalchemy.types import TypeDecorator

_FORMAT = "%Y-%m-%dT%H:%M:%S.%fZ"


class UtcTime(TypeDecorator[datetime]):
    """A point in time as text, such as 2026-11-24T13:05:29.000000Z."""

    impl = String(27)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> str | None:  # noqa: ARG002
        """To text."""
        return value.astimezone(UTC).strftime(_FORMAT) if value else None

    def process_result_value(self, value: str | None, dialect: Dialect) -> datetime | None:  # noqa: ARG002
        """From text."""
        return datetime.strptime(value, _FORMAT).replace(tzinfo=UTC) if value else None


metadata = MetaData()

repositories = Table("repositories", metadata, Column("name", Text, primary_key=True), sqlite_with_rowid=False)

blobs = Table(
    "blobs",
    metadata,
    Column("repository", Text, primary_key=True),
    Column("digest", Text, primary_key=True),
    Column("size", BigInteger, nullable=False),
    Index("blobs_by_digest", "digest"),
    sqlite_with_rowid=False,
)

manifests = Table(
    "manifests",
    metadata,
    Column("repository", Text, primary_key=True),
    Column("digest", Text, primary_key=True),
    Column("media_type", Text, nullable=False),
    Column("subject", Text),
    Column("artifact_type", Text),
    Column("annotations", Text, nullable=False),
    Column("size", BigInteger, nullable=False),
    Column("data", LargeBinary, nullable=False),
    Index("manifests_by_subject", "repository", "subject", "digest"),
)

tags = Table(
    "tags",
    metadata,
    Column("repository", Text, primary_key=True),
    Column("name", Text, primary_key=True),
    Column("digest", Text, nullable=False),
    Column("immutable", Boolean, nullable=False),
    Column("author", Text, nullable=False),
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
    Column("kind", Text, nullable=False),
    Column("caller", Text, nullable=False),
    Column("repository", Text, nullable=False),
    Column("tag", Text),
    Column("digest", Text, nullable=False),
    Column("previous", Text),
    Column("media_type", Text, nullable=False),
    Column("size", BigInteger, nullable=False),
)

uploads = Table(
    "uploads",
    metadata,
    Column("id", Text, primary_key=True),
    Column("repository", Text, nullable=False),
    Column("starter", Text, nullable=False),
    Column("algorithm", Text, nullable=False),
    Column("started_at", UtcTime, nullable=False, index=True),
    sqlite_with_rowid=False,
)


def _trigger(table: Table, name: str, when: str, action: str) -> None:
    statement = DDL(  # type: ignore[no-untyped-call]  # SQLAlchemy's gap
        f"CREATE TRIGGER {table.name}_{name} BEFORE {when} BEGIN SELECT {action}; END"
    )
    event.listen(table, "after_create", statement.execute_if(dialect="sqlite"))


def _forbid(table: Table, action: str, condition: str = "1") -> None:
    refusal = f"RAISE(ABORT, '{table.name}: {action} is not allowed')"
    _trigger(table, f"no_{action.lower()}", f"{action} ON {table.name} WHEN {condition}", refusal)


def _forbid_replacing(table: Table, same: str) -> None:
    # INSERT OR REPLACE removes the row in its way without asking the DELETE trigger. What is there stays; the
    # insert does nothing, as our own ON CONFLICT DO NOTHING asks for anyway. Only an event must not be lost so.
    otherwise = f"RAISE(ABORT, '{table.name}: INSERT is not allowed')" if table is events else "RAISE(IGNORE)"
    taken = f"EXISTS (SELECT 1 FROM {table.name} WHERE {same})"  # noqa: S608 - our own names
    _trigger(table, "no_replace", f"INSERT ON {table.name} WHEN {taken}", otherwise)


for _table in (events, manifests, blobs, repositories):
    _forbid(_table, "UPDATE")
    _forbid(_table, "DELETE")
    _forbid_replacing(_table, " AND ".join(f"{column.name} = NEW.{column.name}" for column in _table.primary_key))
_forbid(tags, "DELETE")
_forbid(
    tags,
    "UPDATE",
    "OLD.immutable = 1 OR OLD.repository <> NEW.repository OR OLD.name <> NEW.name "
    "OR OLD.immutable <> NEW.immutable OR OLD.created <> NEW.created",
)
_forbid_replacing(tags, "repository = NEW.repository AND (name = NEW.name OR created = NEW.created)")
