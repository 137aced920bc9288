"""Filling Pier One's database without HTTP.

    python -m benchmarks.scaling.fill DIRECTORY tags|repositories FIRST COUNT

A million tags over HTTP would take most of an hour. Here the SQL adapter stores them by itself, while no server runs,
many tags in one transaction. It does not wait for the disk after each, which is why this is a process of its own.
"""

import sqlite3
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from itertools import islice
from pathlib import Path

from sqlalchemy import Engine, event

from benchmarks.images import MANIFEST_TYPE
from benchmarks.rows.stock import READ_IMAGE
from benchmarks.subject import TEAM, USER
from pierone_adapters.sql import sqlite_metadata
from pierone_core import manifest
from pierone_core.records import ManifestWrite, TagWrite
from pierone_core.values import Repository, Tag

DATABASE = "pierone.sqlite"
REPOSITORY = f"{TEAM}/scaling"
ONLY_TAG = "1.0"
TAGS_A_TRANSACTION = 10_000


def tag(number: int) -> str:
    """Return the name of a tag of `REPOSITORY`."""
    return f"1.0.{number:07}"


def repository(number: int) -> str:
    """Return the name of a repository that has one tag."""
    return f"{TEAM}/repository-{number:07}"


def _write(name: str, tags: Iterator[str]) -> ManifestWrite:
    image = manifest.parse(READ_IMAGE.manifest.content, MANIFEST_TYPE)
    bound = tuple(TagWrite(Tag.parse(text), None, immutable=True) for text in tags)
    return ManifestWrite(Repository.parse(name), image, bound, USER, datetime.now(UTC))


def _writes(what: str, first: int, count: int) -> Iterator[ManifestWrite]:
    numbers = iter(range(first, first + count))
    if what == "repositories":
        yield from (_write(repository(number), iter([ONLY_TAG])) for number in numbers)
        return
    while batch := list(islice(numbers, TAGS_A_TRANSACTION)):
        yield _write(REPOSITORY, map(tag, batch))


def _hurry(connection: sqlite3.Connection, _: object) -> None:
    connection.execute("PRAGMA synchronous=OFF")


def main() -> None:
    """Store what the command line asks for."""
    directory, what, first, count = sys.argv[1:]
    event.listen(Engine, "connect", _hurry)
    metadata = sqlite_metadata(Path(directory) / DATABASE)
    for write in _writes(what, int(first), int(count)):
        metadata.manifests.store(write)
    metadata.close()


if __name__ == "__main__":
    main()
