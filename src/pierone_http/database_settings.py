"""Settings of the metadata database."""

from typing import Annotated
from urllib.parse import urlsplit

from pydantic import AfterValidator, BaseModel, Field, SecretStr


def _check_url(secret: SecretStr) -> SecretStr:
    url = secret.get_secret_value()
    scheme, _, rest = url.partition("://")
    if scheme not in ("postgresql", "postgres"):
        raise ValueError(
            "it must begin with postgresql:// (for SQLite leave it out: that lies below PIERONE_DATA_DIR by itself)"
        )
    if rest.count("@") > urlsplit(f"//{rest}").netloc.count("@") or rest.count("@") > 1:
        raise ValueError("the password has a character that a URL needs: write @ as %40, / as %2F, ? as %3F, # as %23")
    return secret


class DatabaseSettings(BaseModel):
    """Where metadata lies, if not in a SQLite file below the data directory."""

    database_url: Annotated[SecretStr, AfterValidator(_check_url)] | None = Field(
        default=None,
        description="postgresql://user:password@host/database (or postgresql:///database?host=/socket/folder): "
        "metadata in PostgreSQL; without it in a SQLite file below data_dir. Set it in the environment, where `ps` "
        "does not show it",
    )
    database_pool_size: int = Field(
        default=20, ge=1, le=1000, description="connections that a server keeps to PostgreSQL at most"
    )
    database_connect_timeout: float = Field(
        default=3, ge=2, le=60, description="seconds to wait for a connection to PostgreSQL"
    )
    database_statement_timeout: float = Field(
        default=5, gt=0, le=600, description="seconds that one statement may take in PostgreSQL"
    )
