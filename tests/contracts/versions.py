"""Databases that earlier versions of Pier One wrote, with data."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import psycopg

from pierone_adapters.sql.postgres_upgrade import upgrade_postgres

# What the last version without migrations left behind after `fill` of test_sqlite_metadata.
_PREVIOUS = Path(__file__).with_name("previous_version.sql")
_TABLES = ("repositories", "blobs", "manifests", "tags", "events", "uploads")


def previous_sqlite(directory: Path) -> None:
    """Write the file of that version."""
    with closing(sqlite3.connect(directory / "pierone.sqlite")) as connection:
        connection.executescript(_PREVIOUS.read_text())


def previous_postgres(url: str) -> None:
    """Give an empty database the first revision, and the same rows."""
    upgrade_postgres(url, "0001")
    with psycopg.connect(url) as connection, closing(sqlite3.connect(":memory:")) as previous:
        previous.executescript(_PREVIOUS.read_text())
        for table in _TABLES:
            for row in _rows(previous, table):
                places = ", ".join(["%s"] * len(row))
                connection.execute(f"INSERT INTO {table} VALUES ({places})".encode(), row)  # noqa: S608 - our names


def _rows(connection: sqlite3.Connection, table: str) -> Iterator[tuple[object, ...]]:
    cursor = connection.execute(f"SELECT * FROM {table}")  # noqa: S608 - our names
    names = [column[0] for column in cursor.description]
    for row in cursor:
        yield tuple(bool(value) if name == "immutable" else value for name, value in zip(names, row, strict=True))
