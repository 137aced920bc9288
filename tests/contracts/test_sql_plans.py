"""Every query of a push, a pull or a page goes through an index, on a database of tens of thousands of rows."""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Connection, Select, create_engine
from tests.contracts.adapters import sqlite
from tests.postgres import shared_postgres

from pierone_adapters.sql import blobs, events, listing, manifests, schema, uploads

ROWS = 4_000
REPOSITORY, SUBJECT = "team/large", "sha256:subject"
VALUES = {
    "repository": REPOSITORY,
    "name": "tag-2000",
    "digest": "sha256:2000",
    "subject": SUBJECT,
    "artifact_type": "a/1",
    "after": "",
    "before": 2**63 - 1,
    "how_many": 100,
    "upload_id": "id-2000",
}
# Each query with the index it must use: in SQLite, in PostgreSQL.
QUERIES: dict[str, tuple[Select[*tuple[Any, ...]], str, str]] = {
    "tag": (manifests.TAG, "tags USING PRIMARY KEY (repository=? AND name=?)", "tags_pkey"),
    "tag with its manifest": (
        manifests.TAGGED,
        "tags USING PRIMARY KEY (repository=? AND name=?)",
        "tags_pkey",
    ),
    "manifest of a tag": (
        manifests.TAGGED,
        "sqlite_autoindex_manifests_1 (repository=? AND digest=?)",
        "manifests_pkey",
    ),
    "manifest": (manifests.GET, "sqlite_autoindex_manifests_1 (repository=? AND digest=?)", "manifests_pkey"),
    "has manifest": (manifests.HAS, "sqlite_autoindex_manifests_1 (repository=? AND digest=?)", "manifests_pkey"),
    "newest tag": (manifests.NEWEST_FIRST, "tags_by_creation (repository=? AND created<?)", "tags_by_creation"),
    "blob size": (blobs.SIZE, "blobs USING PRIMARY KEY (repository=? AND digest=?)", "using blobs_"),
    "blob anywhere": (blobs.SIZE_ANYWHERE, "blobs_by_digest (digest>?)", "blobs_by_digest"),
    "blobs everywhere": (blobs.EVERYWHERE, "blobs_by_digest (digest>?)", "blobs_by_digest"),
    "tags page": (listing.TAGS, "tags USING PRIMARY KEY (repository=? AND name>?)", "tags_pkey"),
    "catalog page": (listing.REPOSITORIES, "repositories USING PRIMARY KEY (name>?)", "repositories_pkey"),
    "has repository": (listing.HAS, "repositories USING PRIMARY KEY (name=?)", "repositories_pkey"),
    "referrers page": (
        listing.REFERRERS,
        "manifests_by_subject (repository=? AND subject=? AND digest>?)",
        "manifests_by_subject",
    ),
    "referrers of a type": (
        listing.REFERRERS_OF_TYPE,
        "referrers_by_type (repository=? AND subject=? AND artifact_type=? AND digest>?)",
        "referrers_by_type",
    ),
    "events page": (events.READ, "events USING INTEGER PRIMARY KEY (rowid>?)", "events_pkey"),
    "upload": (uploads.GET, "uploads USING PRIMARY KEY (id=?)", "uploads_pkey"),
}
OWN_VALUES: dict[Select[*tuple[Any, ...]], dict[str, int]] = {
    events.READ: {"after": 2000},
    listing.REFERRERS: {"how_many": 5},
    listing.REFERRERS_OF_TYPE: {"how_many": 5},
}
# What a plan must not have: a whole table read, or a whole list sorted, before the first row.
SLOW = ("SCAN ", "TEMP B-TREE", "Seq Scan", "Sort")
# A page that was found by index may be gone through, and sorted by SQLite, before its rows are told.
OF_PAGE = re.compile(r"SCAN page|(?<=\n)USE TEMP B-TREE FOR ORDER BY\Z")


def fill(connection: Connection) -> None:
    """Half of all in one repository, half of these naming one subject."""
    numbers = range(ROWS)
    names = [REPOSITORY if number % 2 else f"team/small-{number}" for number in numbers]
    row = {"digest": "", "media_type": "a/b", "caller": "alice", "author": "alice", "kind": "tag_bound", "size": 5}
    time = schema.UtcTime().process_result_value("2026-03-01T12:30:15.123456Z", connection.dialect)
    rows = [
        row
        | {"repository": names[number], "digest": f"sha256:{number}", "name": f"tag-{number}", "tag": f"tag-{number}"}
        | {"subject": SUBJECT if number % 4 == 1 else None, "artifact_type": f"a/{number % 16}", "annotations": "{}"}
        | {"data": b"{}", "immutable": True, "created": number, "sequence": number + 1, "at": time, "bound_at": time}
        for number in numbers
    ]
    for table in (schema.blobs, schema.manifests, schema.tags, schema.events):
        columns = table.columns.keys()
        connection.execute(table.insert(), [{name: r.get(name) for name in columns} for r in rows])
    # A layer is in several repositories, as those of base images are.
    copies = [(f"team/copy-{copy}", row["digest"]) for copy in range(3) for row in rows[::2]]
    connection.execute(schema.blobs.insert(), [{"repository": r, "digest": d, "size": 5} for r, d in copies])
    connection.execute(schema.repositories.insert(), [{"name": name} for name in sorted(set(names))])
    uploading = {"repository": REPOSITORY, "starter": "alice", "algorithm": "sha256", "started_at": time}
    connection.execute(schema.uploads.insert(), [uploading | {"id": f"id-{number}"} for number in numbers])
    analyze(connection)


def analyze(connection: Connection) -> None:
    """Let PostgreSQL know what there is, as it does by itself; nobody tells SQLite."""
    if connection.dialect.name == "postgresql":
        connection.exec_driver_sql("ANALYZE")


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def connection(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Connection]:
    """Fill a database of each kind, which no test changes for the next."""
    if request.param == "sqlite":
        directory: Path = tmp_path_factory.mktemp("plans")
        sqlite(directory).close()
        # A plan that was explained before would be told again, whatever became of its index.
        engine = create_engine(f"sqlite:///{directory}/pierone.sqlite", connect_args={"cached_statements": 0})
    else:
        engine = create_engine(shared_postgres().database().replace("://", "+psycopg://"))
    with engine.begin() as filling:
        fill(filling)
    with engine.connect() as opened:
        yield opened
    engine.dispose()


def plan(connection: Connection, statement: Select[*tuple[Any, ...]]) -> str:
    """What the database would do, as it tells people."""
    compiled = statement.compile(dialect=connection.dialect)
    values = dict(compiled.params) | VALUES | OWN_VALUES.get(statement, {})
    if connection.dialect.name == "sqlite":
        told = connection.exec_driver_sql(
            f"EXPLAIN QUERY PLAN {compiled}", tuple(values[name] for name in compiled.positiontup or ())
        )
    else:
        told = connection.exec_driver_sql(f"EXPLAIN {compiled}", {name: values[name] for name in compiled.params})
    return "\n".join(str(row[-1]) for row in told)


def is_good(connection: Connection, name: str) -> bool:
    statement, in_sqlite, in_postgresql = QUERIES[name]
    told = plan(connection, statement)
    index = in_sqlite if connection.dialect.name == "sqlite" else in_postgresql
    return index in told and not is_slow(told)


def is_slow(told: str) -> bool:
    rest = OF_PAGE.sub("", told) if told.startswith(("MATERIALIZE page", "CO-ROUTINE page")) else told
    return any(slow in rest for slow in SLOW)


@pytest.mark.parametrize("name", QUERIES)
def test_a_hot_query_uses_its_index(connection: Connection, name: str) -> None:
    assert is_good(connection, name), plan(connection, QUERIES[name][0])


def test_a_blob_that_most_repositories_have_is_found_by_index_too(
    connection: Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    rows = [{"repository": f"team/based-{number}", "digest": "sha256:base", "size": 5} for number in range(ROWS)]
    connection.execute(schema.blobs.insert(), rows)
    analyze(connection)
    monkeypatch.setitem(VALUES, "digest", "sha256:base")
    is_found = is_good(connection, "blob anywhere")
    connection.rollback()
    assert is_found


@pytest.mark.parametrize(
    ("index", "queries"),
    [
        ("blobs_by_digest", ["blob anywhere", "blobs everywhere"]),
        ("manifests_by_subject", ["referrers page"]),
        ("referrers_by_type", ["referrers of a type"]),
        ("tags_by_creation", ["newest tag"]),
    ],
)
def test_without_its_index_a_query_is_noticed(connection: Connection, index: str, queries: list[str]) -> None:
    connection.rollback()
    connection.exec_driver_sql("BEGIN" if connection.dialect.name == "sqlite" else "SELECT 1")
    connection.exec_driver_sql(f"DROP INDEX {index}")
    assert [name for name in QUERIES if not is_good(connection, name)] == queries
    connection.rollback()
    assert all(is_good(connection, name) for name in queries)


def test_the_sequence_of_the_next_event_is_found_without_reading_them_all(connection: Connection) -> None:
    query = "SELECT coalesce(max(sequence), 0) FROM events"
    explain = "EXPLAIN QUERY PLAN" if connection.dialect.name == "sqlite" else "EXPLAIN"
    told = json.dumps([str(row[-1]) for row in connection.exec_driver_sql(f"{explain} {query}")])
    assert "SEARCH events" in told or "events_pkey" in told, told


def test_the_guard_against_replacing_a_tag_finds_it_by_key_however_many_there_are(tmp_path: Path) -> None:
    sqlite(tmp_path).close()
    with create_engine(f"sqlite:///{tmp_path}/pierone.sqlite").connect() as opened:
        guard = opened.exec_driver_sql("SELECT sql FROM sqlite_master WHERE name = 'tags_no_replace'").scalar_one()
        asked = re.sub(r"NEW\.\w+", "'1'", guard.partition(" WHEN ")[2].partition(" BEGIN ")[0])
        told = [str(row[-1]) for row in opened.exec_driver_sql(f"EXPLAIN QUERY PLAN SELECT {asked}")]
    searches = [step for step in told if " tags " in step]
    assert len(searches) == 2
    assert all("repository=? AND" in step for step in searches), told
