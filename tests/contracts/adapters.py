"""Every adapter of the storage ports, and how to begin it in an empty directory.

An adapter that is added here runs through all contracts of its port and through the state machines.
"""

from collections.abc import Callable, Mapping
from pathlib import Path

from pierone_adapters.cache import cached
from pierone_adapters.filesystem import FilesystemBlobStore
from pierone_adapters.memory import MemoryBlobStore, memory_metadata
from pierone_adapters.sql import sqlite_metadata
from pierone_core.ports import BlobStore, Metadata

# Room for two entries of each kind: what is kept and what was pushed out both come up all the time.
_SMALL_CACHE = 3 * 2500


def sqlite(directory: Path) -> Metadata:
    """Metadata in a SQLite file in `directory`; a second call opens the same file once more."""
    return sqlite_metadata(directory / "pierone.sqlite")


METADATA: Mapping[str, Callable[[Path], Metadata]] = {
    "memory": lambda _: memory_metadata(),
    "cached memory": lambda _: cached(memory_metadata(), _SMALL_CACHE),
    "sqlite": sqlite,
    "cached sqlite": lambda directory: cached(sqlite(directory), 1 << 20),
}

BLOB_STORES: Mapping[str, Callable[[Path], BlobStore]] = {
    "memory": lambda _: MemoryBlobStore(),
    "filesystem": FilesystemBlobStore,
}

# Those whose content is in the directory, so that opening it again finds it.
DURABLE = frozenset({"sqlite", "cached sqlite", "filesystem"})
