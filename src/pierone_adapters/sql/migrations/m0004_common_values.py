"""A digest that most repositories have, and a subject of many referrers, cost no more than any other."""

from alembic import op
from sqlalchemy import text

from pierone_adapters.sql import storage

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    """Replace an index, add one, and have PostgreSQL look for new blobs in another way."""
    op.drop_index("blobs_by_digest", "blobs")
    op.create_index("blobs_by_digest", "blobs", ["digest", "repository"])
    referrers = text("subject IS NOT NULL")
    op.create_index(
        "referrers_by_type",
        "manifests",
        ["repository", "subject", "artifact_type", "digest"],
        sqlite_where=referrers,
        postgresql_where=referrers,
    )
    if op.get_bind().dialect.name == "postgresql":
        op.execute(storage.COUNT_BLOB)
