# ruff: noqa: S608 - statements of our own names
"""What triggers do for one push does not grow with what was pushed before."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from tests.contracts.adapters import sqlite
from tests.contracts.content import APP, fixed, movable, write
from tests.contracts.images import image, index

from pierone_core.ports import Metadata

# So many more rows than at first that whatever reads them all is noticed.
MORE = 400


@pytest.fixture
def connection(tmp_path: Path, database: Metadata) -> Iterator[sqlite3.Connection]:
    """Look at the file of `database` beside it."""
    del database
    with closing(sqlite3.connect(tmp_path / "pierone.sqlite", isolation_level=None)) as opened:
        yield opened


def steps(connection: sqlite3.Connection, statement: str) -> int:
    """How many steps SQLite's machine takes for a statement, which is undone, in tens."""
    taken = 0

    def count() -> int:
        nonlocal taken
        taken += 1
        return 0

    connection.execute("BEGIN")
    connection.set_progress_handler(count, 10)
    connection.execute(statement)
    connection.set_progress_handler(None, 0)
    connection.execute("ROLLBACK")
    return taken


def push(database: Metadata, number: int) -> None:
    """An index over two images with configs of their own, all with tags."""
    children = [image(f"config {number} {child}".encode()) for child in range(2)]
    for child, manifest in enumerate(children):
        database.manifests.store(write(manifest, fixed(f"{number}.{child}")))
    database.manifests.store(write(index(*children), movable(f"{number}")))
    database.blobs.add(APP, children[0].digest, 5)


def test_a_push_into_a_large_repository_takes_as_many_steps_as_into_a_small_one(
    tmp_path: Path, connection: sqlite3.Connection
) -> None:
    with closing(sqlite(tmp_path)) as database:
        push(database, 0)
        of, held = "repository = 'team/app' AND name", "(SELECT digest FROM tags WHERE {} = '{}')"
        other = held.format(of, "0.1")
        statements = [
            f"INSERT INTO tags VALUES ('team/app', 'new', {held.format(of, '0')}, 1, 'a', '2026', 99999)",
            f"UPDATE tags SET digest = {other} WHERE {of} = '0'",
            "INSERT INTO blobs VALUES ('team/other', 'sha256:new', 5)",
            "INSERT INTO repositories VALUES ('another/app')",
            "INSERT INTO events VALUES (99999, '2026', 'tag_bound', 'a', 'team/app', 't', 'd', NULL, 'a/b', 5)",
        ]
        before = [steps(connection, statement) for statement in statements]
        for number in range(1, MORE):
            push(database, number)
        after = [steps(connection, statement) for statement in statements]
    assert [late - early for early, late in zip(before, after, strict=True) if late > early + 20] == []
