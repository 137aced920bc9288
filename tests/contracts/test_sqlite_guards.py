"""What must never change does not change by raw SQL either: the triggers stand between every program and the rows."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing, suppress
from pathlib import Path

import pytest
from tests.contracts.guarded import GUARDED, KEYS, TWO, store_some

from pierone_core.ports import Metadata


@pytest.fixture
def raw(database: Metadata, tmp_path: Path) -> Iterator[sqlite3.Connection]:
    """Store a little of everything, and open the file as any other program would."""
    store_some(database)
    with closing(sqlite3.connect(tmp_path / "pierone.sqlite", isolation_level=None)) as connection:
        yield connection


def rows(connection: sqlite3.Connection) -> dict[str, list[tuple[object, ...]]]:
    return {table: sorted(connection.execute(f"SELECT * FROM {table}"), key=repr) for table in GUARDED}  # noqa: S608 - our names


def columns(connection: sqlite3.Connection, table: str) -> list[str]:
    return [name for _, name, *_ in connection.execute(f"PRAGMA table_info({table})")]


def assert_changes_nothing(connection: sqlite3.Connection, statement: str) -> None:
    before = rows(connection)
    with suppress(sqlite3.IntegrityError):
        connection.execute(statement)
    assert rows(connection) == before, statement


@pytest.mark.parametrize("table", GUARDED)
@pytest.mark.parametrize("where", ["key", "everywhere"])
def test_no_row_can_be_deleted(raw: sqlite3.Connection, table: str, where: str) -> None:
    condition = KEYS[table] if where == "key" else "1"
    with pytest.raises(sqlite3.IntegrityError, match="not allowed"):
        raw.execute(f"DELETE FROM {table} WHERE {condition}")  # noqa: S608 - our names
    assert_changes_nothing(raw, f"DELETE FROM {table}")  # noqa: S608 - our names


@pytest.mark.parametrize("table", GUARDED)
def test_no_column_can_be_updated(raw: sqlite3.Connection, table: str) -> None:
    for column in columns(raw, table):
        with pytest.raises(sqlite3.IntegrityError, match="not allowed"):
            raw.execute(f"UPDATE {table} SET {column} = 7 WHERE {KEYS[table]}")  # noqa: S608 - our names
        assert_changes_nothing(raw, f"UPDATE OR REPLACE {table} SET {column} = {column}")  # noqa: S608 - our names


@pytest.mark.parametrize("table", GUARDED)
def test_no_row_can_be_replaced(raw: sqlite3.Connection, table: str) -> None:
    # Without `recursive_triggers` SQLite removes a row that REPLACE replaces without asking its DELETE trigger.
    keys = {"repository", "name", "digest", "sequence"} - ({"digest"} if table == "tags" else set())
    values = ", ".join(name if name in keys else f"{name} || '7'" for name in columns(raw, table))
    chosen = f"SELECT {values} FROM {table} WHERE {KEYS[table]}"  # noqa: S608 - our names
    assert_changes_nothing(raw, f"INSERT OR REPLACE INTO {table} {chosen}")


def test_a_mutable_tag_cannot_take_the_name_of_an_immutable_one(raw: sqlite3.Connection) -> None:
    assert_changes_nothing(raw, "UPDATE OR REPLACE tags SET name = '1.0' WHERE name = 'dev'")


def test_a_new_tag_cannot_take_the_place_of_an_immutable_one_in_time(raw: sqlite3.Connection) -> None:
    before = rows(raw)["tags"]
    with suppress(sqlite3.IntegrityError):
        raw.execute(
            "INSERT OR REPLACE INTO tags SELECT repository, 'evil', digest, 1, author, bound_at, created "
            "FROM tags WHERE name = '1.0'"
        )
    assert [row for row in rows(raw)["tags"] if row in before] == before


def test_a_mutable_tag_can_move(raw: sqlite3.Connection) -> None:
    raw.execute("UPDATE tags SET digest = ? WHERE name = 'dev'", [str(TWO.digest)])
    assert raw.execute("SELECT digest FROM tags WHERE name = 'dev'").fetchone() == (str(TWO.digest),)


def test_rows_can_be_added(raw: sqlite3.Connection) -> None:
    raw.execute("INSERT INTO repositories VALUES ('team/new')")
    assert raw.execute("SELECT count(*) FROM repositories").fetchone() == (2,)


def test_an_event_in_the_place_of_another_is_refused_aloud_and_not_lost(raw: sqlite3.Connection) -> None:
    names = ", ".join("'bob'" if name == "caller" else name for name in columns(raw, "events"))
    with pytest.raises(sqlite3.IntegrityError):
        raw.execute(f"INSERT INTO events SELECT {names} FROM events WHERE sequence = 1")  # noqa: S608 - our names
