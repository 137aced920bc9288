"""The tables of the first version, and their guards."""

from alembic import op
from sqlalchemy import BigInteger, Boolean, Column, Integer, LargeBinary, String, Text
from sqlalchemy.types import TypeEngine

from pierone_adapters.sql import guards

revision = "0001"
down_revision = None

_TEXT: TypeEngine[str] = Text().with_variant(Text(collation="C"), "postgresql")
_TIME: TypeEngine[str] = String(27).with_variant(String(27, collation="C"), "postgresql")
_SEQUENCE: TypeEngine[int] = BigInteger().with_variant(Integer(), "sqlite")


def upgrade() -> None:
    """Make what `create_all` made before there were migrations."""
    for make in (_make_content, _make_tags, _make_events, _make_uploads):
        make()
    for statement in guards.of_first_tables(op.get_bind().dialect.name):
        op.execute(statement)


def _make_content() -> None:
    op.create_table("repositories", Column("name", _TEXT, primary_key=True), sqlite_with_rowid=False)
    op.create_table(
        "blobs",
        Column("repository", _TEXT, primary_key=True),
        Column("digest", _TEXT, primary_key=True),
        Column("size", BigInteger, nullable=False),
        sqlite_with_rowid=False,
    )
    op.create_index("blobs_by_digest", "blobs", ["digest"])
    op.create_table(
        "manifests",
        Column("repository", _TEXT, primary_key=True),
        Column("digest", _TEXT, primary_key=True),
        Column("media_type", _TEXT, nullable=False),
        Column("subject", _TEXT),
        Column("artifact_type", _TEXT),
        Column("annotations", _TEXT, nullable=False),
        Column("size", BigInteger, nullable=False),
        Column("data", LargeBinary, nullable=False),
    )
    op.create_index("manifests_by_subject", "manifests", ["repository", "subject", "digest"])


def _make_tags() -> None:
    op.create_table(
        "tags",
        Column("repository", _TEXT, primary_key=True),
        Column("name", _TEXT, primary_key=True),
        Column("digest", _TEXT, nullable=False),
        Column("immutable", Boolean, nullable=False),
        Column("author", _TEXT, nullable=False),
        Column("bound_at", _TIME, nullable=False),
        Column("created", BigInteger, nullable=False, comment="sequence of the event that bound it first"),
        sqlite_with_rowid=False,
    )
    op.create_index("tags_by_creation", "tags", ["repository", "created"], unique=True)


def _make_events() -> None:
    op.create_table(
        "events",
        Column("sequence", _SEQUENCE, primary_key=True, autoincrement=False),
        Column("at", _TIME, nullable=False),
        Column("kind", _TEXT, nullable=False),
        Column("caller", _TEXT, nullable=False),
        Column("repository", _TEXT, nullable=False),
        Column("tag", _TEXT),
        Column("digest", _TEXT, nullable=False),
        Column("previous", _TEXT),
        Column("media_type", _TEXT, nullable=False),
        Column("size", BigInteger, nullable=False),
    )


def _make_uploads() -> None:
    op.create_table(
        "uploads",
        Column("id", _TEXT, primary_key=True),
        Column("repository", _TEXT, nullable=False),
        Column("starter", _TEXT, nullable=False),
        Column("algorithm", _TEXT, nullable=False),
        Column("started_at", _TIME, nullable=False),
        sqlite_with_rowid=False,
    )
    op.create_index("ix_uploads_started_at", "uploads", ["started_at"])
