"""Settings of the metadata database."""

from pydantic import BaseModel, Field, SecretStr


class DatabaseSettings(BaseModel):
    """Where metadata lies, if not in a SQLite file below the data directory."""

    database_url: SecretStr | None = Field(
        default=None,
        description="postgresql://user:password@host/database (or ?host=/socket/folder): metadata in PostgreSQL; "
        "without it in a SQLite file below data_dir",
    )
