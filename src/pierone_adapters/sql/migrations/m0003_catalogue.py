"""Lists, figures and sources: the catalogue's tables, filled with what is there already."""

from alembic import op
from sqlalchemy import BigInteger, Boolean, Column, Integer, String, Text, text
from sqlalchemy.types import TypeEngine

from pierone_adapters.sql import counting, guards

revision = "0003"
down_revision = "0002"

_TEXT: TypeEngine[str] = Text().with_variant(Text(collation="C"), "postgresql")
_SEQUENCE: TypeEngine[int] = BigInteger().with_variant(Integer(), "sqlite")
_TIME: TypeEngine[str] = String(27).with_variant(String(27, collation="C"), "postgresql")


def upgrade() -> None:
    """Make the tables and the triggers, and fill them."""
    for make in (_make_figures, _make_images, _make_sources, _make_history):
        make()
    dialect = op.get_bind().dialect.name
    guard = guards.append_only(dialect, "scm_claims", ("repository", "tag", "digest"))
    for statement in (*counting.of_catalogue(dialect), *counting.fill(dialect), *guard):
        op.execute(text(statement.replace(":", "\\:")))


def _make_figures() -> None:
    op.create_table(
        "teams",
        Column("name", _TEXT, primary_key=True),
        Column("artifacts", BigInteger, nullable=False),
        Column("tags", BigInteger, nullable=False),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "artifacts",
        Column("artifact", _TEXT, primary_key=True),
        Column("team", _TEXT, primary_key=True),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "totals",
        Column("name", _TEXT, primary_key=True),
        Column("shard", Integer, primary_key=True, autoincrement=False),
        Column("value", BigInteger, nullable=False),
        sqlite_with_rowid=False,
    )


def _make_images() -> None:
    op.create_table(
        "image_parts",
        Column("repository", _TEXT, primary_key=True),
        Column("manifest", _TEXT, primary_key=True),
        Column("part", _TEXT, primary_key=True),
        Column("is_config", Boolean, nullable=False),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "image_tags",
        Column("digest", _TEXT, primary_key=True),
        Column("repository", _TEXT, primary_key=True),
        Column("tag", _TEXT, primary_key=True),
        sqlite_with_rowid=False,
    )


def _make_sources() -> None:
    op.create_table(
        "scm_claims",
        Column("repository", _TEXT, primary_key=True),
        Column("tag", _TEXT, primary_key=True),
        Column("digest", _TEXT, primary_key=True),
        Column("source", _TEXT, nullable=False),
        Column("caller", _TEXT, nullable=False),
        Column("at", _TIME, nullable=False),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "layer_sources",
        Column("digest", _TEXT, primary_key=True),
        Column("source", _TEXT),
        Column("hides", Boolean, nullable=False),
        sqlite_with_rowid=False,
    )


def _make_history() -> None:
    op.create_table("pushes", Column("sequence", _SEQUENCE, primary_key=True, autoincrement=False))
    op.create_index("events_by_repository", "events", ["repository", "sequence"])
