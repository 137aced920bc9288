"""Every adapter of the storage ports, and how to begin it in an empty directory.

An adapter that is added here runs through all contracts of its port and through the state machines.
"""

from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from tests.postgres import shared_postgres
from tests.s3 import BUCKET, s3_server

from pierone_adapters.cache import cached
from pierone_adapters.filesystem import FilesystemBlobStore, FilesystemUploadSessions
from pierone_adapters.memory import MemoryBlobStore, memory_metadata
from pierone_adapters.s3 import S3BlobStore, S3Options
from pierone_adapters.sql import postgres_metadata, sqlite_metadata
from pierone_core.ports import BlobStore, Metadata

# Room for two entries of each kind: what is kept and what was pushed out both come up all the time.
_SMALL_CACHE = 3 * 2500


def sqlite(directory: Path) -> Metadata:
    """Metadata in a SQLite file in `directory`; a second call opens the same file once more."""
    return sqlite_metadata(directory / "pierone.sqlite")


def s3(directory: Path, **options: object) -> S3BlobStore:
    """Blobs below a prefix of a bucket that belongs to `directory`; parts are as small as S3 takes them."""
    return S3BlobStore(s3_options(directory, **options))


def s3_options(directory: Path, **options: object) -> S3Options:
    """How `s3` reaches its store, but for those that are given."""
    chosen: dict[str, Any] = {
        "bucket": BUCKET,
        "prefix": f"{directory.name}-{directory.stat().st_ino}/",
        "endpoint_url": s3_server().url,
        "region": "us-east-1",
        "path_style": True,
        "part_bytes": 5 << 20,
    }
    return S3Options(**chosen | options)


def postgres(directory: Path) -> Metadata:
    """Metadata in a PostgreSQL database that belongs to `directory`; a second call opens the same one once more."""
    return postgres_metadata(postgres_url(directory), pool_size=8)


def postgres_url(directory: Path) -> str:
    """The database of `directory`: a file there names it, also to other processes."""
    named = directory / "postgres.url"
    if not named.exists():
        _databases[named] = url = _empty_database()
        named.write_text(url)
    return named.read_text()


def give_back(directory: Path) -> None:
    """Let another test have the database of `directory`, if there is one."""
    (directory / "postgres.url").unlink(missing_ok=True)


def _empty_database() -> str:
    for named in _databases:
        if not named.exists():
            url = _databases.pop(named)
            _wipe(url)
            return url
    return shared_postgres().database()


def _wipe(url: str) -> None:
    """Empty a database, guards or not, and leave the guards as they were: that takes less time than to make one."""
    shared_postgres().execute(
        "DO $$ DECLARE t record; guard text; guards text[]; BEGIN "
        "SELECT array_agg(format('ALTER TABLE %s ENABLE %s TRIGGER %I', tgrelid::regclass, "
        "CASE tgenabled WHEN 'A' THEN 'ALWAYS' ELSE '' END, tgname)) INTO guards "
        "FROM pg_trigger WHERE NOT tgisinternal; "
        "FOR t IN SELECT relname AS name FROM pg_class WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace "
        "AND relname NOT IN ('alembic_version', 'totals') "
        "LOOP EXECUTE format('ALTER TABLE %1$I DISABLE TRIGGER ALL; DELETE FROM %1$I', t.name); END LOOP; "
        "UPDATE totals SET value = 0; "
        "FOREACH guard IN ARRAY guards LOOP EXECUTE guard; END LOOP; END $$",
        url,
    )


# The databases of this process, by the file that names each; who removes the file gives the database back.
_databases: dict[Path, str] = {}


METADATA: Mapping[str, Callable[[Path], Metadata]] = {
    "memory": lambda _: memory_metadata(),
    "cached memory": lambda _: cached(memory_metadata(), _SMALL_CACHE),
    "sqlite": sqlite,
    "cached sqlite": lambda directory: cached(sqlite(directory), 1 << 20),
    "sqlite beside files": lambda directory: replace(sqlite(directory), uploads=FilesystemUploadSessions(directory)),
    "postgresql": postgres,
    "cached postgresql": lambda directory: cached(postgres(directory), 1 << 20),
}

BLOB_STORES: Mapping[str, Callable[[Path], BlobStore]] = {
    "memory": lambda _: MemoryBlobStore(),
    "filesystem": FilesystemBlobStore,
    "s3": s3,
}

# Longer than the steps in which the clocks of stores go, in seconds.
CLOCK_STEPS = {"memory": 0.05, "filesystem": 0.05, "s3": 1.1}

# Those whose content is in the directory, so that opening it again finds it.
DURABLE = (METADATA.keys() | BLOB_STORES.keys()) - {"memory", "cached memory"}


def examples(adapter: str) -> int:
    """How many examples a state machine tries: fewer where each step asks another process."""
    return {"s3": 8, "postgresql": 15, "cached postgresql": 15}.get(adapter, 40)
