"""The composition root's part for storage: from settings to where blobs and metadata lie."""

from pathlib import Path

from pierone_adapters.cache import cached
from pierone_adapters.filesystem import FilesystemBlobStore
from pierone_adapters.memory import MemoryBlobStore, memory_metadata
from pierone_adapters.sql import postgres_metadata, sqlite_metadata, upgrade_postgres
from pierone_core.ports import BlobStore, Metadata
from pierone_http.settings import Settings


def blob_store(settings: Settings) -> BlobStore:
    """Where blobs lie."""
    return MemoryBlobStore() if settings.storage == "memory" else FilesystemBlobStore(settings.data_dir)


def metadata(settings: Settings) -> Metadata:
    """Where metadata lies."""
    if settings.storage == "memory":
        return memory_metadata()
    return cached(_database(settings), settings.cache_bytes)


def upgrade_database(settings: Settings) -> bool:
    """Bring the database to the newest schema; whether there was something to do.

    Raises `ValueError` if the settings name no PostgreSQL database, and `Unavailable`.
    """
    if settings.database_url:
        return upgrade_postgres(settings.database_url.get_secret_value())
    raise ValueError(
        "only PostgreSQL needs this command, and PIERONE_DATABASE_URL is not set: "
        "a server upgrades its SQLite file itself"
    )


def _database(settings: Settings) -> Metadata:
    if settings.database_url is None:
        return sqlite_metadata(_database_path(settings.data_dir))
    return postgres_metadata(
        settings.database_url.get_secret_value(),
        settings.database_pool_size,
        settings.database_connect_timeout,
        settings.database_statement_timeout,
    )


def _database_path(data_dir: Path) -> Path:
    data_dir.mkdir(parents=True, exist_ok=True)
    path = data_dir / "pierone.sqlite"
    if not path.exists() and any(data_dir.glob("blobs/*")):
        # An empty database would let tags that were given away be bound again.
        raise FileNotFoundError(
            f"{path} is missing although blobs are there: restore the database from a backup, "
            f"or start with another data directory"
        )
    return path
