"""The composition root's part for storage: from settings to where blobs and metadata lie."""

import errno
import os
from dataclasses import replace
from pathlib import Path

from pierone_adapters.cache import cached
from pierone_adapters.filesystem import FilesystemBlobStore, FilesystemUploadSessions
from pierone_adapters.memory import MemoryBlobStore, memory_metadata
from pierone_adapters.sql import postgres_metadata, sqlite_metadata, upgrade_postgres
from pierone_core.ports import BlobStore, Metadata
from pierone_http.kept_answers import shares
from pierone_http.s3_settings import S3Settings
from pierone_http.setting_names import blamed
from pierone_http.settings import Settings


def blob_store(settings: Settings) -> BlobStore:
    """Where blobs lie; raises `ValueError` if S3 knows that it cannot be there."""
    if settings.s3_bucket:
        return _s3_blob_store(settings, settings.s3_bucket)
    return MemoryBlobStore() if settings.storage == "memory" else FilesystemBlobStore(settings.data_dir)


def _s3_blob_store(settings: S3Settings, bucket: str) -> BlobStore:
    # boto3 takes a third of a second to load, which a registry on one machine has no use for.
    from pierone_adapters.s3 import ObjectLock, S3BlobStore, S3Options  # noqa: PLC0415

    mode, days = settings.s3_lock_mode, settings.s3_lock_days
    store = S3BlobStore(
        S3Options(
            bucket=bucket,
            prefix=settings.s3_prefix,
            endpoint_url=settings.s3_endpoint_url,
            region=settings.s3_region,
            path_style=settings.s3_path_style,
            part_bytes=settings.s3_part_bytes,
            connect_timeout=settings.s3_connect_timeout,
            read_timeout=settings.s3_read_timeout,
            retries=settings.s3_retries,
            url_seconds=settings.s3_redirect_seconds if settings.s3_redirect else None,
            url_endpoint=settings.s3_redirect_endpoint_url,
            encryption=settings.s3_encryption,
            kms_key=settings.s3_kms_key,
            storage_class=settings.s3_storage_class,
            lock=ObjectLock(mode, days) if mode and days else None,
        )
    )
    store.check_bucket()
    return store


def metadata(settings: Settings) -> Metadata:
    """Where metadata lies."""
    if settings.storage == "memory":
        return memory_metadata()
    stored = cached(_database(settings), shares(settings.cache_bytes).metadata)
    return stored if settings.s3_bucket else replace(stored, uploads=FilesystemUploadSessions(settings.data_dir))


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
    with blamed("data_dir", "name a directory that the server may make and write to"):
        data_dir.mkdir(parents=True, exist_ok=True)
        if not os.access(data_dir, os.W_OK):
            raise PermissionError(errno.EACCES, "cannot be written to", str(data_dir))
    path = data_dir / "pierone.sqlite"
    if not path.exists() and any(data_dir.glob("blobs/*")):
        # An empty database would let tags that were given away be bound again.
        raise FileNotFoundError(
            f"{path} is missing although blobs are there: restore the database from a backup, "
            f"or start with another data directory"
        )
    return path
