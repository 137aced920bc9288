"""Values that replicas agree on; PostgreSQL stores a manifest in one round trip; SQLite guards tags by key."""

from alembic import op
from sqlalchemy import Column, Text

from pierone_adapters.sql import guards
from pierone_adapters.sql.store_function import STORE_MANIFEST

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    """Add the table with its guards, and the function; guard tags by key."""
    dialect = op.get_bind().dialect.name
    text = Text().with_variant(Text(collation="C"), "postgresql")
    op.create_table(
        "shared_values",
        Column("name", text, primary_key=True),
        Column("value", text, nullable=False),
        sqlite_with_rowid=False,
    )
    for statement in (*guards.append_only(dialect, "shared_values", ("name",)), *guards.tags_by_key(dialect)):
        op.execute(statement)
    if dialect == "postgresql":
        op.execute(STORE_MANIFEST)
