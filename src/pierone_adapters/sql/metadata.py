"""The metadata ports over one SQLite file, or one PostgreSQL database."""

from collections.abc import Callable
from pathlib import Path

from sqlalchemy import text

from pierone_adapters.sql.blobs import SqlRepositoryBlobs
from pierone_adapters.sql.catalogue import sql_catalogue
from pierone_adapters.sql.database import Database
from pierone_adapters.sql.events import SqlEventLog
from pierone_adapters.sql.listing import SqlListing
from pierone_adapters.sql.manifests import SqlManifests
from pierone_adapters.sql.shared_values import SqlSharedValues
from pierone_adapters.sql.sqlite import SqliteDatabase
from pierone_adapters.sql.sqlite_store import SqliteStore
from pierone_adapters.sql.storage import recount
from pierone_adapters.sql.uploads import SqlUploadSessions
from pierone_core.ports import Metadata
from pierone_core.records import ManifestWrite


def sqlite_metadata(path: Path) -> Metadata:
    """Metadata in the SQLite file `path`, made or migrated if need be; raises `Unavailable`."""
    database = SqliteDatabase(path)
    return _metadata(database, SqliteStore(database), "sqlite")


def postgres_metadata(
    url: str, pool_size: int = 20, connect_timeout: float = 3, statement_timeout: float = 5
) -> Metadata:
    """Metadata in the PostgreSQL database of a libpq `url`, over at most `pool_size` connections; times in seconds.

    Raises `ValueError` for a URL that cannot be understood, and `Unavailable` if the database does not answer or its
    schema is not the one of this code (see `upgrade_postgres`).
    """
    # Here, so that a server on SQLite starts without them.
    from pierone_adapters.sql.postgres import PostgresDatabase  # noqa: PLC0415
    from pierone_adapters.sql.postgres_store import PostgresStore  # noqa: PLC0415

    database = PostgresDatabase(url, pool_size, connect_timeout, statement_timeout)
    return _metadata(database, PostgresStore(database), "postgresql")


def upgrade_postgres(url: str) -> bool:
    """Bring the database of `url` to the newest schema; whether there was something to do.

    All of it or nothing; of several at once one does it. Raises `ValueError` and `Unavailable`.
    """
    from pierone_adapters.sql.postgres_upgrade import upgrade_postgres as run  # noqa: PLC0415 - as above

    return run(url)


def _metadata(database: Database, store: Callable[[ManifestWrite], None], dialect: str) -> Metadata:
    return Metadata(
        uploads=SqlUploadSessions(database),
        blobs=SqlRepositoryBlobs(database, text(recount(dialect))),
        manifests=SqlManifests(database, store),
        listing=SqlListing(database),
        events=SqlEventLog(database),
        catalogue=sql_catalogue(database),
        prompt=dialect == "sqlite",
        check=database.check,
        alone=database.alone,
        share=SqlSharedValues(database).share,
        close=database.close,
    )
