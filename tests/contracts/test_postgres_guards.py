"""What must never change does not change by raw SQL in PostgreSQL either, whatever the session switched off."""

from collections.abc import Iterator
from contextlib import closing, suppress
from pathlib import Path

import psycopg
import pytest
from tests.contracts.adapters import give_back, postgres, postgres_url
from tests.contracts.guarded import GUARDED, KEYS, TWO, store_some

CONFLICTS = {"events": "sequence", "tags": "repository, name", "blobs": "repository, digest", "shared_values": "name"}


@pytest.fixture(params=["origin", "replica"])
def raw(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[psycopg.Connection]:
    """Store a little of everything, and connect as the owner who may do anything, also with triggers switched off."""
    with closing(postgres(tmp_path)) as metadata:
        store_some(metadata)
    with psycopg.connect(postgres_url(tmp_path), autocommit=True) as connection:
        connection.execute(f"SET session_replication_role = {request.param}".encode())
        yield connection
    give_back(tmp_path)


def rows(connection: psycopg.Connection) -> dict[str, list[tuple[object, ...]]]:
    return {table: sorted(connection.execute(f"SELECT * FROM {table}".encode()), key=repr) for table in GUARDED}  # noqa: S608 - our names


def columns(connection: psycopg.Connection, table: str) -> list[str]:
    query = "SELECT column_name FROM information_schema.columns WHERE table_name = %s ORDER BY ordinal_position"
    return [str(name) for (name,) in connection.execute(query, [table])]


def assert_refused(connection: psycopg.Connection, statement: str) -> None:
    before = rows(connection)
    with pytest.raises(psycopg.errors.RestrictViolation, match="is not allowed"):
        connection.execute(statement.encode())
    assert rows(connection) == before, statement


@pytest.mark.parametrize("table", GUARDED)
def test_no_row_can_be_deleted(raw: psycopg.Connection, table: str) -> None:
    assert_refused(raw, f"DELETE FROM {table} WHERE {KEYS[table]}")  # noqa: S608 - our names
    assert_refused(raw, f"DELETE FROM {table}")  # noqa: S608 - our names


@pytest.mark.parametrize("table", GUARDED)
def test_no_table_can_be_emptied(raw: psycopg.Connection, table: str) -> None:
    assert_refused(raw, f"TRUNCATE {table}")
    assert_refused(raw, f"TRUNCATE uploads, {table} CASCADE")


@pytest.mark.parametrize("table", GUARDED)
def test_no_column_can_be_updated(raw: psycopg.Connection, table: str) -> None:
    for column in columns(raw, table):
        assert_refused(raw, f"UPDATE {table} SET {column} = {column} WHERE {KEYS[table]}")  # noqa: S608 - our names


@pytest.mark.parametrize("table", sorted(CONFLICTS))
def test_no_row_can_be_updated_by_an_insert_in_its_place(raw: psycopg.Connection, table: str) -> None:
    column = columns(raw, table)[-1]
    assert_refused(
        raw,
        f"INSERT INTO {table} SELECT * FROM {table} WHERE {KEYS[table]} "  # noqa: S608 - our names
        f"ON CONFLICT ({CONFLICTS[table]}) DO UPDATE SET {column} = EXCLUDED.{column}",
    )


@pytest.mark.parametrize("column", ["repository", "name", "immutable", "created"])
def test_of_a_mutable_tag_only_what_it_holds_can_change(raw: psycopg.Connection, column: str) -> None:
    other = {"immutable": "true", "created": "99"}.get(column, "'another'")
    assert_refused(raw, f"UPDATE tags SET {column} = {other} WHERE name = 'dev'")  # noqa: S608 - our names
    raw.execute("UPDATE tags SET digest = %s WHERE name = 'dev'", [str(TWO.digest)])
    held = raw.execute("SELECT digest FROM tags WHERE name = 'dev'").fetchone()
    assert held == (str(TWO.digest),)


def test_rows_can_be_added(raw: psycopg.Connection) -> None:
    raw.execute("INSERT INTO repositories VALUES ('team/new')")
    with suppress(psycopg.errors.UniqueViolation):
        raw.execute("INSERT INTO repositories VALUES ('team/app')")
    assert raw.execute("SELECT count(*) FROM repositories").fetchone() == (2,)
