"""Every adapter of the storage ports, and how to begin it in an empty directory.

An adapter that is added here runs through all contracts of its port and through the state machines.
"""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from tests.s3 import BUCKET, s3_server

from pierone_adapters.cache import cached
from pierone_adapters.filesystem import FilesystemBlobStore
from pierone_adapters.memory import MemoryBlobStore, memory_metadata
from pierone_adapters.s3 import S3BlobStore, S3Options
from pierone_adapters.sql import sqlite_metadata
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


METADATA: Mapping[str, Callable[[Path], Metadata]] = {
    "memory": lambda _: memory_metadata(),
    "cached memory": lambda _: cached(memory_metadata(), _SMALL_CACHE),
    "sqlite": sqlite,
    "cached sqlite": lambda directory: cached(sqlite(directory), 1 << 20),
}

BLOB_STORES: Mapping[str, Callable[[Path], BlobStore]] = {
    "memory": lambda _: MemoryBlobStore(),
    "filesystem": FilesystemBlobStore,
    "s3": s3,
}

# Longer than the steps in which the clocks of stores go, in seconds.
CLOCK_STEPS = {"memory": 0.05, "filesystem": 0.05, "s3": 1.1}

# Those whose content is in the directory, so that opening it again finds it.
DURABLE = frozenset({"sqlite", "cached sqlite", "filesystem", "s3"})
